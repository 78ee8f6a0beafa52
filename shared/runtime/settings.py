"""Every setting of every process, read once from the environment: `GATEHOUSE_` and the field's name in capitals."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

PREFIX: Final = "GATEHOUSE_"
OF_THE_COMMAND_LINE: Final = frozenset({"GATEHOUSE_TOKEN", "GATEHOUSE_URL"})
"""Variables that the command line reads and no process does."""

Service = Literal["intake", "review", "monitoring", "reporting"]
SERVICES: Final[tuple[Service, ...]] = ("intake", "review", "monitoring", "reporting")


class SettingsError(Exception):
    """The environment holds a setting that can't be used; the message names it and says why."""


class Settings(BaseModel):
    """The settings of a process. Paths that are not set lie in the data folder; see the properties below."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(Path("data"), description="Folder of the embedded run: databases, keys, evidence, tiles.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    public_url: str | None = Field(
        None, description="Where people reach this; `https` turns on HSTS and secure cookies."
    )
    allowed_hosts: tuple[str, ...] = Field(
        ("localhost", "127.0.0.1", "::1"),
        description="Names answered for, comma separated; also `*.example.org` and networks (`10.0.0.0/8`).",
    )
    intake_events_url: str | None = Field(None, description="Database of intake's events (SQLAlchemy URL).")
    intake_views_url: str | None = Field(None, description="Database of intake's derived tables.")
    review_events_url: str | None = Field(None, description="Database of review's events.")
    review_views_url: str | None = Field(None, description="Database of review's derived tables.")
    monitoring_events_url: str | None = Field(None, description="Database of monitoring's events.")
    monitoring_views_url: str | None = Field(None, description="Database of monitoring's derived tables.")
    reporting_events_url: str | None = Field(None, description="Database of reporting's events.")
    reporting_views_url: str | None = Field(None, description="Database of reporting's derived tables.")
    log_url: str | None = Field(None, description="Database of the SQL event log, used where no Kafka is set.")
    kafka_bootstrap: str | None = Field(
        None, description="Apache Kafka's `host:port`, comma separated; unset: the SQL log."
    )
    temporal_address: str | None = Field(
        None, description="Temporal's `host:port`; unset: the embedded run starts its own."
    )
    temporal_namespace: str = Field("default", description="Temporal namespace.")
    oidc_issuer: str | None = Field(
        None, description="OpenID Connect issuer of access tokens; unset: the data folder's own key."
    )
    oidc_audience: str = Field("gatehouse", description="Audience that access tokens must name.")
    groups_file: Path | None = Field(None, description="YAML that maps the issuer's groups to roles and scopes.")
    people_file: Path | None = Field(None, description="YAML of the embedded run's people and roles.")
    policy_folder: Path | None = Field(
        None, description="Folder of the policy bundle; unset: the default bundle of the product."
    )
    tiles_folder: Path | None = Field(None, description="Folder of the transparency logs' tiles and checkpoints.")
    evidence_folder: Path | None = Field(None, description="Folder of the content-addressed store.")
    witness_folder: Path | None = Field(None, description="Folder of the witness, outside the data folder.")
    log_domain: str | None = Field(
        None, description="Domain in the logs' origins; unset: `<installation>.gatehouse.local`."
    )
    master_key_file: Path | None = Field(None, description="File of the key that wraps people's keys.")
    codec_key_file: Path | None = Field(None, description="File of the keys that encrypt Temporal's payloads.")
    signing_keys_folder: Path | None = Field(
        None, description="Folder of the Ed25519 keys that sign checkpoints, one per service."
    )
    issuer_key_file: Path | None = Field(None, description="File of the key that signs the embedded run's tokens.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level of log lines.")
    trace_endpoint: str | None = Field(None, description="OTLP/HTTP endpoint for traces; unset: none are sent.")
    trace_ratio: float = Field(
        0.1, ge=0, le=1, description="Share of requests that are traced, whatever `traceparent` says."
    )
    requests_per_minute: int = Field(12_000, gt=0, description="Requests one principal may send in a minute.")
    session_hours: int = Field(12, gt=0, description="How long a browser's session lasts.")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Settings out of `GATEHOUSE_*` variables; an empty value counts as unset.

        Raises `SettingsError` for an unknown name or a value that does not fit.
        """
        named = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environment.items()
            if name.startswith(PREFIX) and name not in OF_THE_COMMAND_LINE and value
        }
        try:
            return cls.model_validate(named)
        except ValidationError as error:
            complaints = (_complaint(one["type"], one["loc"], one["msg"]) for one in error.errors())
            raise SettingsError("; ".join(complaints)) from error

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("allowed_hosts")
    @classmethod
    def _networks(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if "/" in name:
                ipaddress.ip_network(name)  # raises ValueError, in words, for what is none
        return names

    @field_validator(*(f"{service}_{kind}_url" for service in SERVICES for kind in ("events", "views")))
    @classmethod
    def _engines(cls, url: str | None) -> str | None:
        return _of_scheme(url, (*_SQLITE, "postgresql", "postgresql+asyncpg"))

    @field_validator("log_url")
    @classmethod
    def _logs(cls, url: str | None) -> str | None:
        if url is not None and url.startswith("kafka://"):
            brokers(url.removeprefix("kafka://").rstrip("/"))
        return _of_scheme(url, (*_SQLITE, "kafka"))

    @field_validator("public_url", "oidc_issuer")
    @classmethod
    def _sites(cls, url: str | None) -> str | None:
        return None if url is None else _of_a_site(url.strip())

    @field_validator("kafka_bootstrap")
    @classmethod
    def _brokers(cls, listed: str | None) -> str | None:
        return None if listed is None else brokers(listed)

    @model_validator(mode="after")
    def _no_strangers_without_an_issuer(self) -> Self:
        if self.oidc_issuer is None and not is_loopback(self.host):
            raise ValueError(f"{self.host} is not a loopback address: that needs {PREFIX}OIDC_ISSUER")
        return self

    def events_url(self, service: Service) -> str:
        """The SQLAlchemy URL of a service's durable tables."""
        return self._url(service, "events")

    def views_url(self, service: Service) -> str:
        """The SQLAlchemy URL of a service's derived tables."""
        return self._url(service, "views")

    def path(self, field: str) -> Path:
        """A file or folder that is set, or its place in the data folder.

        Raises `KeyError` for a field that has no such place.
        """
        chosen: Path | None = getattr(self, field)
        return self.data / _PLACES[field] if chosen is None else chosen

    def _url(self, service: Service, kind: Literal["events", "views"]) -> str:
        chosen: str | None = getattr(self, f"{service}_{kind}_url")
        return chosen or f"sqlite+aiosqlite:///{self.data / service / f'{kind}.db'}"


_SQLITE: Final = ("sqlite", "sqlite+aiosqlite")
_PLACES: Final[Mapping[str, str]] = {
    "people_file": "people.yaml",
    "tiles_folder": "tiles",
    "evidence_folder": "evidence",
    "master_key_file": "keys/master.key",
    "codec_key_file": "keys/codec.key",
    "signing_keys_folder": "keys/signing",
    "issuer_key_file": "keys/issuer.jwk",
}


def brokers(listed: str) -> str:
    """What was given, if it is a list of `host:port`; raises `ValueError`."""
    for broker in listed.split(","):
        host, _, port = broker.strip().rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port[:6]) < 1 << 16:
            raise ValueError(f"{broker.strip()!r} is no host:port")
    return listed


def _of_scheme(url: str | None, schemes: tuple[str, ...]) -> str | None:
    if url is not None and url.partition("://")[0] not in schemes:
        # Without the rest of it, which may hold a password.
        raise ValueError(f"{url.partition(':')[0]!r} is not one of {', '.join(schemes)}, with :// after it")
    return url


def _of_a_site(url: str) -> str:
    scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
    if scheme not in ("http", "https") or not host:
        raise ValueError("it is no address of a site: https:// and its name")
    return scheme + url[len(scheme) :]


def _complaint(kind: str, place: tuple[int | str, ...], message: str) -> str:
    words = "there is no such setting" if kind == "extra_forbidden" else message.removeprefix("Value error, ")
    return f"{PREFIX}{str(place[0]).upper()}: {words}" if place else words


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
