"""Discoveries and training records."""

import pytest

from services.intake.domain.discoveries import Discover, Settle, decide_discovery, fold_discovery
from services.intake.domain.training import ReportCompletion, decide_training
from shared.events.intake import DiscoverySettled, SystemDiscovered
from shared.refusals import Refused
from tests.domain.intake.story import MONDAY, days

FOUND = Discover(discovery_id="d1", name="Shadow bot", found_by="scanner", found_in="account 12")
DONE = ReportCompletion(
    now=days(1),
    training_id="t1",
    person="rita",
    course="rai-101",
    course_version="2",
    completed_at=MONDAY,
    source="lms",
)


def test_a_discovery_is_open_until_it_is_settled_and_told_twice_it_is_one() -> None:
    (found,) = decide_discovery(fold_discovery([]), FOUND)
    assert isinstance(found, SystemDiscovered)
    assert decide_discovery(fold_discovery([found]), FOUND) == []
    (settled,) = decide_discovery(fold_discovery([found]), Settle(system_id="s1", reason="registered"))
    assert settled == DiscoverySettled(discovery_id="d1", system_id="s1", reason="registered")
    assert decide_discovery(fold_discovery([found, settled]), Settle(system_id="s1", reason="again")) == []
    with pytest.raises(Refused, match="wrong-state"):
        decide_discovery(fold_discovery([found, settled]), Settle(system_id=None, reason="no system"))


def test_what_nobody_found_can_not_be_settled() -> None:
    with pytest.raises(Refused, match="not-found"):
        decide_discovery(fold_discovery([]), Settle(system_id="s1", reason="registered"))


def test_a_completion_counts_once_and_never_in_advance() -> None:
    (completed,) = decide_training([], DONE)
    assert (completed.person, completed.completed_at) == ("rita", MONDAY)
    assert decide_training([completed], DONE) == []
    with pytest.raises(Refused, match="invalid-time"):
        decide_training([], ReportCompletion(**{**_fields(DONE), "completed_at": days(2)}))


def _fields(command: ReportCompletion) -> dict[str, object]:
    return {name: getattr(command, name) for name in command.__slots__}
