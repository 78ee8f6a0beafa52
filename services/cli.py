"""The `gatehouse` command: what is asked for is looked up here, and only that is loaded."""

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any, Final

import typer

from shared.runtime.collector import hold_the_collector, resume_the_collector

COMMANDS: Final[Mapping[str, str]] = {
    "up": "up:up",
    "demo": "demo:demo",
    "token": "token:token",
    "import": "portfolio:import_portfolio",
    "export": "export:export",
    "verify": "verify:verify",
    "rebuild": "rebuild:rebuild",
    "workflows": "workflows:commands",
    "aside": "aside:commands",
    "key": "key:commands",
    "endpoint": "endpoint:commands",
    "bench": "bench:commands",
}
"""Where in `services.commands` each command lies: a function, or a group of commands."""


def command_line(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The command line with these commands. Loading all takes seconds: a command's modules bring half the product."""
    app = typer.Typer(
        name="gatehouse",
        help="Run a Responsible AI governance programme on one immutable log that outsiders can verify.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def gatehouse() -> None:
        """Without this, a lone command would lose its name."""

    gatehouse.__doc__ = app.info.help
    for name in names:
        module, _, attribute = COMMANDS[name].partition(":")
        found: Any = getattr(import_module(f"services.commands.{module}"), attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            command: Callable[..., None] = found
            app.command(name)(command)
    return app


def main() -> None:
    """Run the command that was asked for."""
    hold_the_collector()
    asked = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), None)
    app = command_line([asked] if asked is not None and asked in COMMANDS else COMMANDS)
    resume_the_collector()
    app()
