"""One Apache Kafka node (KRaft, no ZooKeeper, no container), in a folder, on free loopback ports."""

import os
import shutil
import signal
import subprocess
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.cache import kept
from deploy.local.jars import kafka_jars
from deploy.local.process import Child, EngineFailed, EngineMissing, end_survivor, free_port, remember

CLUSTER_ID = "Z2F0ZWhvdXNlLWxvY2FsMA"  # any 16 bytes in unpadded base64url; this folder's own, never shared
MEMORY = ["-Xmx512m", "-XX:+UseSerialGC"]  # about 400 MiB resident
QUICK = ["-XX:TieredStopAtLevel=1"]  # a start takes half the processor's time, with the archive a quarter
LOGGING = "-Dorg.slf4j.simpleLogger.defaultLogLevel=info"
STARTED = "Kafka Server started"  # the broker's own word, said once it is unfenced and answers
NODE = 1


class KafkaServer:
    """A broker over `folder`. Start, stop, kill and start again keep the records and the ports.

    `advertised` is the port that it tells its clients, where that is a proxy's and not its own. `archiving` is a file
    in which to leave, at the end, the classes that were loaded.
    """

    def __init__(self, folder: Path, *, advertised: int | None = None, archiving: Path | None = None) -> None:
        java = shutil.which("java")
        if java is None:
            raise EngineMissing("Apache Kafka needs Java 17 or later, and there is no java on the path")
        self._jars = kafka_jars()
        classes = (
            f"ArchiveClassesAtExit={archiving}" if archiving else f"SharedArchiveFile={_classes(java, self._jars)}"
        )
        self._java = [java, *MEMORY, *QUICK, f"-XX:{classes}", LOGGING, "-cp", f"{self._jars}/*"]
        self._folder = folder.resolve()
        self.port, self._controller_port = free_port(), free_port()
        self._advertised = advertised or self.port
        self._child: Child | None = None

    def start(self) -> Self:
        """Up and answering; EngineFailed with the end of the log when it is not within 60 s."""
        self._folder.mkdir(parents=True, exist_ok=True)
        end_survivor(self._pidfile, serves=self._folder)
        self._properties.write_text("".join(f"{name}={value}\n" for name, value in self._settings().items()))
        if not (self.records / "meta.properties").exists():
            self._format()
        before = self._log.stat().st_size if self._log.exists() else 0
        command = [*self._java, "kafka.Kafka", str(self._properties)]
        self._child = Child(command, log=self._log, dies_by=signal.SIGTERM)
        remember(self._child, self._pidfile)
        self._child.wait_until(lambda: STARTED in self._said_since(before), within=60)
        return self

    def stop(self) -> None:
        """A controlled shutdown: everything is flushed."""
        if self._child is not None and self._child.alive:
            self._child.stop()
        self._pidfile.unlink(missing_ok=True)

    def kill(self) -> None:
        """SIGKILL: the next start recovers the log."""
        assert self._child is not None
        self._child.kill()

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    @property
    def bootstrap(self) -> str:
        """`host:port`, as clients want it."""
        return f"127.0.0.1:{self._advertised}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def records(self) -> Path:
        """Where the log lies."""
        return self._folder / "records"

    @property
    def _log(self) -> Path:
        return self._folder / "kafka.log"

    @property
    def _pidfile(self) -> Path:
        return self._folder / "kafka.pid"

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    def _settings(self) -> dict[str, str]:
        return {
            "process.roles": "broker,controller",
            "node.id": str(NODE),
            "listeners": f"CLIENT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"CLIENT://127.0.0.1:{self._advertised}",
            "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "CLIENT",
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.voters": f"{NODE}@127.0.0.1:{self._controller_port}",
            "log.dirs": str(self.records),
            # a mistyped name must fail, not make a topic that forgets after a week
            "auto.create.topics.enable": "false",
            # Kafka keeps everything
            "log.retention.ms": "-1",
            "log.retention.bytes": "-1",
            "log.cleanup.policy": "delete",
            # one node: what Kafka keeps for itself cannot have the usual three copies
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            # after a SIGKILL the node waits for its own old session to end: 12 s to restart with the default of 9 s
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "500",
            # the first member of a group need not wait for company
            "group.initial.rebalance.delay.ms": "0",
            # a record twice a second that says nothing: a third of what an idle broker does
            "metadata.max.idle.interval.ms": "0",
        }

    def _format(self) -> None:
        command = [*self._java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(self._properties)]
        done = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise EngineFailed(f"Kafka's storage could not be formatted: {(done.stdout + done.stderr).strip()}")

    def _said_since(self, position: int) -> str:
        with self._log.open(errors="replace") as log:
            log.seek(position)
            return log.read()


def _classes(java: str, jars: Path) -> Path:
    """Kafka's classes as Java 13 and later can map them (JEP 350): loading them is half of a start.

    Only a hint: a Java that cannot use the file loads the jars.
    """
    program = Path(java).resolve()
    build = sha256(f"{program} {program.stat().st_mtime_ns}".encode()).hexdigest()[:12]

    def train(folder: Path) -> None:
        with KafkaServer(folder / "broker", archiving=folder / "kafka.jsa"):
            pass
        shutil.rmtree(folder / "broker")

    return kept(f"{jars.name}-classes-{build}", train) / "kafka.jsa"
