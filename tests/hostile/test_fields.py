"""Row 4: a caller sets what the caller may set, and nothing else (ASVS 15.3.3)."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.hostile.bodies import EVIDENCE
from tests.hostile.routes import Attack, json_routes
from tests.hostile.site import Site

OWNED = ("status", "approved_by", "tenant", "id", "position", "recorded_at", "authid")
FREE = frozenset({"answers"})
"""Objects whose keys are the form's, not the model's: an unknown one is `invalid-answer`."""


def below(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where objects lie inside of a body."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        if isinstance(value, dict) and key not in FREE:
            yield (*path, key)
        yield from below(value, (*path, key))


def with_field(body: dict[str, Any], path: tuple[Any, ...], name: str) -> dict[str, Any]:
    """The body with one more field in the object at that path."""
    changed = copy.deepcopy(body)
    at: Any = changed
    for step in path:
        at = at[step]
    at[name] = "approved"
    return changed


@pytest.mark.parametrize("name", OWNED)
def test_a_field_that_is_not_the_callers_is_refused(site: Site, name: str) -> None:
    attack = Attack(site, "field")
    for route in json_routes(site):
        answer = attack.on(route, with_field(route.body, (), name))
        assert f"#/{name}" in [error["pointer"] for error in answer.json().get("errors", ())], answer.text
    attack.succeeded(25)


def test_a_field_that_is_not_the_callers_is_refused_inside_of_another(site: Site) -> None:
    condition = {"text": "retrain", "owner": "omar", "due_on": "2099-01-01"}
    more = {"sign-offs": {"conditions": [condition]}, "decision": {"conditions": [condition]}}
    attack = Attack(site, "field")
    for route in json_routes(site):
        body = route.body | more.get(route.path.rsplit("/", 1)[-1], {})
        if route.path == "/intake/v1/intakes":
            body["owner"] = {"email": "omar@example.org"}
        for path in below(body):
            attack.on(route, with_field(body, path, "approved_by"))
    attack.succeeded(5)


def test_what_is_said_of_an_upload_has_no_other_field(site: Site) -> None:
    said = {name: EVIDENCE[name] for name in ("artefact", "title", "digest")} | {"status": "approved"}
    path = f"/review/v1/reviews/{site.ids['review_id']}/evidence"
    query = "&".join(f"{name}={value}" for name, value in said.items())
    attack = Attack(site, "page")
    attack.judge(path, site.send("POST", f"{path}?{query}", "rita", b"x", content_type="application/pdf"))
    attack.succeeded(1)
