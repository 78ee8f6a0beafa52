"""`gatehouse demo`: two simulated years of an example organisation, what came of them, and then the running product."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from services import embedded
from services.commands.speaking import Exit, Json, complaints, leave_with, say, words
from services.commands.up import Port
from services.example.followers import SetAside
from services.example.play import Play, Report, played
from services.example.showing import show
from services.example.stage import WentOn
from services.example.summary import Summary, as_json, summary
from services.folder import DataFolder, Example, FolderMixed
from services.verifying.derived import derived_in_folder
from services.verifying.places import data_folder
from services.verifying.verdict import Memory, examined, verdict
from shared.runtime import leaving
from shared.runtime.listening import listenable
from shared.runtime.settings import PREFIX, Settings
from shared.runtime.telemetry import start_logging

Folder = Annotated[
    Path | None, typer.Option("--data", envvar="GATEHOUSE_DATA", help="Folder to play in (default: demo/).")
]
Once = Annotated[bool, typer.Option("--once", help="Exit after the summary instead of serving.")]
Seed = Annotated[int | None, typer.Option("--seed", help="What chance follows from (default 1).")]
End = Annotated[
    datetime | None, typer.Option("--end", formats=["%Y-%m-%d"], help="The day up to which it plays (default: today).")
]

FIRST_SEED: Final = 1
YEARS_COVERED: Final = (2021, 2035)
"""Ends for which the calendars of the default policy have holidays, with the two years before them."""

WIDTH: Final = 120

_ELSEWHERE: Final = (
    *(
        f"{service}_{kind}_url"
        for service in ("intake", "review", "monitoring", "reporting")
        for kind in ("events", "views")
    ),
    *("log_url", "kafka_bootstrap", "oidc_issuer", "groups_file", "people_file", "policy_folder", "tiles_folder"),
    *("evidence_folder", "witness_folder", "log_domain", "master_key_file", "codec_key_file", "signing_keys_folder"),
    "issuer_key_file",
)
"""Settings that lead out of the data folder: an example is a folder of its own, whatever the environment says."""


def demo(
    once: Once = False, data: Folder = None, port: Port = None, seed: Seed = None, end: End = None, json: Json = False
) -> None:
    """Play an example portfolio over two simulated years, show what came of it, verify the logs, and serve on.

    The folder then holds example data only; one with real data is refused. An example that was interrupted goes on,
    and one that was played before is shown again.
    """
    with complaints():
        folder = DataFolder.at(data or Path("demo"))
        settings = _settings(folder.path, port)
        with folder.held():
            if not once:
                listenable(settings.host, settings.port)  # said now, not after the play
            play = _marked(folder, seed, end)
            start_logging("warning")  # a bar tells how far it is
            found, answer = leaving.run(partial(_played, play, settings))
        result = {**_log(answer), **as_json(found), "seed": play.seed, "end": f"{play.end:%Y-%m-%d}"}
        if json:
            say(result, json, "")
        else:
            show(_paper(), play, found, answer)
        if not answer["verified"]:
            raise typer.Exit(int(Exit.FAILED))
        if not once:
            start_logging(settings.log_level)
            embedded.run(settings, announce=sys.stderr if json else sys.stdout)


def _settings(data: Path, port: int | None) -> Settings:
    led_away = {f"{PREFIX}{name.upper()}" for name in _ELSEWHERE}
    kept = {name: value for name, value in os.environ.items() if name not in led_away}
    settings = Settings.from_environment({**kept, f"{PREFIX}DATA": str(data)})
    return settings if port is None else settings.model_copy(update={"port": port})


def _marked(folder: DataFolder, seed: int | None, end: datetime | None) -> Play:
    """The play that is asked for; where nothing else is said, the one that the folder holds already."""
    known = folder.example
    if known is None and (folder.path / "people.yaml").exists():
        raise FolderMixed(f"{folder.path} is set up for real data: an example plays in a folder of its own (--data)")
    day = end or (datetime.now(UTC) if known is None else datetime.fromisoformat(known.end))
    if not YEARS_COVERED[0] <= day.year < YEARS_COVERED[1]:
        leave_with(Exit.USAGE, f"--end lies in {YEARS_COVERED[0]} or later, and before {YEARS_COVERED[1]}")
    if seed is None:
        seed = FIRST_SEED if known is None else known.seed
    play = Play(seed=seed, end=datetime(day.year, day.month, day.day, tzinfo=UTC))
    folder.mark_example(Example(seed=seed, end=f"{play.end:%Y-%m-%d}"))
    return play


async def _played(play: Play, settings: Settings) -> tuple[Summary, dict[str, Any]]:
    try:
        with _progress(play) as report:
            async with played(play, settings, report) as process:
                found = await summary(play, process)
    except WentOn as late:
        leave_with(Exit.FAILED, f"{settings.data} was served before its play was over, begin in a new folder: {late}")
    except SetAside as fault:
        leave_with(Exit.FAILED, str(fault))
    with words.status("verifying every byte of the logs"):
        compared = await derived_in_folder(settings.data)
        return found, verdict(examined(data_folder(settings.data), None, Memory()), *compared)


@contextmanager
def _progress(play: Play) -> Iterator[Report]:
    """A bar on stderr with the simulated day and the steps done."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[steps]} steps"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=words) as progress:
        days = progress.add_task(f"{play.start:%d %b %Y}", total=play.length.total_seconds(), steps=0)

        def report(at: datetime, steps: int) -> None:
            done = (at - play.start).total_seconds()
            progress.update(days, completed=done, steps=steps, description=f"{at:%d %b %Y}")

        yield report


def _paper() -> Console:
    """Where the summary goes: as wide as the terminal, and wide enough for its tables where there is none."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    return console


def _log(answer: Mapping[str, Any]) -> dict[str, Any]:
    log = {service: {"size": one["size"], "root": one["root"]} for service, one in answer["services"].items()}
    return {"verified": answer["verified"], "projections": answer["projections"], "log": log}
