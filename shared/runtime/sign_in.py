"""How people and systems sign in to this installation: by an OpenID Connect issuer, or by the data folder's own key."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx2

from shared.runtime.authenticator import Authenticator
from shared.runtime.entry import OneTimeLinks, Sessions
from shared.runtime.grants import Disciplines, GroupMapping, Roster
from shared.runtime.jwks import LocalKeys, RemoteKeys
from shared.runtime.key_files import token_key
from shared.runtime.minting import LOCAL_ISSUER
from shared.runtime.people import People
from shared.runtime.people_file import PeopleFile
from shared.runtime.service_keys import ServiceKeys
from shared.runtime.settings import Settings
from shared.runtime.tokens import TokenVerifier


@dataclass(frozen=True)
class SignIn:
    """The ways in. An issuer of one's own leaves no links and sessions of ours; readiness then asks for its keys."""

    authenticator: Authenticator
    roster: Roster
    links: OneTimeLinks | None = None
    sessions: Sessions | None = None
    ready: Callable[[], Awaitable[None]] | None = None


def sign_in(
    settings: Settings,
    people: People,
    keys: ServiceKeys,
    http: httpx2.AsyncClient,
    disciplines: Disciplines = None,
) -> SignIn:
    """The ways in that the settings ask for; `disciplines` are those that the policy knows.

    Raises `MappingError` or `KeyFileError` for files that can't be used.
    """
    if settings.oidc_issuer is None:
        return _by_own_key(settings, people, keys, disciplines)
    groups = settings.groups_file
    roster = GroupMapping({}) if groups is None else GroupMapping.from_file(groups, disciplines)
    remote = RemoteKeys(settings.oidc_issuer, http, time.monotonic)
    tokens = TokenVerifier(settings.oidc_issuer, settings.oidc_audience, remote, time.time)
    authenticator = Authenticator(tokens=tokens, roster=roster, people=people, clock=time.time, keys=keys)
    return SignIn(authenticator, roster, ready=remote.answers)


def _by_own_key(settings: Settings, people: People, keys: ServiceKeys, disciplines: Disciplines) -> SignIn:
    roster = PeopleFile(settings.path("people_file"), disciplines)
    key = token_key(settings.path("issuer_key_file"))
    secure = (settings.public_url or "").startswith("https://")
    sessions = Sessions(key, LOCAL_ISSUER, settings.session_hours, time.time, secure=secure)
    tokens = TokenVerifier(LOCAL_ISSUER, settings.oidc_audience, LocalKeys(key), time.time)
    authenticator = Authenticator(
        tokens=tokens, roster=roster, people=people, clock=time.time, keys=keys, sessions=sessions
    )
    return SignIn(authenticator, roster, OneTimeLinks(time.time), sessions)
