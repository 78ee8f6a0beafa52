"""`gatehouse bench`: what this machine makes of Gatehouse."""

from typing import Annotated

import typer

from services.commands.speaking import Exit, Json, complaints, leave_with, say, words

commands = typer.Typer(help="What this machine makes of Gatehouse.", no_args_is_help=True)
Events = Annotated[int, typer.Option("--events", min=1000, help="How many events the log grows to.")]


@commands.callback()
def _group() -> None:
    """What this machine makes of Gatehouse."""


@commands.command()
def growth(events: Events = 1_000_000, json: Json = False) -> None:
    """Grow a log of synthetic facts and measure on the way: append, relay, rebuild, KPIs, audit query, proof, verify.

    It works in a temporary folder of its own and touches no data. A million events take about a quarter of an hour
    and 4 GB of disk.
    """
    from services.bench.growth import PartFailed, in_words
    from services.bench.growth import growth as grown

    with complaints():
        with words.status("growing") as status:
            try:
                found = grown(events, status.update)
            except PartFailed as error:
                leave_with(Exit.FAILED, str(error))
        say(found, json, in_words(found))
