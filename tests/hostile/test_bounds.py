"""Row 24: how often, how much at once, how many parts, and how slowly."""

import socket
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
import time_machine

from services.hosting import application
from services.process import opened, prepare_embedded
from shared.runtime.minting import local_token
from shared.runtime.serving import HEAD_SECONDS
from shared.runtime.settings import Settings
from tests.hostile.cases import CASES
from tests.hostile.people import GRANTS
from tests.hostile.routes import Attack, routes
from tests.hostile.site import Site
from tests.journey.people import people_file

ALLOWED = 20


@pytest.fixture
def early_in_a_minute() -> Iterator[None]:
    """The window slides by the clock's minutes: past the end of one, some of what was spent is given back."""
    with time_machine.travel(time.time() // 60 * 60, tick=True):
        yield


@pytest.mark.usefixtures("early_in_a_minute")
async def test_who_asks_too_often_is_told_when_to_go_on(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, witness_folder=tmp_path / "witness", requests_per_minute=ALLOWED)
    (tmp_path / "people.yaml").write_text(people_file(GRANTS))
    (tmp_path / "people.yaml").chmod(0o600)
    await prepare_embedded(settings)
    async with opened(settings) as process:
        transport = httpx2.ASGITransport(app=application(process, ("api",), {}))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            rita, tess = ({"Authorization": f"Bearer {local_token(settings, one)}"} for one in ("rita", "tess"))
            paths = ("/intake/v1/form", "/review/v1/me/queue", "/reporting/v1/verification")
            for number in range(ALLOWED):
                assert (await client.get(paths[number % 3], headers=rita)).status_code == 200
            for path in paths:
                answer = await client.get(path, headers=rita)
                assert CASES["often"].holds(answer), answer.text
                assert 1 <= int(answer.headers["retry-after"]) <= 60
            assert (await client.get(paths[0], headers=tess)).status_code == 200


@pytest.mark.parametrize("query", ["limit=501", "limit=0", "limit=-1", "limit=1e2", "limit=%00", "limit=" + "9" * 5000])
def test_a_page_has_at_most_500_entries(site: Site, query: str) -> None:
    attack = Attack(site, "page")
    for route in (each for each in routes(site) if "limit" in each.names("query")):
        attack.judge(route.name, site.send("GET", f"{route.at(site.ids)}?{query}", "operator"))
    attack.succeeded(10)


@pytest.mark.parametrize("cursor", ["x", "", "AAAA", "%00", "bnVsbA", "W10", "W251bGwsW11d", "é", "A" * 10_000])
def test_a_cursor_that_was_never_given_is_refused(site: Site, cursor: str) -> None:
    attack = Attack(site, "page")
    for route in (each for each in routes(site) if "cursor" in each.names("query")):
        attack.judge(route.name, site.send("GET", f"{route.at(site.ids)}?cursor={cursor}", "operator"))
    attack.succeeded(8)


def test_a_cursor_of_another_list_is_refused(site: Site) -> None:
    cursor = site.done("GET", "/review/v1/appointments?limit=1", "operator")["next"]
    assert cursor is not None
    attack = Attack(site, "page")
    for path in ("/review/v1/reviews", "/intake/v1/systems", "/reporting/v1/audit", "/reporting/v1/portfolio"):
        attack.judge(path, site.send("GET", f"{path}?cursor={cursor}", "operator"))
    attack.succeeded(4)


def test_more_than_five_parts_are_not_served_anywhere(site: Site) -> None:
    attack = Attack(site, "ranges")
    parts = "bytes=" + ",".join(f"{at}-{at}" for at in range(6))
    for route in (each for each in routes(site) if each.method == "GET"):
        attack.judge(route.name, site.send("GET", route.at(site.ids), "operator", Range=parts))
    attack.succeeded(30)


def test_parts_of_evidence_are_served_up_to_five(site: Site) -> None:
    made, content = site.portfolio.system("In parts"), b"0123456789"
    path = f"/review/v1/reviews/{made['review_id']}/evidence"
    said = f"artefact=model-card&title=Parts&digest={sha256(content).hexdigest()}"
    kept = site.done("POST", f"{path}?{said}", "rita", content, content_type="application/pdf")
    one = site.send("GET", f"{path}/{kept['artefact_id']}", "rita", Range="bytes=2-4")
    assert (one.status_code, one.content) == (206, b"234")
    five = site.send("GET", f"{path}/{kept['artefact_id']}", "rita", Range="bytes=0-0,2-2,4-4,6-6,8-8")
    assert five.status_code == 206
    six = site.send("GET", f"{path}/{kept['artefact_id']}", "rita", Range="bytes=0-0,2-2,4-4,6-6,8-8,9-9")
    assert CASES["ranges"].holds(six)
    beyond = site.send("GET", f"{path}/{kept['artefact_id']}", "rita", Range="bytes=100-200")
    assert CASES["ranges"].holds(beyond), beyond.text
    assert beyond.headers["content-range"] == "bytes */10"
    malformed = site.send("GET", f"{path}/{kept['artefact_id']}", "rita", Range="lines=1-2")
    assert malformed.json()["type"] == "/problems/malformed-request"


def test_headers_that_drip_are_cut_within_ten_seconds(site: Site) -> None:
    """One byte at a time, always in time for any limit on silence: only a limit on the whole head ends it."""
    place = urlsplit(site.url)
    with socket.create_connection((place.hostname, place.port), timeout=0.2) as wire:
        began = time.monotonic()
        wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        while (answer := _heard(wire)) is None and time.monotonic() - began < 15:
            wire.sendall(b"X")
        assert answer == b""
        assert HEAD_SECONDS - 1 < time.monotonic() - began < 10


def _heard(wire: socket.socket) -> bytes | None:
    """What came; empty where the other side has closed; None while there is nothing."""
    try:
        return wire.recv(1000)
    except TimeoutError:
        return None
    except (ConnectionResetError, BrokenPipeError):
        return b""
