"""Apache Kafka's jars: fetched once by Maven, checked against the digests in this folder, kept outside the tree."""

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

from deploy.local.cache import kept
from deploy.local.process import EngineMissing

POM = Path(__file__).with_name("kafka_jars") / "pom.xml"
DIGESTS = Path(__file__).with_name("kafka_jars") / "SHA256SUMS"
PATIENCE = 600  # seconds; a cold fetch took 8 s on the machine this was written on


def kafka_jars() -> Path:
    """The folder holding exactly the jars named in SHA256SUMS; EngineMissing says why they cannot be had."""
    wanted = {name: digest for digest, name in map(str.split, DIGESTS.read_text().splitlines())}
    list_digest = sha256(DIGESTS.read_bytes()).hexdigest()[:12]
    return kept(f"kafka-{list_digest}", lambda folder: _fetch(folder, wanted))


def _fetch(into: Path, wanted: dict[str, str]) -> None:
    _run_maven(into)
    _check(into, wanted)


def _run_maven(into: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise EngineMissing("Apache Kafka comes by Maven, and there is no mvn on the path")
    command = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={into}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode != 0:
        raise EngineMissing(f"Maven could not fetch Apache Kafka: {(done.stdout + done.stderr).strip()[-500:]}")


def _check(fetched: Path, wanted: dict[str, str]) -> None:
    found = {jar.name: sha256(jar.read_bytes()).hexdigest() for jar in fetched.iterdir()}
    if found != wanted:
        differing = sorted(name for name in found | wanted if found.get(name) != wanted.get(name))
        raise EngineMissing(f"Apache Kafka's jars are not those of {DIGESTS.name}: {', '.join(differing)}")
