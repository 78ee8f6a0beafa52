"""The process that signs writes which keys an auditor believes, once; whoever starts it, and however it is split."""

import sys
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest

from deploy.local.process import Child, free_port
from services.process import opened, prepare_embedded
from services.reporting.adapters.logs import policies_in
from services.signing import write_trust
from shared.runtime.settings import SERVICES, Settings


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    made = Settings(data=tmp_path / "data", witness_folder=tmp_path / "witness")
    await prepare_embedded(made)
    return made


def policies(settings: Settings) -> dict[str, bytes]:
    assert settings.witness_folder is not None
    return {path.name: path.read_bytes() for path in sorted(settings.witness_folder.glob("*.policy"))}


async def trusted(settings: Settings, names: Sequence[str] = SERVICES) -> list[str]:
    """Write it as a process of these services does; the services whose logs are in no policy then."""
    async with opened(settings, names) as process:
        write_trust(process)
    async with opened(settings) as process:
        policy_of = policies_in(settings.witness_folder)
        return [service.name for service in process.services if policy_of(service.store.origin) is None]


async def test_role_relay_writes_it(settings: Settings, tmp_path: Path) -> None:
    port = free_port()
    environment = {"GATEHOUSE_DATA": str(settings.data), "GATEHOUSE_WITNESS_FOLDER": str(settings.witness_folder)}
    environment["GATEHOUSE_PORT"] = str(port)
    command = [sys.executable, "-m", "services.run", "--role", "relay"]
    relay = Child(command, log=tmp_path / "relay.log", environment=environment)
    try:
        relay.wait_until(lambda: listens(port), within=60)
    finally:
        relay.kill()
    assert len(kept := policies(settings)) == 1
    assert await trusted(settings) == []
    assert policies(settings) == kept


async def test_processes_of_one_service_write_one_each(settings: Settings) -> None:
    for number, service in enumerate(SERVICES, start=1):
        assert await trusted(settings, [service]) == list(SERVICES[number:])
        assert len(policies(settings)) == number
    kept = policies(settings)
    assert await trusted(settings) == []
    assert policies(settings) == kept


async def test_once_written_it_stays_whoever_signs_later(settings: Settings) -> None:
    await trusted(settings)
    kept = policies(settings)
    (settings.path("signing_keys_folder") / "review.key").unlink()  # another is made at the next start
    assert await trusted(settings, ["review"]) == []
    assert policies(settings) == kept


async def test_one_that_can_not_be_read_stays_too(settings: Settings) -> None:
    await trusted(settings)
    (name,) = policies(settings)
    assert settings.witness_folder is not None
    (settings.witness_folder / name).write_text("what is this\n")
    async with opened(settings) as process:
        write_trust(process)
    assert policies(settings) == {name: b"what is this\n"}


def listens(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return False
