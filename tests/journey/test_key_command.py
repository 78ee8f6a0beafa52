"""A service key on the command line, from its making to its end."""

import httpx2
import pytest
from typer.testing import CliRunner

from services.cli import command_line
from services.commands.speaking import Exit
from tests.journey.places import Embedded, commanded

pytestmark = pytest.mark.slow


def test_a_key_is_made_shown_and_ended_once(embedded_place: Embedded) -> None:
    where = ("--data", str(embedded_place.folder))
    made = commanded("key", "create", "jira", "--grant", "requester", *where)
    key_id = made["key"].removeprefix("ghk_").partition("_")[0]
    url = embedded_place.url("intake") + "/intake/v1/form"
    signed = {"Authorization": f"Bearer {made['key']}"}
    assert httpx2.get(url, headers=signed).status_code == httpx2.codes.OK
    assert commanded("key", "revoke", key_id, *where)["state"] == "revoked"
    assert {one["id"]: bool(one["revoked_at"]) for one in commanded("key", "list", *where)["items"]}[key_id]
    again = CliRunner().invoke(command_line(["key"]), ["key", "revoke", key_id, *where])
    assert again.exit_code == Exit.FAILED
    assert f"no key {key_id} is in force" in " ".join(again.stderr.split())
