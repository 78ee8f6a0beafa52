"""`gatehouse key`: the credentials of other systems."""

from typing import Annotated

import httpx2
import typer

from services.commands.server import Data, Token, Url, server_of
from services.commands.speaking import Exit, Json, complaints, leave_with, say

commands = typer.Typer(help="Service keys: the credentials of other systems.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="What the key is for, as lists show it.")]
Grants = Annotated[
    list[str], typer.Option("--grant", help="role, or role@business_unit=Retail; requester, service or auditor.")
]
KeyId = Annotated[str, typer.Argument(help="The key's id, as `key list` shows it.")]


@commands.command()
def create(
    name: Name, grant: Grants, url: Url = None, token: Token = None, data: Data = None, json: Json = False
) -> None:
    """Make a key. Its secret is printed this once and kept nowhere."""
    with complaints(), server_of(url, token, data).client() as client:
        answer = client.post("/intake/v1/keys", json={"name": name, "grants": grant}).raise_for_status().json()
        say(answer, json, answer["key"])


@commands.command("list")
def list_keys(url: Url = None, token: Token = None, data: Data = None, json: Json = False) -> None:
    """Show every key, also the ended ones."""
    with complaints(), server_of(url, token, data).client() as client:
        answer = client.get("/intake/v1/keys").raise_for_status().json()
        ends = [f"revoked {one['revoked_at']}" if one["revoked_at"] else "in force" for one in answer["items"]]
        lines = [f"{one['id']}  {end:35}  {one['name']}" for one, end in zip(answer["items"], ends, strict=True)]
        say(answer, json, "\n".join(lines) or "no keys yet")


@commands.command()
def revoke(key_id: KeyId, url: Url = None, token: Token = None, data: Data = None, json: Json = False) -> None:
    """End a key. Every process has noticed within 30 seconds."""
    with complaints(), server_of(url, token, data).client() as client:
        response = client.post(f"/intake/v1/keys/{key_id}/revoke")
        if response.status_code == httpx2.codes.NOT_FOUND:
            leave_with(Exit.FAILED, f"no key {key_id} is in force: `gatehouse key list` shows every key")
        answer = response.raise_for_status().json()
        say(answer, json, f"{key_id} is revoked")
