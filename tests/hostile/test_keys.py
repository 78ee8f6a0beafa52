"""Row 8: an Idempotency-Key is needed, stands for one request, and a repeat of that gets the first answer again."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing
from hashlib import sha256
from uuid import uuid4

import httpx2
import pytest

from tests.hostile.bodies import DISCOVERY, INTAKE
from tests.hostile.cases import CASES
from tests.hostile.routes import Attack, routes
from tests.hostile.site import Site
from tests.journey.walker import wait_for


def test_a_command_without_a_key_is_refused(site: Site) -> None:
    attack = Attack(site, "keyless")
    for route in routes(site):
        if route.needs_key:
            headers = site.headers("operator", if_match='"0"')
            del headers["Idempotency-Key"]
            headers |= {"content-type": "application/json"} if route.takes_json else {}
            content = json.dumps(route.body).encode() if route.takes_json else None
            path = route.at(site.ids)
            attack.judge(route.name, site.client.request(route.method, path, headers=headers, content=content))
    attack.succeeded(25)


def test_a_repeat_gets_the_first_answer_again(site: Site) -> None:
    for who, path, body in _asked(site):
        key = str(uuid4())
        first = site.send("POST", path, who, body, key)
        again = site.send("POST", path, who, dict(reversed(body.items())), key)
        assert (first.status_code, again.status_code) == (201, 201), first.text
        assert first.json() | {"replayed": True} == again.json()


def test_a_key_with_another_body_is_refused(site: Site) -> None:
    attack = Attack(site, "reused")
    for who, path, body in _asked(site):
        key = str(uuid4())
        assert site.send("POST", path, who, body, key).status_code == 201
        changed = {name: f"{value} too" if name in ("name", "person") else value for name, value in body.items()}
        changed |= {"person": "tess"} if "person" in body else {}
        attack.judge(path, site.send("POST", path, who, changed, key))
    attack.succeeded(3)


def test_an_upload_repeats_by_what_it_says_of_itself(site: Site) -> None:
    made, key = site.portfolio.system("Repeated evidence"), str(uuid4())
    path = f"/review/v1/reviews/{made['review_id']}/evidence?artefact=model-card&title=Card"

    def upload(content: bytes) -> httpx2.Response:
        return site.send("POST", f"{path}&digest={sha256(content).hexdigest()}", "rita", content, key)

    first, again = upload(b"{}"), upload(b"{}")
    assert first.status_code == 201, first.text
    assert again.json() == first.json() | {"replayed": True}
    assert CASES["reused"].holds(upload(b"[]"))


@pytest.mark.parametrize("service", ["intake", "review"])
def test_a_repeat_of_a_command_that_still_runs_is_told_to_wait(site: Site, service: str) -> None:
    """The store is held by another writer, so that neither of two can be answered until one of them is refused."""
    known, (who, path, body) = (next(one for one in _asked(site) if service in one[1]) for _ in range(2))
    site.done("POST", known[1], known[0], known[2])  # the directory knows the people by now: only the append waits
    key = str(uuid4())
    with ThreadPoolExecutor(2) as both, closing(sqlite3.connect(site.place.folder / service / "events.db")) as writer:
        writer.execute("begin immediate")
        sent = [both.submit(site.send, "POST", path, who, body, key) for _ in range(2)]
        refused, running = wait(sent, timeout=30, return_when=FIRST_COMPLETED)
        writer.rollback()
        (answer,), (first,) = [each.result() for each in refused], [each.result() for each in running]
    assert CASES["in-flight"].holds(answer), answer.text
    assert first.status_code == 201, first.text
    assert site.send("POST", path, who, body, key).json() == first.json() | {"replayed": True}


def test_a_repeat_of_an_upload_that_still_runs_is_told_to_wait(site: Site) -> None:
    made, key, go_on = site.portfolio.system("Slow evidence"), str(uuid4()), threading.Event()
    content = b"slow" * 10_000
    said = f"artefact=model-card&title=Slow&digest={sha256(content).hexdigest()}"
    path = f"/review/v1/reviews/{made['review_id']}/evidence?{said}"

    before = _kept(site)

    def slowly() -> Iterator[bytes]:
        yield content[:1000]
        assert go_on.wait(30)
        yield content[1000:]

    with ThreadPoolExecutor(1) as other:
        headers = site.headers("rita", key, content_type="application/pdf")
        first = other.submit(site.client.post, path, headers=headers, content=slowly())
        wait_for(lambda: _kept(site) > before, "the first bytes of the upload")
        answer = site.send("POST", path, "rita", content, key, content_type="application/pdf")
        assert CASES["in-flight"].holds(answer), answer.text
        go_on.set()
        assert first.result().status_code == 201, first.result().text


def _kept(site: Site) -> int:
    """How many files of evidence there are, whole or begun."""
    return sum(1 for each in (site.place.folder / "evidence").rglob("*") if each.is_file())


def _asked(site: Site) -> list[tuple[str, str, dict]]:
    return [
        ("rita", "/intake/v1/intakes", {**INTAKE, "name": "Repeated"}),
        ("rita", "/intake/v1/discoveries", {**DISCOVERY, "name": "Repeated bot"}),
        ("operator", "/review/v1/appointments", {"person": "piet", "role": "executive", "scope": f"system:{uuid4()}"}),
    ]
