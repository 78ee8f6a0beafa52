"""What is secret lies where it is kept, sealed or not, and nowhere else: not in logs, answers, facts, topics or files.

The server logs at level debug. Good and bad requests carry the secrets; then every file of the run is searched, in
plain text, Base64 and hexadecimal. What is public is searched for in the same way and must be found, place by place.
"""

import base64
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from shared.transparency.keys import read_key_file
from tests.hostile.bodies import INTAKE
from tests.hostile.forged import Forger
from tests.hostile.site import Site, running
from tests.hostile.test_webhooks import deliver, signature
from tests.journey.places import GATEHOUSE, gatehouse
from tests.journey.walker import wait_for
from tests.services.intake.webhooks import JIRA_MAPPING, issue, person

KEYS = "keys/"
DIRECTORY = "intake/events.db"
"""Names, addresses and raw deliveries lie beside intake's facts, outside of the log. The facts themselves lie in
topics, tiles and exports too, and there none of it may be."""
PASSWORD = f"password-{uuid4().hex}"


@dataclass
class Planted:
    """One run after everything secret went through it. `kept` says in which files a secret may lie as it is."""

    site: Site
    export: Path
    answers: list[str] = field(default_factory=list)
    secrets: dict[str, bytes] = field(default_factory=dict)
    kept: dict[str, Sequence[str]] = field(default_factory=dict)
    public: dict[str, str] = field(default_factory=dict)

    def secret(self, name: str, value: str | bytes, *kept: str) -> None:
        """Note a secret, and the beginnings of the paths where it may lie."""
        self.secrets[name] = value.encode() if isinstance(value, str) else value
        self.kept[name] = kept

    def sent(self, method: str, path: str, who: str, body: Any = None, **headers: str) -> httpx2.Response:
        """A request whose answer is searched too."""
        return self.heard(self.site.send(method, path, who, body, **headers))

    def heard(self, answer: httpx2.Response) -> httpx2.Response:
        self.answers.append(f"{answer.headers} {answer.text}")
        return answer

    def places(self) -> Iterator[tuple[str, bytes]]:
        """Everything that the run wrote or answered, by place."""
        yield "answers", "\n".join(self.answers).encode()
        yield "server log", self.site.place.log.encode()
        for folder, name in ((self.site.place.folder, ""), (self.export, "export/")):
            for path in sorted(each for each in folder.rglob("*") if each.is_file()):
                yield f"{name}{path.relative_to(folder)}", path.read_bytes()


def spellings(value: bytes) -> list[bytes]:
    """A secret as it is, in hexadecimal, and in Base64 however it is aligned in what surrounds it."""
    coded = [base64.b64encode(b"\0" * shift + value)[4 if shift else 0 : -4] for shift in range(3)]
    return [value, value.hex().encode(), *coded, *(one.translate(bytes.maketrans(b"+/", b"-_")) for one in coded)]


def found(value: bytes, places: Mapping[str, bytes]) -> set[str]:
    """The places that hold a value in any spelling."""
    looks = spellings(value)
    return {place for place, content in places.items() if any(look in content for look in looks)}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    with running() as site:
        made = Planted(site, tmp_path_factory.mktemp("secrets") / "export")
        for plant in (_keys, _tokens, _service_key, _link, _endpoint, _evidence, _private, _public):
            plant(made)
        gatehouse("export", "--out", str(made.export), "--url", site.url, "--token", site.token("operator"))
        yield made


def test_what_is_secret_is_nowhere_but_where_it_is_kept(planted: Planted) -> None:
    places = dict(planted.places())
    astray = {
        (name, place)
        for name, value in planted.secrets.items()
        for place in found(value, places)
        if not place.startswith(tuple(planted.kept[name]) or "/")
    }
    assert astray == set(), "\n".join(f"{name}: {place}" for name, place in sorted(astray))
    assert len(planted.secrets) >= 15


def test_what_is_kept_as_it_is_is_found_where_it_is_kept(planted: Planted) -> None:
    """The control of the search: it does find these very secrets, in the places that hold them."""
    places = dict(planted.places())
    for name, kept in planted.kept.items():
        for start in kept:
            assert any(place.startswith(start) for place in found(planted.secrets[name], places)), (name, start)


@pytest.mark.parametrize(
    "start", ["answers", "server log", "intake/events.db", "log.db", "tiles/", "export/", "temporal"]
)
def test_what_is_told_on_purpose_is_found_in_every_place(planted: Planted, start: str) -> None:
    """The control of the places: each of them is read, and holds what was planted there."""
    places = {place: content for place, content in planted.places() if place.startswith(start)}
    assert found(planted.public[start].encode(), places)


def test_a_database_that_cannot_be_reached_is_complained_of_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql+asyncpg://gatehouse:{PASSWORD}@127.0.0.1:1/intake"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEHOUSE_")}
    settings = {"GATEHOUSE_INTAKE_EVENTS_URL": url, "GATEHOUSE_LOG_LEVEL": "debug"}
    done = subprocess.run(
        [GATEHOUSE, "up", "--data", tmp_path, "--port", "0"],
        env={**kept, **settings, "GATEHOUSE_WITNESS_FOLDER": str(tmp_path / "witness")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "127.0.0.1" in done.stderr or "refused" in done.stderr, done.stderr[-2000:]
    assert PASSWORD not in done.stdout + done.stderr


def _keys(made: Planted) -> None:
    folder = made.site.place.folder / "keys"
    for name in ("master", "codec"):
        text = (folder / f"{name}.key").read_text().split()[1]
        made.secret(f"{name} key", base64.b64decode(text), f"{KEYS}{name}.key")
    made.secret("issuer key", json.loads((folder / "issuer.jwk").read_text())["d"], f"{KEYS}issuer.jwk")
    for path in sorted((folder / "signing").iterdir()):
        made.secret(f"signing key {path.name}", read_key_file(path).seed, f"{KEYS}signing/{path.name}")


def _tokens(made: Planted) -> None:
    site, forger = made.site, Forger(made.site.settings, "operator")
    for who in ("operator", "rita", "tess"):
        made.sent("GET", "/intake/v1/systems", who)
        made.secret(f"token of {who}", site.token(who))
    for name, token in {"expired": forger.signed(exp=1), "unsigned": forger.unsigned("none"), "odd": "x" * 40}.items():
        made.secret(f"{name} token", token)
        for path in (
            "/intake/v1/systems",
            f"/reporting/v1/kpis?access_token={token}",
            f"/review/v1/reviews?token={token}",
        ):
            made.heard(
                site.client.get(
                    path, headers={"Authorization": f"Bearer {token}", "Cookie": f"gatehouse_session={token}"}
                )
            )
    password = f"basic-{uuid4().hex}"
    made.secret("basic password", password)
    made.heard(site.client.get("/intake/v1/systems", headers={"Authorization": f"Basic {password}"}))


def _service_key(made: Planted) -> None:
    body = {"name": "Pipeline", "grants": ["requester"]}
    key = made.site.done("POST", "/intake/v1/keys", "operator", body)["key"]
    made.secret("service key", key.split("_", 2)[2])
    for presented in (key, f"{key}A", key[:-1]):
        made.heard(made.site.client.get("/intake/v1/systems", headers={"Authorization": f"Bearer {presented}"}))


def _link(made: Planted) -> None:
    """The link that `up` printed: first where it opens nothing, then where it does."""
    line = made.site.place.link
    secret = line.rsplit("/", 1)[1]
    made.secret("sign-in link", secret)
    client = made.site.client
    made.heard(client.request("HEAD", f"/entry/{secret}"))
    made.heard(client.get(f"/entry/{secret}", headers={"Host": "stranger.example"}))
    made.heard(client.get(f"/entry/{secret}/"))
    made.heard(client.get(f"/entry/{secret[:-1]}"))
    answer = client.get(f"/entry/{secret}")
    assert answer.status_code == 303
    made.secret("session", answer.cookies["gatehouse_session"])
    client.cookies.clear()
    made.heard(client.get(f"/entry/{secret}"))


def _endpoint(made: Planted) -> None:
    secret, rotated = f"hook-{uuid4().hex}", f"next-{uuid4().hex}"
    body = {"source": "jira", "name": "Secret", "mapping": JIRA_MAPPING, "owner": "piet", "secret": secret}
    path = made.site.done("POST", "/intake/v1/endpoints", "operator", body)["path"]
    made.sent("POST", "/intake/v1/endpoints", "operator", {**body, "scheme": "none"})
    made.site.done("POST", f"/intake/v1/endpoints/{path.rsplit('/', 1)[1]}/rotate", "operator", {"secret": rotated})
    made.secret("endpoint secret", secret)
    made.secret("next endpoint secret", rotated)
    mark = uuid4().hex
    told = issue(assignee={**person("omar"), "emailAddress": f"{mark}@people.example", "displayName": f"Name {mark}"})
    raw = json.dumps(told).encode()
    made.secret("person in a delivery", mark, DIRECTORY)
    signed = signature("jira", raw, secret)
    made.secret("signature of a delivery", next(iter(signed.values())).removeprefix("sha256="))
    for content, headers in ((raw, {}), (raw + b" ", signed), (raw, signed), (raw, signed), (b"{" + raw, signed)):
        made.heard(deliver(made.site, path, content, headers))
    broken = json.dumps({"webhookEvent": 7, "people": mark}).encode()
    made.heard(deliver(made.site, path, broken, signature("jira", broken, rotated)))


def _evidence(made: Planted) -> None:
    content = f"evidence {uuid4().hex}".encode()
    made.secret("evidence content", content, "evidence/")
    review = made.site.portfolio.system("Secret evidence")["review_id"]
    path = f"/review/v1/reviews/{review}/evidence?artefact=model-card&title=Card&digest="
    made.sent("POST", f"{path}{'0' * 64}", "rita", content)
    made.sent("POST", f"{path}{sha256(content).hexdigest()}", "rita", content, content_type="text/plain")
    made.sent("POST", f"{path}{sha256(content).hexdigest()}", "ray", content)


def _private(made: Planted) -> None:
    """A recusal's reason is sealed under the key of whoever steps back; an address lies in the directory alone."""
    reason = f"because of {uuid4().hex}"
    made.secret("reason of a recusal", reason)
    path = f"/review/v1/reviews/{made.site.ids['review_id']}/recusals"
    made.sent("POST", path, "rev-privacy", {"capacity": "privacy", "reason": reason})
    made.sent("POST", path, "rev-privacy", {"capacity": "privacy", "reason": reason, "status": "x"})
    made.secret("address", "rev-privacy@example.org", "people.yaml", DIRECTORY)


def _public(made: Planted) -> None:
    mark = f"public {uuid4().hex}"
    told = made.site.done("POST", "/intake/v1/intakes", "rita", {**INTAKE, "name": mark})
    made.sent("POST", "/intake/v1/intakes", "rita", f'{{"{mark}": 1, "{mark}": 2}}'.encode())
    made.sent("GET", f"/intake/v1/{mark.split()[1]}", "rita")
    proof = f"/intake/v1/log/proof/{told['id']}"
    wait_for(lambda: made.site.send("GET", proof, "audit").status_code == 200, "a head that covers the intake")
    made.public = dict.fromkeys(("answers", "intake/events.db", "log.db", "tiles/", "export/"), mark)
    made.public |= {"server log": mark.split()[1], "temporal": made.site.ids["review_id"]}
