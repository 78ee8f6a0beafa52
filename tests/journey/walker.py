"""Somebody who walks through Gatehouse over HTTP, as any of the people, and waits for what takes a moment."""

import time
from collections.abc import Callable
from typing import Any, Self
from uuid import uuid4

import httpx2

from tests.journey.people import OFFICES
from tests.journey.places import Place

PATIENCE = 30.0
MEDIUM = {
    "phase": "development",
    "technique": ["generative"],
    "everyday_use": "own-purpose",
    "output": ["content"],
    "prohibited_practices": ["none"],
    "sector": "commerce",
    "exposure": "internal",
    "vulnerable_groups": ["none"],
    "autonomy": "assists",
    "personal_data": "yes",
    "impact_rights": "none",
    "impact_safety": "none",
    "impact_money": "none",
    "reversibility": "easily",
    "consequential_decisions": ["none"],
    "annex_iii_area": ["none"],
    "regulated_product": "no",
    "special_categories": ["none"],
}


class Walker:
    """One HTTP client; every request says who makes it."""

    def __init__(self, place: Place, *, patience: float = 30) -> None:
        self.place = place
        self._client = httpx2.Client(timeout=patience)
        self._tokens: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def request(self, method: str, path: str, who: str, body: Any = None, key: str | None = None) -> httpx2.Response:
        """One request; `path` begins with the service's name."""
        token = self._tokens.get(who) or self._tokens.setdefault(who, self.place.token(who))
        headers = {"Authorization": f"Bearer {token}"}
        if method != "GET":
            headers["Idempotency-Key"] = key or str(uuid4())
        url = self.place.url(path.split("/")[1]) + path
        return self._client.request(method, url, headers=headers, json=body)

    def get(self, path: str, who: str) -> Any:
        """The answer to a request that must succeed."""
        answer = self.request("GET", path, who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, who: str, body: Any = None, key: str | None = None) -> Any:
        """The answer to a command that must succeed."""
        answer = self.request("POST", path, who, body, key)
        assert answer.status_code in {200, 201, 202}, answer.text
        return answer.json()

    def staff(self) -> None:
        """Give everybody their office, as the administrator."""
        for person, role in OFFICES.items():
            self.post("/review/v1/appointments", "operator", {"person": self.person(person), "role": role})

    def person(self, name: str) -> dict[str, str] | str:
        """How a person is named in a request: by the subject that they sign in with."""
        return name

    def review_of(self, system_id: str) -> str:
        """The review of a system, as soon as it is listed."""
        path = f"/review/v1/reviews?system_id={system_id}"
        listed = wait_for(lambda: self.get(path, "operator")["items"], f"a review of {system_id}")
        return str(listed[0]["review_id"])

    def digests(self, review_id: str) -> dict[str, str]:
        """What a ruling must name: the evidence and the policy that were read."""
        page = self.get(f"/review/v1/reviews/{review_id}", "operator")
        return {name: page[name] for name in ("evidence_digest", "policy_digest")}


def wait_for(look: Callable[[], Any], what: str) -> Any:
    """What `look` finds as soon as it finds something; fails after half a minute."""
    until = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < until, f"{what} did not come within {PATIENCE:g} s"
        time.sleep(0.05)
    return found
