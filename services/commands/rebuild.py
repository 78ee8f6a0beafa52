"""`gatehouse rebuild`: derive the tables of a running server anew, aside, compare, and swap."""

from typing import Annotated, Any

import typer

from services.commands.server import Data, Token, Url, server_of
from services.commands.speaking import Exit, Json, complaints, leave_with, say, words
from shared.runtime.settings import SERVICES

One = Annotated[str | None, typer.Option("--service", help=f"Only this service's tables: {', '.join(SERVICES)}.")]
_LONGEST_SECONDS = 3600


def rebuild(service: One = None, url: Url = None, token: Token = None, data: Data = None, json: Json = False) -> None:
    """Read the log from offset zero into tables aside, compare with the live ones, and swap. Readers notice nothing."""
    if service is not None and service not in SERVICES:
        leave_with(Exit.USAGE, f"there is no service {service!r}: services are {', '.join(SERVICES)}")
    with complaints():
        rebuilt: list[dict[str, Any]] = []
        folded: dict[str, int] = {}
        with server_of(url, token, data).client() as client:
            for name in SERVICES if service is None else [service]:
                with words.status(f"{name}: reading its topics from the beginning"):
                    answer = client.post(f"/{name}/v1/derived/rebuild", timeout=_LONGEST_SECONDS)
                answer.raise_for_status()
                rebuilt += answer.json()
                folded[name] = sum(each["events"] for each in answer.json())
        result = {
            "events": sum(folded.values()),
            "seconds": round(sum(each["seconds"] for each in rebuilt), 3),
            "same": all(each["same"] for each in rebuilt),
            "projections": rebuilt,
        }
        outcome = "the same as before" if result["same"] else "NOT the same as before"
        events = ", ".join(f"{name} {count}" for name, count in folded.items())
        say(result, json, f"events folded: {events}; {result['seconds']} s; the tables are {outcome}")
    if not result["same"]:
        raise typer.Exit(int(Exit.FAILED))
