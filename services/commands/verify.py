"""`gatehouse verify`: is this history complete, unaltered and in order?"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from services.commands.server import Data, Token, server_of
from services.commands.speaking import Exit, Json, complaints, leave_with, say
from services.verifying.derived import derived_in_folder
from services.verifying.derived_served import derived_on_server
from services.verifying.places import NothingToVerify, data_folder, exported, served
from services.verifying.suspect import Finding, Suspect
from services.verifying.topics import on_kafka
from services.verifying.verdict import NOT_SERVED, Memory, examined, in_words, verdict
from shared.log.port import LogUnavailable
from shared.runtime.settings import brokers
from shared.transparency.failures import Malformed
from shared.transparency.policy import Policy
from shared.transparency.policy_text import read_policy

Source = Annotated[str, typer.Argument(help="Data folder, exported folder, http://… or kafka://host:port.")]
PolicyFile = Annotated[Path | None, typer.Option("--policy", help="tlog-policy file: the keys that you believe.")]
Against = Annotated[Path | None, typer.Option("--against", help="A checkpoint that you kept.")]
WitnessFolder = Annotated[Path | None, typer.Option("--witness", help="A witness's folder.")]


def verify(
    source: Source,
    policy: PolicyFile = None,
    against: Against = None,
    witness: WitnessFolder = None,
    token: Token = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Re-hash every byte and hold it against everything signed: heads, tiles, streams, derived tables.

    Exit code 0 when everything held, 1 when something did not, 3 when the source can't be reached or shows no logs.
    """
    with complaints(refused=Exit.UNREACHABLE, another="as the source"):
        try:
            believed = None if policy is None else read_policy(policy.read_bytes())
            memory = Memory.of(against, witness)
        except Malformed as error:
            leave_with(Exit.USAGE, str(error))
        try:
            answer = _verified(source, believed, memory, token, data)
        except NothingToVerify as error:
            leave_with(Exit.UNREACHABLE, str(error))
        say(answer, json, in_words(answer))
    if not answer["verified"]:
        raise typer.Exit(int(Exit.FAILED))


def _verified(
    source: str, policy: Policy | None, memory: Memory, token: str | None, data: Path | None
) -> dict[str, Any]:
    if source.startswith("kafka://"):
        _insist_on_brokers(source)
        try:
            return verdict(_shown(asyncio.run(on_kafka(source)), policy, memory, source), NOT_SERVED)
        except LogUnavailable as error:
            leave_with(Exit.UNREACHABLE, f"{source} can't be reached: {error}")
    if source.startswith(("http://", "https://")):
        with server_of(source, token, data).client() as client:
            findings = _shown(served(client), policy, memory, source)
            return verdict(findings, *asyncio.run(derived_on_server(client)))
    folder = Path(source)
    if (folder / "keys").is_dir():
        compared = asyncio.run(derived_in_folder(folder))
        return verdict(examined(data_folder(folder), policy, memory), *compared)
    return verdict(_shown(exported(folder), policy, memory, source), NOT_SERVED)


def _insist_on_brokers(source: str) -> None:
    try:
        brokers(source.removeprefix("kafka://").rstrip("/"))
    except ValueError as error:
        leave_with(Exit.USAGE, f"{source}: {error}")


def _shown(logs: Sequence[Suspect], policy: Policy | None, memory: Memory, source: str) -> Sequence[Finding]:
    """What examining found. Raises `NothingToVerify` where there is no log, and nobody remembers one."""
    findings = examined(logs, policy, memory)
    if not findings:
        raise NothingToVerify(f"{source} shows no log")
    return findings
