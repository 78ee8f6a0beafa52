"""Apache Kafka's own console consumer, from the jars that the broker runs on."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from deploy.local.jars import DIGESTS, kafka_jars
from deploy.local.process import EngineMissing

MAIN: Final = "org.apache.kafka.tools.consumer.ConsoleConsumer"
BETWEEN: Final = "\t"
"""Canonical JSON has no control character outside of an escape, so that a tab and a line break divide for certain."""


def version() -> str:
    """The version of Apache Kafka, as the locked jars are named."""
    (found,) = re.findall(r"kafka-clients-(\S+)\.jar", DIGESTS.read_text())
    return str(found)


@dataclass(frozen=True)
class Line:
    """One record, as it was printed."""

    partition: int
    headers: Mapping[str, bytes]
    key: bytes
    value: bytes


def consumed(bootstrap: str, topic: str, count: int) -> list[Line]:
    """The first `count` records of a topic; fails when they are not there within 30 s."""
    shown = ["print.partition=true", "print.headers=true", "print.key=true", f"key.separator={BETWEEN}"]
    command = [_java(), "-cp", f"{kafka_jars()}/*", MAIN, "--bootstrap-server", bootstrap, "--topic", topic]
    command += ["--from-beginning", "--max-messages", str(count), "--timeout-ms", "30000"]
    for each in [*shown, "headers.separator=|"]:
        command += ["--formatter-property", each]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    lines = done.stdout.splitlines(keepends=False)
    assert len(lines) == count, done.stderr.decode()[-2_000:]
    return [_line(line) for line in lines]


def _line(printed: bytes) -> Line:
    partition, headers, key, value = printed.split(BETWEEN.encode())
    pairs = [header.split(b":", 1) for header in headers.split(b"|")]
    number = int(partition.removeprefix(b"Partition:"))
    return Line(number, {name.decode(): content for name, content in pairs}, key, value)


def _java() -> str:
    found = shutil.which("java")
    if found is None:
        raise EngineMissing("the console consumer needs Java, and there is no java on the path")
    return found
