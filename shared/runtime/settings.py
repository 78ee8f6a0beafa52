"""Every setting of every process, read once from the environment: `GATEHOUSE_` and the field's name in capitals."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

PREFIX: Final = "GATEHOUSE_"
OF_THE_COMMAND_LINE: Final = frozenset({"GATEHOUSE_TOKEN", "GATEHOUSE_URL"})
"""Variables that the command line reads and no process does."""

Service = Literal["intake", "review", "monitoring", "reporting"]
SERVICES: Final[tuple[Service, ...]] = ("intake", "review", "monitoring", "reporting")


class SettingsError(Exception):
    """The environment holds a setting that can't be used; the message names it and says why."""


def _described(text: str, default: Any) -> Any:
    return Field(default=default, description=text)


class Settings(BaseModel):
    """The settings of a process. Paths that are not set lie in the data folder; see the properties below."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Annotated[Path, _described("Folder of the embedded run: databases, keys, evidence, tiles.", Path("data"))]
    host: Annotated[str, _described("Address to listen on.", "127.0.0.1")]
    port: Annotated[int, _described("Port to listen on; 0 takes a free one.", 8080)]
    public_url: Annotated[
        str | None, _described("Where people reach this; `https` turns on HSTS and secure cookies.", None)
    ]
    allowed_hosts: Annotated[
        tuple[str, ...],
        _described(
            "Names answered for, comma separated; `*.example.org` and networks such as `10.0.0.0/8` may be used.",
            ("localhost", "127.0.0.1", "::1"),
        ),
    ]
    intake_events_url: Annotated[str | None, _described("Database of intake's events (SQLAlchemy URL).", None)]
    intake_views_url: Annotated[str | None, _described("Database of intake's derived tables.", None)]
    review_events_url: Annotated[str | None, _described("Database of review's events.", None)]
    review_views_url: Annotated[str | None, _described("Database of review's derived tables.", None)]
    monitoring_events_url: Annotated[str | None, _described("Database of monitoring's events.", None)]
    monitoring_views_url: Annotated[str | None, _described("Database of monitoring's derived tables.", None)]
    reporting_events_url: Annotated[str | None, _described("Database of reporting's events.", None)]
    reporting_views_url: Annotated[str | None, _described("Database of reporting's derived tables.", None)]
    log_url: Annotated[str | None, _described("Database of the SQL event log, used where no Kafka is set.", None)]
    kafka_bootstrap: Annotated[
        str | None, _described("Apache Kafka's `host:port`, comma separated; unset: the SQL log.", None)
    ]
    temporal_address: Annotated[
        str | None, _described("Temporal's `host:port`; unset: the embedded run starts its own.", None)
    ]
    temporal_namespace: Annotated[str, _described("Temporal namespace.", "default")]
    oidc_issuer: Annotated[
        str | None, _described("OpenID Connect issuer of access tokens; unset: the data folder's own key.", None)
    ]
    oidc_audience: Annotated[str, _described("Audience that access tokens must name.", "gatehouse")]
    groups_file: Annotated[Path | None, _described("YAML that maps the issuer's groups to roles and scopes.", None)]
    people_file: Annotated[Path | None, _described("YAML of the embedded run's people and roles.", None)]
    policy_folder: Annotated[
        Path | None, _described("Folder of the policy bundle; unset: the default bundle of the product.", None)
    ]
    tiles_folder: Annotated[Path | None, _described("Folder of the transparency logs' tiles and checkpoints.", None)]
    evidence_folder: Annotated[Path | None, _described("Folder of the content-addressed store.", None)]
    witness_folder: Annotated[Path | None, _described("Folder of the witness, outside the data folder.", None)]
    log_domain: Annotated[
        str | None, _described("Domain in the logs' origins; unset: `<installation>.gatehouse.local`.", None)
    ]
    master_key_file: Annotated[Path | None, _described("File of the key that wraps people's keys.", None)]
    codec_key_file: Annotated[Path | None, _described("File of the keys that encrypt Temporal's payloads.", None)]
    signing_key_file: Annotated[Path | None, _described("File of the Ed25519 key that signs checkpoints.", None)]
    issuer_key_file: Annotated[Path | None, _described("File of the key that signs the embedded run's tokens.", None)]
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _described("Least level of log lines.", "info")]
    trace_endpoint: Annotated[str | None, _described("OTLP/HTTP endpoint for traces; unset: none are sent.", None)]
    trace_ratio: Annotated[float, Field(ge=0, le=1, description="Share of new traces that are sampled.", default=0.1)]
    requests_per_minute: Annotated[
        int, Field(gt=0, description="Requests one principal may send in a minute.", default=6000)
    ]
    session_hours: Annotated[int, Field(gt=0, description="How long a browser's session lasts.", default=12)]

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
            complaints = [f"{PREFIX}{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors()]
            raise SettingsError("; ".join(complaints)) from error

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

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


_PLACES: Final[Mapping[str, str]] = {
    "people_file": "people.yaml",
    "tiles_folder": "tiles",
    "evidence_folder": "evidence",
    "master_key_file": "keys/master.key",
    "codec_key_file": "keys/codec.key",
    "signing_key_file": "keys/signing.key",
    "issuer_key_file": "keys/issuer.jwk",
}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
