"""Rows 9 and 15: who edits, or rules, says what was read; what changed since is not overwritten and not decided."""

import pytest

from tests.hostile.bodies import BODIES, EVIDENCE
from tests.hostile.cases import CASES
from tests.hostile.routes import Attack, routes
from tests.hostile.site import Site


def test_an_edit_without_the_version_that_was_read_is_refused(site: Site) -> None:
    attack = Attack(site, "no-tag", "rita")
    for route in (each for each in routes(site) if "if-match" in each.names("header")):
        for tag in ({}, {"If-Match": "*"}):
            headers = site.headers("rita") | tag
            attack.judge(
                route.name, site.client.request(route.method, route.at(site.ids), headers=headers, json=route.body)
            )
    attack.succeeded(2)


@pytest.mark.parametrize("tag", ['"0"', '"999999"', '"other"', 'W/"1"', "1"])
def test_an_edit_of_what_has_changed_since_is_refused(site: Site, tag: str) -> None:
    attack = Attack(site, "stale-tag", "rita")
    for route in (each for each in routes(site) if "if-match" in each.names("header")):
        path = route.at(site.ids)
        before = site.done("GET", path, "rita")
        attack.judge(route.name, site.send(route.method, path, "rita", route.body, if_match=tag))
        assert site.done("GET", path, "rita") == before
    attack.succeeded(1)


@pytest.mark.parametrize("wrong", ["evidence_digest", "policy_digest"])
def test_a_ruling_on_what_was_read_before_is_refused(site: Site, wrong: str) -> None:
    attack = Attack(site, "stale")
    in_review = f"/review/v1/reviews/{site.ids['review_id']}"
    before_the_board = f"/review/v1/reviews/{site.portfolio.signed_off(f'Read before {wrong}')}"
    for path, ruling, who in (
        (in_review, "sign-offs", "rev-security"),
        (before_the_board, "votes", "member1"),
        (before_the_board, "decision", "chair"),
    ):
        read = site.done("GET", path, "operator")
        body = {**BODIES["POST", f"/review/v1/reviews/{{review_id}}/{ruling}"], **_named(read), wrong: "d" * 64}
        attack.judge(ruling, site.send("POST", f"{path}/{ruling}", who, body))
        assert site.done("GET", path, "operator") == read
    attack.succeeded(3)


@pytest.mark.parametrize("wrong", ["proposal_digest", "policy_digest"])
def test_a_ruling_on_another_proposal_than_the_one_that_was_read_is_refused(site: Site, wrong: str) -> None:
    attack = Attack(site, "stale")
    path = f"/review/v1/overrides/{site.ids['override_id']}"
    read = site.done("GET", path, "operator")
    named = {name: read[name] for name in ("proposal_digest", "policy_digest")}
    for ruling, who in (("votes", "member1"), ("decision", "chair")):
        body = {**BODIES["POST", f"/review/v1/overrides/{{override_id}}/{ruling}"], **named, wrong: "d" * 64}
        attack.judge(ruling, site.send("POST", f"{path}/{ruling}", who, body))
        assert site.done("GET", path, "operator") == read
    attack.succeeded(2)


def test_new_evidence_makes_a_ruling_stale_that_was_not(site: Site) -> None:
    made = site.portfolio.system("Moving evidence")
    path = f"/review/v1/reviews/{made['review_id']}"
    site.done("POST", f"{path}/evidence/links", "rita", EVIDENCE)
    site.done("POST", f"{path}/submission", "rita")
    read = site.done("GET", path, "operator")
    site.done("POST", f"{path}/evidence/links", "rita", {**EVIDENCE, "artefact": "test-report", "digest": "e" * 64})
    body = {**BODIES["POST", "/review/v1/reviews/{review_id}/sign-offs"], **_named(read)}
    assert CASES["stale"].holds(answer := site.send("POST", f"{path}/sign-offs", "rev-security", body)), answer.text
    body |= _named(site.done("GET", path, "operator"))
    assert site.send("POST", f"{path}/sign-offs", "rev-security", body).status_code == 201


def _named(read: dict[str, str]) -> dict[str, str]:
    return {name: read[name] for name in ("evidence_digest", "policy_digest")}
