"""The README's table names the commands that there are; each tells its options."""

import re

import pytest
from typer.testing import CliRunner

from services.cli import COMMANDS, command_line
from tests.house.tree import ROOT


def documented() -> set[str]:
    table = (ROOT / "README.md").read_text().split("## The command line")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)", table, flags=re.MULTILINE))


def test_the_table_names_every_command() -> None:
    assert documented() == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_tells_its_options(name: str) -> None:
    told = CliRunner().invoke(command_line(COMMANDS), [name, "--help"])
    assert told.exit_code == 0
    assert "--help" in told.output
