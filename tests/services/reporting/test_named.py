"""Whom the audit trail finds a fact by: people, and no group of those who review."""

import pytest

from services.reporting.consumer.named import people_in
from tests.domain.reporting.facts import clock_started


@pytest.mark.parametrize("group", ["submitter", "reviewers", "board", "reviewer:privacy", "role:triager"])
def test_a_group_that_holds_a_clock_is_no_person(group: str) -> None:
    assert people_in(clock_started("r", "2026-01-01", "2026-01-02", holder=group)) == set()


def test_a_person_who_holds_a_clock_is_named() -> None:
    assert people_in(clock_started("r", "2026-01-01", "2026-01-02", holder="p-1")) == {"p-1"}
