"""The Go reference for tlog-tiles re-derives our logs, from an exported folder and from a running service."""

import shutil
from pathlib import Path

import pytest

from shared.runtime.settings import SERVICES
from shared.transparency.policy_text import read_policy
from shared.transparency.tile_source import CHECKPOINT
from tests.engines import or_missing
from tests.journey.places import Embedded, gatehouse
from tests.strangers.conftest import DISCOVERED
from tests.strangers.said import Tell
from tests.strangers.tessera import REFUSED, SOUND, fsck, fsck_program, version

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]  # Go's first build takes a minute on two busy cores

FULL = Path("tile/entries/001")
LAST_BYTE_OF_A_HASH = 31
TOOL = "`fsck` of transparency-dev/tessera"


@pytest.fixture(scope="module", autouse=True)
def _program() -> None:
    or_missing(fsck_program)


@pytest.fixture(scope="module")
def exported(served: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported")
    gatehouse("export", "--data", str(served.folder), "--out", str(out))
    return out


@pytest.fixture(scope="module")
def keys(served: Embedded, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A key file for each service, by the policy that was written outside the data folder."""
    folder = tmp_path_factory.mktemp("keys")
    (policy,) = served.witness.glob("*.policy")
    found = {}
    for log in read_policy(policy.read_bytes()).logs:
        service = log.key.name.rpartition("/")[2]
        found[service] = folder / service
        found[service].write_text(log.key.text)
    return found


def test_an_exported_folder_of_several_tiles_is_sound(exported: Path, keys: dict[str, Path], tell: Tell) -> None:
    said = fsck(exported.joinpath("intake").as_uri(), keys["intake"])
    assert said.size is not None, said.words
    assert said.size > DISCOVERED
    assert exported.joinpath("intake", FULL).exists()
    tell(TOOL, version(), "an exported log", said.line)


def test_every_log_of_a_running_server_is_sound(served: Embedded, keys: dict[str, Path], tell: Tell) -> None:
    sizes = {service: _live(served, service, keys) for service in _signed(served)}
    assert sizes.keys() >= {"intake", "review"}
    assert all(sizes.values()), sizes
    tell(TOOL, version(), "every log of a running server", f"{SOUND} with size {', '.join(map(str, sizes.values()))}")


def test_without_an_auditor_s_token_a_running_server_shows_it_nothing(served: Embedded, keys: dict[str, Path]) -> None:
    said = fsck(f"{served.url('intake')}/intake/v1/log/", keys["intake"], served.token("rita"))
    assert said.size is None
    assert "403" in said.words


@pytest.mark.parametrize("place", ["tile/entries/001", "tile/0/001", "tile/1/000.p/2"])
def test_control_one_changed_byte_is_found(
    exported: Path, keys: dict[str, Path], place: str, tmp_path: Path, tell: Tell
) -> None:
    copy = shutil.copytree(exported / "intake", tmp_path / "intake")
    content = bytearray(copy.joinpath(place).read_bytes())
    content[LAST_BYTE_OF_A_HASH] ^= 1
    copy.joinpath(place).write_bytes(content)
    said = fsck(copy.as_uri(), keys["intake"])
    assert (said.size, REFUSED in said.words) == (None, True), said.words
    tell(TOOL, version(), f"one byte of `{place}` changed", said.line, control=True)


def test_control_a_log_signed_by_another_key_is_refused(exported: Path, keys: dict[str, Path], tell: Tell) -> None:
    said = fsck(exported.joinpath("intake").as_uri(), keys["review"])
    assert (said.size, REFUSED in said.words) == (None, True), said.words
    tell(TOOL, version(), "another key", said.line, control=True)


def _signed(served: Embedded) -> list[str]:
    tiles = served.folder / "tiles"
    return [service for service in SERVICES if (tiles / service / CHECKPOINT).exists()]


def _live(served: Embedded, service: str, keys: dict[str, Path]) -> int | None:
    return fsck(f"{served.url(service)}/{service}/v1/log/", keys[service], served.token("operator")).size
