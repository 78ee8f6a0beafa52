"""A running `gatehouse up` with a portfolio in every state that the attacks need, and whoever attacks it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx2

from shared.runtime.minting import local_token
from shared.runtime.settings import Settings
from tests.engines import engine_folder
from tests.hostile.bodies import BODIES, DISCOVERY, EVIDENCE, MAPPING, OFFICES, SECRET
from tests.hostile.people import GRANTS
from tests.journey.people import BOARD, people_file
from tests.journey.places import Embedded
from tests.journey.walker import MEDIUM, wait_for

Body = Mapping[str, Any] | bytes | None


class Watched(Embedded):
    """An embedded run that logs everything and is not slowed by its own limit on requests."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        people = self.folder / "people.yaml"
        people.write_text(people_file(GRANTS))

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "GATEHOUSE_LOG_LEVEL": "debug", "GATEHOUSE_REQUESTS_PER_MINUTE": "1000000"}

    def start(self) -> None:
        super().start()
        assert self._process is not None
        assert self._process.stdout is not None
        self.link = self._process.stdout.readline().strip()

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return (self.folder.parent / "up.log").read_text()


class Site:
    """The running server, its people and its portfolio."""

    def __init__(self, place: Watched) -> None:
        self.place = place
        self.url = place.url("")
        self.client = httpx2.Client(base_url=self.url, timeout=30)
        self._tokens: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def token(self, who: str) -> str:
        return self._tokens.get(who) or self._tokens.setdefault(who, local_token(self.settings, who))

    @property
    def settings(self) -> Settings:
        return Settings(data=self.place.folder)

    def headers(self, who: str, key: str | None = None, **more: str) -> dict[str, str]:
        """Who asks, a key (a new one unless it is named), and further headers."""
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.token(who)}", "Idempotency-Key": key or str(uuid4()), **named}

    def send(
        self, method: str, path: str, who: str, body: Body = None, key: str | None = None, **headers: str
    ) -> httpx2.Response:
        """One request; bytes go as they are, as `application/json` unless the headers say otherwise."""
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        told = {} if content is None else {"content-type": "application/json"}
        return self.client.request(method, path, headers=told | self.headers(who, key, **headers), content=content)

    def done(self, method: str, path: str, who: str, body: Body = None, **headers: str) -> Any:
        """The answer to a request that must succeed."""
        answer = self.send(method, path, who, body, **headers)
        assert answer.is_success, answer.text
        return answer.json()

    @cached_property
    def openapi(self) -> dict[str, Any]:
        """The document that the server gives of itself."""
        found: dict[str, Any] = self.client.get("/openapi.json").raise_for_status().json()
        return found

    @cached_property
    def portfolio(self) -> "Portfolio":
        """What there is to attack, made when the first attack asks."""
        return Portfolio(self)

    @property
    def ids(self) -> dict[str, str]:
        """What leads to the portfolio, by the names of path parameters."""
        return self.portfolio.ids


class Portfolio:
    """One of everything that a path can name, all of it outside of Retail."""

    def __init__(self, site: Site) -> None:
        self._site = site
        appointed = [self._made("/review/v1/appointments", "operator", one) for one in OFFICES]
        lent = {"appointment_id": appointed[-1], "receiver": "member1", "valid_until": "2099-01-01T00:00:00Z"}
        made = self.system("Claims reader")
        review = f"/review/v1/reviews/{made['review_id']}"
        evidence = site.done("POST", f"{review}/evidence/links", "rita", EVIDENCE)
        site.done("POST", f"{review}/submission", "rita")
        endpoint = {"source": "jira", "name": "Hostile", "mapping": MAPPING, "owner": "piet", "secret": SECRET}
        self.ids = {
            **made,
            "artefact_id": evidence["artefact_id"],
            "condition_id": str(uuid4()),
            "override_id": self._override(made["system_id"]),
            "appointment_id": appointed[0],
            "delegation_id": self._made("/review/v1/delegations", "helena", lent),
            "discovery_id": self._made("/intake/v1/discoveries", "rita", DISCOVERY),
            "endpoint_id": self._made("/intake/v1/endpoints", "operator", endpoint),
            "delivery_id": str(uuid4()),
            "key_id": "0" * 16,
            "source": "jira",
            "event_id": made["intake_id"],
            "kpi": "coverage",
            "code": "not-found",
            "path": "0/000.p/1",
            "person": str(uuid4()),
        }

    def system(self, name: str) -> dict[str, str]:
        """A registered system whose tier is confirmed, and its review."""
        body = {"name": name, "owner": "omar", "answers": MEDIUM, "business_unit": "Claims"}
        made = self._site.done("POST", "/intake/v1/intakes", "rita", body)
        path = f"/intake/v1/intakes/{made['intake_id']}/confirm"
        self._site.done("POST", path, "tess", {"reason": "as proposed"})
        path = f"/review/v1/reviews?system_id={made['system_id']}"
        found = wait_for(lambda: self._site.done("GET", path, "operator")["items"], "a review")
        return {name: made[name] for name in ("system_id", "intake_id")} | {"review_id": str(found[0]["review_id"])}

    def _override(self, system_id: str) -> str:
        """A proposal to override the system's tier, before the board."""
        path = "/intake/v1/systems/{system_id}/overrides"
        made = self._site.done("POST", path.replace("{system_id}", system_id), "rita", BODIES["POST", path])
        path = f"/review/v1/overrides?system_id={system_id}"
        wait_for(lambda: self._site.done("GET", path, "operator")["items"], "an override")
        return str(made["override_id"])

    def signed_off(self, name: str) -> str:
        """A review that every discipline approved: the board may vote."""
        review_id = self.system(name)["review_id"]
        path = f"/review/v1/reviews/{review_id}"
        self._site.done("POST", f"{path}/evidence/links", "rita", EVIDENCE)
        self._site.done("POST", f"{path}/submission", "rita")
        read = self._site.done("GET", path, "operator")
        named = {name: read[name] for name in ("evidence_digest", "policy_digest")}
        for discipline in read["disciplines"]:
            body = {"discipline": discipline, "verdict": "approve", "reason": "read", **named}
            self._site.done("POST", f"{path}/sign-offs", f"rev-{discipline}", body)
        return review_id

    def approved(self, name: str) -> dict[str, str]:
        """A review that the board approved under one condition."""
        review_id = self.signed_off(name)
        path = f"/review/v1/reviews/{review_id}"
        read = self._site.done("GET", path, "operator")
        named = {name: read[name] for name in ("evidence_digest", "policy_digest")}
        for member in BOARD[:3]:
            self._site.done("POST", f"{path}/votes", member, {"choice": "approve", "rationale": "weighed", **named})
        condition = {"text": "retrain", "owner": "omar", "due_on": "2099-01-01"}
        closing = {"rationale": "carried", "options": ["approve"], "conditions": [condition], **named}
        self._site.done("POST", f"{path}/decision", "chair", closing)
        (made,) = self._site.done("GET", path, "operator")["conditions"]
        return {"review_id": review_id, "condition_id": made["condition_id"]}

    def _made(self, path: str, who: str, body: Body) -> str:
        return str(self._site.done("POST", path, who, body)["id"])


@contextmanager
def running() -> Iterator[Site]:
    """A server in a folder of its own, ended and removed afterwards."""
    with engine_folder("hostile") as folder:
        place = Watched(folder)
        place.start()
        try:
            with Site(place) as site:
                yield site
        finally:
            place.end()
