"""The progress bar of an import, on stderr so that stdout holds nothing but the account."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.intake.importing.run import Progress as Told


@contextmanager
def progress_bar(title: str, *, quiet: bool = False) -> Iterator[Told]:
    """What `run_import` tells its progress to; `quiet` shows nothing."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
