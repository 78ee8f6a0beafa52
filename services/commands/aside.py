"""`gatehouse aside`: records that a consumer could not handle, tried again or dropped."""

from typing import Annotated, Any
from uuid import uuid4

import typer

from services.commands.server import Data, Server, Token, Url, server_of
from services.commands.speaking import Exit, Json, complaints, leave_with, say
from shared.runtime.settings import SERVICES

commands = typer.Typer(help="Records that a consumer could not handle, and those behind them.", no_args_is_help=True)
Consumer = Annotated[str, typer.Argument(help="Whose books they are in, as `aside list` shows it.")]
Place = Annotated[str, typer.Argument(help="topic/partition/offset, as `aside list` shows it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept for ever in the log.")]


@commands.command("list")
def list_aside(url: Url = None, token: Token = None, data: Data = None, json: Json = False) -> None:
    """Show what is set aside, with the reason; what waits behind it has none."""
    with complaints(), server_of(url, token, data).client() as client:
        found = [client.get(f"/{service}/v1/set-aside").raise_for_status().json() for service in SERVICES]
        items = [one for each in found for one in each]
        say({"items": items}, json, "\n".join(_line(one) for one in items) or "nothing is set aside")


@commands.command()
def release(
    consumer: Consumer,
    place: Place,
    reason: Reason,
    url: Url = None,
    token: Token = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Try the records of that one's key again, in order. Ends with 1 when some are still set aside."""
    with complaints():
        _ruled("release", consumer, place, reason, server_of(url, token, data), json=json)


@commands.command()
def drop(
    consumer: Consumer,
    place: Place,
    reason: Reason,
    url: Url = None,
    token: Token = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Pass over a record that holds no fact, and try those behind it. Ends with 1 when some are still set aside."""
    with complaints():
        _ruled("drop", consumer, place, reason, server_of(url, token, data), json=json)


def _ruled(what: str, consumer: str, place: str, reason: str, server: Server, *, json: bool) -> None:
    service = consumer.partition("/")[0]
    if service not in SERVICES or place.count("/") != 2 or not all(map(str.isdecimal, place.split("/")[1:])):
        leave_with(Exit.USAGE, "name consumer and place as `gatehouse aside list` shows them")
    topic, partition, offset = place.split("/")
    body = {"consumer": consumer, "topic": topic, "partition": int(partition), "offset": int(offset), "reason": reason}
    with server.client() as client:
        key = {"Idempotency-Key": str(uuid4())}
        answer = client.post(f"/{service}/v1/set-aside/{what}", json=body, headers=key).raise_for_status().json()
    still = f"; {answer['left']} are still set aside: {answer['reason']}" if answer["left"] else ""
    say(answer, json, f"{answer['handled']} records of {answer['key']} were handled{still}")
    if answer["left"]:
        raise typer.Exit(int(Exit.FAILED))


def _line(one: dict[str, Any]) -> str:
    place = f"{one['topic']}/{one['partition']}/{one['offset']}"
    why = one["reason"] or "waits behind"
    return f"{one['consumer']}  {place}  {one['key']}  {why}{' (may be dropped)' if one['droppable'] else ''}"
