"""Every setting is in the README's table with its default and meaning, as the code has them, and nothing else is."""

import re

from pydantic_core import PydanticUndefined

from shared.runtime.settings import OF_THE_COMMAND_LINE, PREFIX, Settings
from tests.house.tree import ROOT

ROW = re.compile(r"^\| `(GATEHOUSE_\w+)` \| (.*?) \| (.*) \|$", flags=re.MULTILINE)


def documented() -> dict[str, tuple[str, str]]:
    rows = ROW.findall((ROOT / "README.md").read_text())
    assert len(rows) == len({name for name, _, _ in rows}), "a setting is told twice"
    return {name: (default, meaning) for name, default, meaning in rows}


def in_the_code() -> dict[str, tuple[str, str]]:
    found = {}
    for name, field in Settings.model_fields.items():
        assert field.default is not PydanticUndefined, f"{name} has no default: a process must say what it lacks"
        found[PREFIX + name.upper()] = (shown(field.default), field.description or "")
    return found


def shown(default: object) -> str:
    if default is None:
        return ""
    return f"`{','.join(default) if isinstance(default, tuple) else default}`"


def test_the_table_says_what_the_code_does() -> None:
    of_processes = {name: row for name, row in documented().items() if name not in OF_THE_COMMAND_LINE}
    assert of_processes == in_the_code()


def test_the_command_lines_own_variables_are_told() -> None:
    assert documented().keys() >= OF_THE_COMMAND_LINE


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, (_, meaning) in in_the_code().items() if not meaning.endswith(".")] == []
