"""Service keys: shown once, kept as digests, listed, revoked, and bound to what machines may do."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from shared.refusals import Refused
from shared.runtime.entropy import LiveEntropy
from shared.runtime.principals import Grant
from shared.runtime.service_keys import ServiceKeys
from shared.runtime.tables import service_key
from shared.store.database import Database
from tests.contracts.runtime.notes_site import Site, code_of

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
REQUESTER = (Grant("requester", "business_unit", "Retail"),)


async def ask(site: Site, token: str, unit: str = "Retail") -> tuple[int, str]:
    response = await site.client.get(f"/notes/v1/units/{unit}", headers={"Authorization": f"Bearer {token}"})
    return (200, response.json()) if response.status_code == 200 else code_of(response)


async def test_a_key_acts_within_its_grants(site: Site) -> None:
    key = await site.keys.create("CI", REQUESTER, "someone", NOW, LiveEntropy())
    assert key.startswith("ghk_")
    assert await ask(site, key) == (200, "Retail")
    assert await ask(site, key, "Finance") == (404, "not-found")
    headers = {"authorization": f"Bearer {key}", "idempotency_key": "1"}
    response = await site.post("/notes/v1/notes", '{"text":"a"}', **headers)
    assert code_of(response) == (403, "forbidden")


async def test_what_a_key_did_is_recorded_under_an_opaque_id(site: Site) -> None:
    key = await site.keys.create("CI", [Grant("requester")], "someone", NOW, LiveEntropy())
    headers = {"authorization": f"Bearer {key}", "idempotency_key": "1"}
    noted = (await site.post("/notes/v1/notes", '{"text":"a"}', **headers)).json()
    assert noted["authtype"] == "api_key"
    assert len(noted["person"]) == 36


async def test_the_secret_is_nowhere_in_the_database(site: Site, database: Database) -> None:
    key = await site.keys.create("CI", REQUESTER, "someone", NOW, LiveEntropy())
    async with database.reading() as connection:
        stored = str((await connection.execute(select(service_key))).all())
    assert key.removeprefix("ghk_").partition("_")[2] not in stored


async def test_keys_are_listed_with_their_scopes_and_a_revoked_one_opens_nothing(
    site: Site, make_site: Callable[..., Site]
) -> None:
    key = await site.keys.create("CI", REQUESTER, "someone", NOW, LiveEntropy())
    (listed,) = await site.keys.list()
    assert (listed.name, listed.grants, listed.created_by, listed.revoked_at) == ("CI", REQUESTER, "someone", None)
    await site.keys.revoke(listed.id, NOW)
    assert (await site.keys.list())[0].revoked_at == "2026-11-23T10:00:00.000000Z"
    assert await ask(make_site(), key) == (401, "unauthenticated")
    with pytest.raises(Refused, match="not-found"):
        await site.keys.revoke(listed.id, NOW)


async def test_a_guessed_or_broken_key_is_refused(site: Site) -> None:
    key = await site.keys.create("CI", REQUESTER, "someone", NOW, LiveEntropy())
    prefix = key.rsplit("_", 1)[0] if key.count("_") == 2 else "_".join(key.split("_")[:2])
    for wrong in (
        "ghk_",
        "ghk_x",
        f"{prefix}_",
        f"{prefix}_AAAA",
        f"{prefix}_%%%",
        key + "A",
        "ghk_0000000000000000_AA",
    ):
        assert await ask(site, wrong) == (401, "unauthenticated")


@pytest.mark.parametrize("role", ["board_member", "reviewer:security", "administrator", "triager", "executive"])
async def test_a_key_never_holds_what_takes_a_persons_judgement(database: Database, role: str) -> None:
    with pytest.raises(Refused, match="forbidden"):
        await ServiceKeys(database).create("CI", [Grant(role)], "someone", NOW, LiveEntropy())
