"""The people of the example as the product knows them: in its file of grants, and in its directory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

import yaml

from services.example.script import Script
from shared.runtime.grants import grants_in
from shared.runtime.key_files import write_secret
from shared.runtime.minting import LOCAL_ISSUER
from shared.runtime.people import People
from shared.runtime.principals import Principal
from shared.store.handling import Ids
from shared.store.port import Context, Key

_MAIL: Final = "{}@example.org"


class Company:
    """Everybody of the script, ready to act."""

    def __init__(self, principals: Mapping[str, Principal]) -> None:
        self._principals = principals

    @classmethod
    async def of(cls, script: Script, directory: People) -> Self:
        """The people of the script, entered in the directory in the order in which they are written down."""
        principals = {}
        for one in script.people:
            person = await directory.person_of(LOCAL_ISSUER, one.id, one.name, _MAIL.format(one.id), vouched=True)
            grants = grants_in(one.id, list(one.roles))
            principals[one.id] = Principal(person=person, issuer=LOCAL_ISSUER, subject=one.id, grants=grants)
        return cls(principals)

    def principal(self, subject: str) -> Principal:
        """Somebody with their grants."""
        return self._principals[subject]

    def person(self, subject: str) -> str:
        """The opaque id of somebody."""
        return self._principals[subject].person


def acting(who: Principal, installation: str, key: Key) -> Context:
    """Who acts; the story, where the act begins one, is named by its key."""
    return Context(
        authtype=who.authtype, authid=who.person, correlationid=Ids(installation, key)("story"), traceparent=None
    )


def write_people(path: Path, script: Script) -> None:
    """Write the file of people and grants, if it is not there."""
    people = [
        {"subject": one.id, "name": one.name, "email": _MAIL.format(one.id), "grants": list(one.roles)}
        for one in script.people
    ]
    head = "# The people of the example organisation. Changes count at once.\n"
    if not path.exists():
        write_secret(path, head + yaml.safe_dump({"people": people}, allow_unicode=True, sort_keys=False))
