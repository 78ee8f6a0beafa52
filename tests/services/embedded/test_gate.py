"""A role may be started before its tables are there: it loads its code, and waits at the gate."""

import os
import sys
from pathlib import Path

import httpx2

from deploy.local.process import Child, free_port
from services.process import prepare_embedded
from shared.runtime.gate import Gate
from shared.runtime.settings import Settings


async def test_a_role_waits_at_the_gate_until_its_tables_are_made(tmp_path: Path) -> None:
    gate, port = Gate(tmp_path / "gate"), free_port()
    gate.shut()
    command = [sys.executable, "-m", "services.run", "--role", "relay", "--gate", str(gate.path)]
    environment = {"GATEHOUSE_DATA": str(tmp_path / "data"), "GATEHOUSE_PORT": str(port)}
    role = Child(command, log=tmp_path / "role.log", environment=environment)
    try:
        role.wait_until(lambda: waits_for_a_lock(role.pid), within=60)
        await prepare_embedded(Settings(data=tmp_path / "data"))
        gate.open()
        role.wait_until(lambda: answers(port), within=60)
    finally:
        role.kill()


def test_an_open_gate_stays_open(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    for _ in range(2):
        gate.shut()
        gate.open()
    gate.open()
    assert not [line for line in Path("/proc/locks").read_text().splitlines() if f" {os.getpid()} " in line]


def waits_for_a_lock(pid: int) -> bool:
    """As the kernel lists it (proc(5)): `1: -> FLOCK ADVISORY READ pid …`."""
    lines = (line.split() for line in Path("/proc/locks").read_text().splitlines())
    return any(fields[1] == "->" and str(pid) in fields for fields in lines)


def answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == httpx2.codes.OK
    except httpx2.TransportError:  # not listening yet
        return False
