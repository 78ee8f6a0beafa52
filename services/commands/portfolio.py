"""`gatehouse import`: a portfolio of AI systems from a file, through the public API."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer

from services.commands.server import Data, Server, Token, Url, folder_of, server_of
from services.commands.speaking import Exit, Json, complaints, leave_with, say
from services.intake.importing.options import Options, Reviews, UnusableOptions
from services.intake.importing.preparing import Prepared, prepare
from services.intake.importing.progress import progress_bar
from services.intake.importing.result import ImportResult
from services.intake.importing.run import ServerRefused, ServerUnreachable, run_import
from services.intake.mappings import UnreadablePortfolio, UnusableMapping

File = Annotated[Path, typer.Argument(help="The file to import.")]
MappingName = Annotated[str, typer.Option("--mapping", help="A shipped mapping's name, or a mapping file.")]
Report = Annotated[Path | None, typer.Option("--report", help="CSV to write: how every row ended.")]
ReviewsText = Annotated[str, typer.Option("--reviews", help="When triage begins: all, none or N-per-day.")]
Column = Annotated[str | None, typer.Option("--compare-label", help="The column with the source's own label.")]


def import_portfolio(
    file: File,
    mapping: MappingName,
    url: Url = None,
    report: Report = None,
    reviews: ReviewsText = "all",
    compare_label: Column = None,
    token: Token = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Register every row as an AI system. Interrupted, run it again: it goes on, and nothing is there twice."""
    try:
        spread = Reviews.parse(reviews)
    except ValueError as error:
        leave_with(Exit.USAGE, str(error))
    with complaints():
        options = Options(
            file=file,
            mapping=mapping,
            reviews=spread,
            state=folder_of(data) or Path.cwd(),
            compare_label=compare_label,
            report=report,
        )
        try:
            prepared = prepare(options)
        except (UnusableMapping, UnreadablePortfolio, UnusableOptions) as error:
            leave_with(Exit.USAGE, str(error))
        server = server_of(url, token, data)
        try:
            result = asyncio.run(_imported(prepared, server, quiet=json))
        except ServerUnreachable as error:
            leave_with(Exit.UNREACHABLE, f"{server.url} can't be reached: {error}; run the import again to go on")
        except ServerRefused as error:
            leave_with(Exit.FAILED, str(error))
        told = result.as_json()
        say(told, json, in_words(told))


async def _imported(prepared: Prepared, server: Server, *, quiet: bool) -> ImportResult:
    async with httpx2.AsyncClient(base_url=server.url, auth=server.auth, timeout=60) as client:
        await _refuse_an_example(client)
        with progress_bar(prepared.options.file.name, quiet=quiet) as progress:
            return await run_import(prepared, client, progress)


async def _refuse_an_example(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/reporting/v1/portfolio")
    if answer.is_success and answer.json().get("example"):
        leave_with(Exit.FAILED, "this server holds example data: import into a folder of its own")


def in_words(told: dict[str, Any]) -> str:
    """The account of an import for people, from the one for programs."""
    outcomes = ", ".join(f"{told[name]} {name}" for name in ("registered", "amended", "unchanged", "merged", "refused"))
    lines = [f"{told['rows']} rows: {outcomes}"]
    lines.append("tiers: " + (", ".join(f"{count} {tier}" for tier, count in told["tiers"].items()) or "none"))
    lines += [f"line {one['line']} refused: {one['reason']}" for one in told["refusals"]]
    if told["possible_duplicates"]:
        lines.append(f"possible duplicates: {len(told['possible_duplicates'])} groups (see --report or --json)")
    lines += [
        f"unknown spelling of {one['attribute']}: {one['spelling']!r} (rows: {one['rows']})" for one in told["unseen"]
    ]
    lines += [f"triage not begun: {reason}" for reason in told["triage"]["refused"]]
    if (agreement := told.get("agreement")) is not None:
        lines.append(
            f"agreement with the source's label: recall at tier high {_part(agreement['recall_high'])}, "
            f"share at tier high {_part(agreement['share_high'])}"
        )
    return "\n".join(lines)


def _part(of_all: float | None) -> str:
    return "no data" if of_all is None else f"{of_all:.3f}"
