"""Row 25: the audit API answers to its specification, and to nothing that only resembles it."""

from functools import partial
from pathlib import Path

import pytest

from shared.runtime.settings import SERVICES
from shared.transparency.checkpoint import Checkpoint, sign
from shared.transparency.tile_store import TileStore
from shared.transparency.tree_reader import TreeReader
from shared.transparency.witness_protocol import AddCheckpoint
from tests.contracts.transparency.logs import KEY, STRANGERS_KEY, watcher, written
from tests.hostile.routes import Attack, routes
from tests.hostile.site import Site
from tests.journey.walker import wait_for

MALFORMED = (
    "0/0", "0/1000", "0/000.p/0", "0/000.p/256", "0/000.p/01", "0/000.p/", "0/000.p/-1", "00/000", "64/000", "-1/000",
    "data/000", "0/x000/000", "0/%2e%2e/000", "0/000.p/%00", "0/", "entries/", "entries/000.p/0", "entries/000.p/256",
    "0/٠٠٠", "..%2f..%2fkeys/issuer.jwk",
)  # fmt: skip
BEYOND = ("0/999", "0/000.p/255", "0/x999/999", "5/000", "63/000.p/1", "entries/999", "entries/000.p/255")


@pytest.fixture
def signed(site: Site) -> Site:
    """The site once the logs that hold facts have heads."""
    assert site.ids
    for service in ("intake", "review"):
        wait_for(partial(_has_head, site, service), f"a head of {service}")
    return site


def _has_head(site: Site, service: str) -> bool:
    return site.send("GET", f"/{service}/v1/log/checkpoint", "audit").status_code == 200


@pytest.mark.parametrize("service", SERVICES)
def test_a_path_that_no_tile_has_is_refused(signed: Site, service: str) -> None:
    attack = Attack(signed, "tile")
    for path in MALFORMED:
        attack.judge(path, signed.send("GET", f"/{service}/v1/log/tile/{path}", "audit"))
    attack.succeeded(len(MALFORMED))


def test_a_path_with_a_line_end_is_no_other_name_of_the_path(site: Site) -> None:
    attack = Attack(site, "beyond")
    for route in (each for each in routes(site) if each.method == "GET"):
        attack.judge(route.name, site.send("GET", f"{route.at(site.ids)}%0a", "operator"))
    attack.succeeded(30)


@pytest.mark.parametrize("service", SERVICES)
def test_a_tile_beyond_the_end_is_not_there(signed: Site, service: str) -> None:
    attack = Attack(signed, "beyond")
    for path in BEYOND:
        attack.judge(path, signed.send("GET", f"/{service}/v1/log/tile/{path}", "audit"))
    attack.succeeded(len(BEYOND))


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("event_id", ["0", "not-an-id", "00000000-0000-0000-0000-000000000000", "%00", "..%2fvkey"])
def test_a_proof_of_what_was_never_recorded_is_not_there(signed: Site, service: str, event_id: str) -> None:
    attack = Attack(signed, "beyond")
    attack.judge(event_id, signed.send("GET", f"/{service}/v1/log/proof/{event_id}", "audit"))
    attack.succeeded(1)


def test_a_witness_that_is_misused_answers_as_its_specification_says(tmp_path: Path) -> None:
    """The product's witness speaks c2sp.org/tlog-witness in its own process: its answers are those of its protocol."""
    heads = {head.checkpoint.size: head for head in written(tmp_path / "log", 3, 8, 20)}
    proofs = TreeReader(TileStore(tmp_path / "log"), 20)
    witness = watcher(tmp_path / "witness")

    def ask(old: int, new: int, proof: tuple[bytes, ...] | None = None, signed: bytes | None = None) -> int:
        shown = tuple(proofs.consistency(old, new)) if proof is None else proof
        return witness.add_checkpoint(AddCheckpoint(old, shown, signed or heads[new].signed).render())[0]

    known = heads[8].checkpoint
    of_a_stranger = sign(Checkpoint("stranger.example/log", known.size, known.root), [KEY])
    assert ask(0, 3, ()) == 200
    assert {
        "old over new": ask(20, 8, ()),
        "malformed": witness.add_checkpoint(b"old 03\n\n" + heads[8].signed)[0],
        "no trusted signature": ask(3, 8, None, sign(known, [STRANGERS_KEY])),
        "unknown log": ask(3, 8, None, of_a_stranger),
        "another size": ask(0, 8, ()),
        "no proof": ask(3, 8, ()),
        "a bad proof": ask(3, 8, (b"x" * 32,)),
    } == {
        "old over new": 400,
        "malformed": 400,
        "no trusted signature": 403,
        "unknown log": 404,
        "another size": 409,
        "no proof": 422,
        "a bad proof": 422,
    }
    assert ask(3, 8) == 200
