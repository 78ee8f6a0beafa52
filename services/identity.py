"""Who may come in: the data folder's own people and key, or an OpenID Connect issuer with groups mapped to roles."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx2
from fastapi import APIRouter

from shared.runtime.authenticator import Authenticator
from shared.runtime.entry import OneTimeLinks, Sessions, entry_router
from shared.runtime.grants import GroupMapping
from shared.runtime.issuer import LOCAL_ISSUER
from shared.runtime.jwks import LocalKeys, RemoteKeys
from shared.runtime.key_files import token_key
from shared.runtime.people import People
from shared.runtime.people_file import PeopleFile
from shared.runtime.service import Check
from shared.runtime.service_keys import ServiceKeys
from shared.runtime.settings import Settings
from shared.runtime.tokens import TokenVerifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """How requests are authenticated. `links` makes the one-time way in for a browser, where there is one."""

    authenticator: Authenticator
    aclose: Callable[[], Awaitable[None]]
    router: APIRouter | None = None
    links: OneTimeLinks | None = None
    ready: Check | None = None


def identity(settings: Settings, people: People, keys: ServiceKeys) -> Identity:
    """By the settings: the issuer that they name, or the data folder's key."""
    return _local(settings, people, keys) if settings.oidc_issuer is None else _remote(settings, people, keys)


def _local(settings: Settings, people: People, keys: ServiceKeys) -> Identity:
    key = token_key(settings.path("issuer_key_file"))
    secure = (settings.public_url or "").startswith("https://")
    sessions = Sessions(key, LOCAL_ISSUER, settings.session_hours, time.time, secure=secure)
    links = OneTimeLinks(time.time)
    authenticator = Authenticator(
        tokens=TokenVerifier(LOCAL_ISSUER, settings.oidc_audience, LocalKeys(key), time.time),
        grants=PeopleFile(settings.path("people_file")),
        people=people,
        keys=keys,
        sessions=sessions,
        clock=time.time,
    )
    return Identity(authenticator=authenticator, aclose=_nothing, router=entry_router(links, sessions), links=links)


def _remote(settings: Settings, people: People, keys: ServiceKeys) -> Identity:
    assert settings.oidc_issuer is not None
    client = httpx2.AsyncClient()
    remote = RemoteKeys(settings.oidc_issuer, client, time.time)
    mapping = GroupMapping({}) if settings.groups_file is None else GroupMapping.from_file(settings.groups_file)
    authenticator = Authenticator(
        tokens=TokenVerifier(settings.oidc_issuer, settings.oidc_audience, remote, time.time),
        grants=mapping,
        people=people,
        keys=keys,
        clock=time.time,
    )
    return Identity(authenticator=authenticator, aclose=client.aclose, ready=remote.answers)


async def _nothing() -> None:
    """A local identity holds nothing that must be let go."""
