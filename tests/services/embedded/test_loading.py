"""What a process loads: the code of what it does, and of nothing else."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

PLAY_ONE: Final = """
import asyncio, sys
from services.process import opened, prepare_embedded
from shared.runtime.settings import SERVICES, Settings

async def play():
    settings = Settings.from_environment({"GATEHOUSE_DATA": sys.argv[1]})
    await prepare_embedded(settings)
    async with opened(settings, ["monitoring"]) as process:
        assert [service.name for service in process.services] == ["monitoring"]
    print(*(name for name in SERVICES if f"services.{name}.wiring" in sys.modules))

asyncio.run(play())
"""
PREPARE: Final = """
import asyncio, sys
from services.process import prepare_embedded
from shared.runtime.settings import Settings

asyncio.run(prepare_embedded(Settings.from_environment({"GATEHOUSE_DATA": sys.argv[1]})))
print("alembic" in sys.modules)
"""
PLAY_A_ROLE: Final = """
import asyncio, sys
from services.hosting import application
from services.process import opened, prepare_embedded
from shared.runtime.settings import Settings

async def play():
    settings = Settings.from_environment({"GATEHOUSE_DATA": sys.argv[1]})
    await prepare_embedded(settings)
    async with opened(settings) as process:
        application(process, [sys.argv[2]], {})
    print(*sys.modules)

asyncio.run(play())
"""


def test_a_process_of_one_service_does_not_load_the_others(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PLAY_ONE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["monitoring"]


@pytest.mark.parametrize("command", ["key", "endpoint", "token", "aside", "rebuild", "import"])
def test_a_command_that_asks_a_server_loads_none(command: str) -> None:
    heavy = {"alembic", "aiokafka", "fastapi", "sqlalchemy", "starlette", "temporalio", "uvicorn"}
    asked = f"import sys; from services.cli import command_line; command_line(['{command}']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.parametrize("role", ["api", "relay"])
def test_endpoints_are_loaded_by_the_role_that_answers_them(role: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PLAY_A_ROLE, str(tmp_path), role]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rooms = {f"services.{service}.api" for service in ("intake", "review", "reporting")} | {"services.reporting.page"}
    loaded = set(done.stdout.split())
    assert rooms & loaded == (rooms if role == "api" else set())
    assert {"aiokafka", "asyncpg"} & loaded == set()  # a folder's log and stores are SQLite's


def test_a_folder_whose_tables_are_of_this_version_is_opened_without_alembic(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PREPARE, str(tmp_path)]
    told = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() for _ in range(2)]
    assert told == ["True", "False"]
