"""`gatehouse endpoint`: where other systems' webhooks arrive."""

from pathlib import Path
from typing import Annotated, Any, Final
from uuid import uuid4

import typer

from services.commands.server import Data, Token, Url, server_of
from services.commands.speaking import Exit, Json, complaints, leave_with, say

commands = typer.Typer(help="Endpoints: where other systems' webhooks arrive.", no_args_is_help=True)
Source = Annotated[str, typer.Argument(help="jira or servicenow.")]
Name = Annotated[str, typer.Argument(help="What the endpoint is called in lists.")]
MappingFile = Annotated[Path, typer.Option("--mapping", help="YAML: which fields of a delivery mean what.")]
Owner = Annotated[str, typer.Option("--owner", help="Accountable for systems whose records name nobody.")]
Scheme = Annotated[str | None, typer.Option("--scheme", help="How deliveries are signed, if not in the usual way.")]
EndpointId = Annotated[str, typer.Argument(help="The endpoint's id, as `endpoint list` shows it.")]
Finish = Annotated[bool, typer.Option("--finish", help="End the rotation: from now on only the new secret counts.")]


EXAMPLE: Final = """\
name: summary
owner: assignee
only: [{field: issuetype.name, any_of: [AI system]}]
attributes:
  sector: {field: customfield_10070, choices: {finance: [Banking, "10211"]}}
texts: {summary: description}
"""


@commands.command(
    help="Make an endpoint. Its secret is printed this once.\n\nA mapping names a field of the source for each thing"
    " (`a.b` is b within a), and how the choices of the form are spelled there:\n\n\b\n" + EXAMPLE
)
def create(
    source: Source,
    name: Name,
    mapping: MappingFile,
    owner: Owner,
    scheme: Scheme = None,
    url: Url = None,
    token: Token = None,
    data: Data = None,
    json: Json = False,
) -> None:
    with complaints(), server_of(url, token, data).client() as client:
        body = {"source": source, "name": name, "mapping": _text(mapping), "owner": owner}
        body |= {} if scheme is None else {"scheme": scheme}
        key = {"Idempotency-Key": str(uuid4())}
        answer = client.post("/intake/v1/endpoints", json=body, headers=key).raise_for_status().json()
        say(answer, json, f"{client.base_url}/intake/v1/hooks/{source}/{answer['id']}\nsecret: {answer['secret']}")


@commands.command("list")
def list_endpoints(url: Url = None, token: Token = None, data: Data = None, json: Json = False) -> None:
    """Show every endpoint, with what it received last and why that failed."""
    with complaints(), server_of(url, token, data).client() as client:
        answer = client.get("/intake/v1/endpoints").raise_for_status().json()
        say(answer, json, "\n".join(_line(one) for one in answer["items"]) or "no endpoints yet")


@commands.command()
def rotate(
    endpoint_id: EndpointId,
    finish: Finish = False,
    url: Url = None,
    token: Token = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Give an endpoint a new secret, which counts beside the old one until --finish."""
    with complaints(), server_of(url, token, data).client() as client:
        path = f"/intake/v1/endpoints/{endpoint_id}/rotate"
        answer = client.post(path, json={"finish": finish}).raise_for_status().json()
        done = "only the new secret counts now"
        say(answer, json, done if finish else f"secret: {answer['secret']}; then run this again with --finish")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        leave_with(Exit.USAGE, f"{path} is not text in UTF-8: {error.reason} at byte {error.start}")


def _line(endpoint: dict[str, Any]) -> str:
    last = endpoint.get("last_delivery") or {}
    told = f"last {last.get('received_at')}: {last.get('state')} {last.get('reason') or ''}" if last else "no delivery"
    return f"{endpoint['id']}  {endpoint['source']:10}  {endpoint['name']}  {told}".rstrip()
