"""`python -m deploy.local.platform`: Gatehouse as it runs in production, on one machine and without containers.

PostgreSQL, Apache Kafka, Temporal's dev server and an OpenID Connect issuer, then a process per role (`--split`: per
service and role), all on free loopback ports, all ended together. Tests, benchmarks and fault runs start the same.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from deploy.local.databases import Databases
from deploy.local.ending import Ending
from deploy.local.kafka import KafkaServer
from deploy.local.postgres import PostgresServer
from deploy.local.process import Child, EngineFailed, EngineMissing, free_port
from deploy.local.roles import READY_WITHIN, RoleProcess, plan
from deploy.local.temporal import NAMESPACE, TemporalServer
from shared.runtime.gate import Gate
from shared.runtime.key_files import token_key
from shared.runtime.minting import mint
from shared.runtime.settings import SERVICES

GROUPS_FILE: Final = Path(__file__).with_name("groups.yaml")
AUDIENCE: Final = "gatehouse"


class Platform:
    """Everything over `folder`; what is in there is kept, so that the next start goes on."""

    def __init__(self, folder: Path, *, split: bool = False, port: int = 0) -> None:
        self.folder = folder.resolve()
        self.postgres = PostgresServer(self.folder / "postgres")
        self.databases = Databases.over(self.postgres, self.folder / "database-passwords.json")
        self.kafka = KafkaServer(self.folder / "kafka")
        self.temporal = TemporalServer(self.folder / "temporal")
        self.issuer = self._issuer(free_port())
        self.roles: dict[str, RoleProcess] = {}
        self._split, self._port = split, port or free_port()
        self._databases_made, self._prepared = Gate(self.folder / "databases.gate"), Gate(self.folder / "prepared.gate")
        self._running, self.ready_seconds = ExitStack(), 0.0

    def start(self) -> Self:
        """Everything up and ready; whatever fails, nothing is left running."""
        began = time.monotonic()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        self.ready_seconds = time.monotonic() - began
        return self

    def stop(self) -> None:
        """Roles first, then the engines under them."""
        self._running.close()

    def url(self, service: str) -> str:
        """Where that service's API answers."""
        return self.roles[f"{service}-api" if self._split else "api"].url

    def token(self, subject: str, groups: Sequence[str] = (), *, seconds: int = 3600) -> str:
        """An access token of the platform's own issuer; the groups are those of `groups.yaml`, named like roles."""
        claims = {"groups": list(groups)}
        key, issuer = token_key(self._token_key), self.issuer.url
        return mint(
            key, issuer=issuer, audience=AUDIENCE, subject=subject, seconds=seconds, now=time.time(), claims=claims
        )

    def where(self) -> dict[str, Any]:
        """Where everything is, without secrets: what `--json` prints."""
        return {
            "folder": str(self.folder),
            "ready_seconds": round(self.ready_seconds, 1),
            "api": {service: self.url(service) for service in SERVICES},
            "kafka": f"kafka://{self.kafka.bootstrap}",
            "temporal": self.temporal.address,
            "postgres": f"postgresql://127.0.0.1:{self.postgres.port}",
            "issuer": self.issuer.url,
            "token_key": str(self._token_key),
            "groups": str(GROUPS_FILE),
            "processes": [
                {"name": name, "pid": process.pid, "url": process.url, "log": str(process.log)}
                for name, process in [("issuer", self.issuer), *self.roles.items()]
            ],
        }

    def settings(self) -> dict[str, str]:
        """The environment of every role's process, but for its port."""
        return {
            **self.databases.settings("app"),
            "GATEHOUSE_DATA": str(self.folder / "data"),
            "GATEHOUSE_WITNESS_FOLDER": str(self.folder / "witness"),
            "GATEHOUSE_KAFKA_BOOTSTRAP": self.kafka.bootstrap,
            "GATEHOUSE_TEMPORAL_ADDRESS": self.temporal.address,
            "GATEHOUSE_TEMPORAL_NAMESPACE": NAMESPACE,
            "GATEHOUSE_OIDC_ISSUER": self.issuer.url,
            "GATEHOUSE_OIDC_AUDIENCE": AUDIENCE,
            "GATEHOUSE_GROUPS_FILE": str(GROUPS_FILE),
        }

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def _token_key(self) -> Path:
        return self.folder / "issuer.jwk"

    def _issuer(self, port: int) -> RoleProcess:
        command = ["shared.runtime.issuer", "serve", "--key", str(self._token_key), "--port", str(port)]
        asked = "/.well-known/openid-configuration"
        return RoleProcess("issuer", command, port=port, log=self.folder / "issuer.log", environment={}, ready=asked)

    def _start(self) -> None:
        """Everything begins at once and loads its code; each goes on when what it needs is there: PostgreSQL for the
        tables, Kafka for the topics after them, both for the roles."""
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = (self.kafka, self.temporal, self.issuer)
        starters = ThreadPoolExecutor(len(beside))
        ends = [engine.stop for engine in (self.postgres, *beside)]
        for end in (*ends, starters.shutdown, *ends):  # twice: also what a start begins after the first
            self._running.callback(end)
        for gate in (self._databases_made, self._prepared):
            gate.shut()
            self._running.callback(gate.open)
        preparing = self._begin_preparing()
        starting = [starters.submit(engine.start) for engine in beside]
        self._begin_roles()
        self.postgres.start()
        self.databases.make()
        self._databases_made.open()
        for started in as_completed(starting):
            started.result()
        if preparing.wait(within=READY_WITHIN) != 0:
            raise EngineFailed(f"tables and topics could not be made:\n{preparing.tail()}")
        self._prepared.open()
        for process in self.roles.values():
            process.wait_ready()

    def _begin_preparing(self) -> Child:
        """By the command that other installations run, so that it is this that is tested."""
        options = ["--broker-within", "60", "--gate", str(self._databases_made.path)]
        log, as_owner = self.folder / "prepare.log", self.settings() | self.databases.settings("owner")
        preparing = Child([sys.executable, "-m", "deploy.prepare", *options], log=log, environment=as_owner)
        self._running.callback(preparing.stop)
        return preparing

    def _begin_roles(self) -> None:
        for name, arguments in plan(split=self._split).items():
            port = self._port if name == "api" else free_port()
            process = RoleProcess(
                name,
                ["services.run", *arguments, "--gate", str(self._prepared.path)],
                port=port,
                log=self.folder / f"{name}.log",
                environment={**self.settings(), "GATEHOUSE_PORT": str(port)},
            )
            self.roles[name] = process
            self._running.callback(process.stop)
            process.begin()


def main(arguments: Sequence[str]) -> int:
    """Serve until ^C or SIGTERM, which end a start at once; a role that ends of itself is begun again, and said."""
    asked = _asked(arguments)
    ending = Ending()
    try:
        with Platform(asked.data, split=asked.split, port=asked.port) as platform:
            ending.ready()
            print(json.dumps(platform.where()) if asked.json else _in_words(platform), flush=True)
            while not ending.wait(1):
                _begin_again(platform)
    except (EngineMissing, EngineFailed) as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("ended before it was ready", file=sys.stderr)
    return 0


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.platform", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".local/platform"), help="folder (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="of the API, when it is one process (default: a free one)")
    parser.add_argument("--split", action="store_true", help="a process per service and role")
    parser.add_argument("--json", action="store_true", help="say where everything is as one JSON object")
    return parser.parse_args(arguments)


def _begin_again(platform: Platform) -> None:
    for process in platform.roles.values():
        if not process.alive:
            print(f"{process.name} ended and is begun again; its log: {process.log}", file=sys.stderr)
            process.begin()


def _in_words(platform: Platform) -> str:
    where, apis = platform.where(), sorted({platform.url(service) for service in SERVICES})
    lines = [f"ready {' '.join(apis)} after {where['ready_seconds']} s; ^C ends everything", ""]
    lines += [f"  {name:9}{where[name]}" for name in ("folder", "postgres", "kafka", "temporal", "issuer", "groups")]
    lines += [f"  {process['name']:9}{process['url']} (process {process['pid']})" for process in where["processes"]]
    mint_one = f"{sys.executable} -m shared.runtime.issuer mint --key {where['token_key']} --issuer {where['issuer']}"
    return "\n".join([*lines, "", f"A token: {mint_one} --subject you --group requester"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
