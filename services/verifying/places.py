"""The kinds of sources, and the logs that each holds."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx2

from services.verifying.contents import Contents, EvidenceFiles, NoContents, WebhookBodies
from services.verifying.rows import Rows, SignedLeaves
from services.verifying.suspect import Examine, Suspect
from shared.log.soundness import Soundness
from shared.runtime.settings import SERVICES, Settings
from shared.transparency.failures import Absent
from shared.transparency.policy import Policy
from shared.transparency.report import Problem, Report, essential
from shared.transparency.tile_source import CHECKPOINT, VKEY, TileSource
from shared.transparency.tile_store import TileStore
from shared.transparency.verify import Remembered, verify_entries, verify_log
from shared.transparency.walk import Watch


class NothingToVerify(Exception):
    """The source holds no log of ours."""


class HttpSource:
    """One service's log on a running server."""

    def __init__(self, client: httpx2.Client, service: str) -> None:
        self._client, self._prefix = client, f"/{service}/v1/log"

    def read(self, path: str) -> bytes:
        """As `TileSource.read`."""
        response = self._client.get(f"{self._prefix}/{path}")
        if response.status_code == httpx2.codes.NOT_FOUND:
            raise Absent(f"the server has no {path}")
        response.raise_for_status()
        return response.content


def exported(folder: Path) -> list[Suspect]:
    """The services' tlog-tiles folders under an exported folder."""
    found = [name for name in SERVICES if (folder / name / CHECKPOINT).exists()]
    if not found:
        raise NothingToVerify(f"{folder} holds no exported log and no data folder")
    return [_of_tiles(name, TileStore(folder / name)) for name in found]


def data_folder(folder: Path) -> list[Suspect]:
    """The stores of a data folder, the tiles beside them and the contents that they name: all must be what was signed.

    Stores are made together, so one that is missing beside others was taken away. Raises `NothingToVerify` where
    there are none.
    """
    settings = Settings.from_environment({**os.environ, "GATEHOUSE_DATA": str(folder)})
    stores = {name: folder / name / "events.db" for name in SERVICES}
    if not any(store.exists() for store in stores.values()):
        raise NothingToVerify(f"{folder} holds no store")
    named: dict[str, Contents] = {
        "intake": WebhookBodies(stores["intake"]),
        "review": EvidenceFiles(settings.path("evidence_folder")),
    }
    tiles = {name: TileStore(settings.path("tiles_folder") / name) for name in SERVICES}
    return [_of_store(name, stores[name], tiles[name], named.get(name, NoContents())) for name in SERVICES]


def served(client: httpx2.Client) -> list[Suspect]:
    """The logs of a running server, through its API."""
    return [_of_tiles(name, HttpSource(client, name)) for name in SERVICES]


def topic(
    service: str, bodies: Iterable[bytes], signed: bytes, vkeys: bytes, heads: Sequence[Remembered], watch: Watch
) -> Suspect:
    """A service's facts as they lie on Kafka, in the order of positions, under the newest head published there.

    Facts or a head are there: one that can't be read, or none, is a fault.
    """

    def examine(policy: Policy | None, remembered: Sequence[Remembered]) -> Report:
        return verify_entries(bodies, signed, policy, vkeys, [*heads, *remembered], watch)

    return Suspect(service, lambda: signed, [examine], begun=lambda: True)


def _of_store(service: str, store: Path, tiles: TileStore, contents: Contents) -> Suspect:
    logged = _of_tiles(service, tiles)
    if not store.exists():
        return replace(logged, begun=lambda: True)
    examine: list[Examine] = [partial(_rows, store, tiles, contents), *logged.examine]
    rows = Rows(store)
    begun = partial(_any, rows.any, logged.begun)
    return replace(logged, examine=examine, begun=begun, contents=contents, recorded=rows.count)


def _of_tiles(service: str, source: TileSource) -> Suspect:
    signed, begun = partial(_or_nothing, source, CHECKPOINT), partial(_shown, source)
    return Suspect(service, signed, [partial(_tiles, source)], begun)


def _tiles(source: TileSource, policy: Policy | None, remembered: Sequence[Remembered]) -> Report:
    return verify_log(source, policy, remembered, Soundness())


def _rows(
    store: Path, tiles: TileStore, contents: Contents, policy: Policy | None, remembered: Sequence[Remembered]
) -> Report:
    rows = Rows(store)
    signed = _or_nothing(tiles, CHECKPOINT)
    watch = rows.watch(SignedLeaves(tiles), contents)
    report = verify_entries(rows.bodies(), signed, policy, _or_nothing(tiles, VKEY), remembered, watch)
    return report if rows.fault is None else _cut(report, rows.fault)


def _cut(report: Report, fault: str) -> Report:
    """The report on rows that ended where they could not be read."""
    read, signed = report.checked, report.size
    place = Problem(fault, read, signed - 1) if read < signed else Problem(fault)
    return replace(report, problems=essential([place, *report.problems]))


def _shown(source: TileSource) -> bool:
    """Whether there is a head at all: one without a byte is no log that nobody began."""
    try:
        source.read(CHECKPOINT)
    except Absent:
        return False
    return True


def _any(*asked: Callable[[], bool]) -> bool:
    return any(each() for each in asked)


def _or_nothing(source: TileSource, path: str) -> bytes:
    try:
        return source.read(path)
    except Absent:
        return b""  # the verifier says that there is no checkpoint that can be read
