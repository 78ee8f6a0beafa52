"""Who may decide what, and what votes and verdicts amount to."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.policy.authority import Authority, Quorum, Rule
from shared.policy.ballot import Choice, Vote, count_votes
from shared.policy.bundle import Bundle


@pytest.fixture
def authority(bundle: Bundle) -> Authority:
    """The default matrix."""
    return bundle.authority


def votes(text: str) -> list[Vote]:
    """Votes from a word: y is in favour, n against, a abstains."""
    choices: dict[str, Choice] = {"y": "approve", "n": "reject", "a": "abstain"}
    return [Vote(seat=f"s{n}", by=f"p{n}", choice=choices[letter]) for n, letter in enumerate(text)]


def board(extra: int = 0, percent: int = 50, at_least: int = 3) -> Rule:
    """A rule for the board."""
    return Rule(kind="x", body="board", about="x", quorum=Quorum(percent=percent, at_least=at_least), extra_votes=extra)


# --- the matrix -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "tier", "body", "roles"),
    [
        ("programme-mechanics", "low", "person", ("programme_manager",)),
        ("tier-upgrade", "medium", "board", ()),
        ("tier-downgrade", "medium", "board", ()),
        ("equivalent-control", "high", "board", ()),
        ("incomplete-evidence", "high", "board", ()),
        ("evaluation-change", "high", "board", ()),
        ("launch", "low", "disciplines", ()),
        ("launch", "medium", "board", ()),
        ("launch", "high", "board", ()),
        ("launch", "prohibited", "nobody", ()),
        ("risk-acceptance", "medium", "person", ("accountable_leader",)),
        ("risk-acceptance", "high", "person", ("executive",)),
        ("policy-change", "high", "person", ("executive",)),
        ("programme-change", "low", "person", ("head_of_ai_governance",)),
        ("launch-date", "high", "person", ("product",)),
        ("disclosure", "high", "person", ("customer_assurance",)),
        ("vendor", "low", "person", ("manager",)),
    ],
)
def test_each_decision_has_its_authority(
    authority: Authority, kind: str, tier: str, body: str, roles: tuple[str, ...]
) -> None:
    rule = authority.for_decision(kind, tier)
    assert (rule.body, rule.roles) == (body, roles)


def test_what_the_matrix_does_not_name_nobody_decides(authority: Authority) -> None:
    for kind, tier in (("coup", "low"), ("incomplete-evidence", "low")):
        with pytest.raises(LookupError):
            authority.for_decision(kind, tier)


def test_a_downgrade_needs_a_quorum_and_one_more_vote_than_an_upgrade(authority: Authority) -> None:
    up, down = (authority.for_decision(kind, "high") for kind in ("tier-upgrade", "tier-downgrade"))
    assert count_votes(up, votes("yyn"), seats=5).result == "approve"
    assert count_votes(down, votes("yyn"), seats=5).result == "pending"
    assert count_votes(up, votes("yyynn"), seats=5).result == "approve"
    assert count_votes(down, votes("yyynn"), seats=5).result == "reject"
    assert count_votes(down, votes("yyyyn"), seats=5).result == "approve"
    assert count_votes(down, votes("yyn"), seats=5).needed == count_votes(up, votes("yyn"), seats=5).needed + 1
    assert count_votes(up, votes("yy"), seats=4).result == "approve"
    assert count_votes(down, votes("yy"), seats=4).result == "pending"


def test_a_mitigation_is_lifted_only_by_the_discipline_that_set_it(authority: Authority) -> None:
    assert authority.for_decision("mitigation-lift", "high").same_discipline


def test_only_an_executive_on_the_heads_proposal_changes_the_policy(authority: Authority) -> None:
    assert authority.for_decision("policy-change", "low").proposed_by == ("head_of_ai_governance",)


def test_nobody_decides_their_own_request(authority: Authority) -> None:
    relations: dict[str, str | None] = {"requester": "ann", "owner": "bob", "engineering-lead": None}
    assert authority.barred("ann", relations) == "Nobody decides their own request."
    assert authority.barred("bob", relations) is not None
    assert authority.barred("cy", relations) is None


def test_triggers_name_their_authority_and_their_clock(authority: Authority) -> None:
    assert authority.trigger("residual-risk").to == ("executive",)
    assert authority.trigger("launch-before-mitigation").within_business_days == 3
    with pytest.raises(LookupError):
        authority.trigger("boredom")


# --- counting votes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cast", "seats", "result"),
    [
        ("", 5, "pending"),
        ("yy", 5, "pending"),
        ("yyy", 5, "approve"),
        ("yyn", 5, "approve"),
        ("yya", 5, "approve"),
        ("yna", 5, "pending"),
        ("ynn", 5, "reject"),
        ("nnn", 5, "reject"),
        ("yynn", 4, "reject"),
        ("aaa", 3, "reject"),
        ("aaa", 5, "pending"),
        ("ynny", 5, "pending"),
    ],
)
def test_votes_are_counted(cast: str, seats: int, result: str) -> None:
    outcome = count_votes(board(), votes(cast), seats)
    assert outcome.result == result
    assert outcome.reason


def test_a_quorum_is_rounded_up_and_never_below_its_floor() -> None:
    assert Quorum(percent=50, at_least=3).of(7) == 4
    assert Quorum(percent=50, at_least=3).of(2) == 3
    assert Quorum(percent=67, at_least=1).of(3) == 3


def test_where_too_few_may_vote_no_quorum_can_be_made_and_nothing_is_decided() -> None:
    outcome = count_votes(board(), votes("yy"), seats=2)
    assert outcome.result == "pending"
    assert "No quorum can be made" in outcome.reason


def test_the_programme_manager_never_approves_alone(authority: Authority) -> None:
    rule = board(at_least=1, percent=1)
    alone = [Vote(seat="s1", by="p1", choice="approve", roles=("programme_manager",))]
    other = Vote(seat="s2", by="p2", choice="approve", roles=("board_member",))
    assert count_votes(rule, alone, 5, authority.never_alone).result == "pending"
    assert count_votes(rule, [*alone, other], 5, authority.never_alone).result == "approve"


def test_a_seat_and_a_person_vote_once_and_no_more_vote_than_may() -> None:
    one = Vote(seat="s1", by="p1", choice="approve")
    for cast in ([one, Vote(seat="s1", by="p2", choice="approve")], [one, Vote(seat="s2", by="p1", choice="reject")]):
        with pytest.raises(ValueError, match="votes once"):
            count_votes(board(), cast, 5)
    with pytest.raises(ValueError, match="more votes"):
        count_votes(board(), votes("yyyy"), 3)


def test_what_is_not_decided_by_vote_is_not_counted(authority: Authority) -> None:
    with pytest.raises(ValueError, match="not decided by vote"):
        count_votes(authority.for_decision("launch", "low"), [], 3)


ballots = st.lists(st.sampled_from("yna"), max_size=9).map("".join)


@given(ballots, st.integers(0, 9), st.integers(0, 2), st.lists(st.sampled_from("yna"), max_size=9))
def test_what_cannot_be_carried_any_more_is_not_carried_by_any_later_vote(
    cast: str, open_seats: int, extra: int, later: list[str]
) -> None:
    assume(len(later) <= open_seats)
    rule, seats = board(extra), len(cast) + open_seats
    if "no open seat can change that" in count_votes(rule, votes(cast), seats).reason:
        assert count_votes(rule, votes(cast + "".join(later)), seats).result != "approve"


@given(ballots, st.integers(0, 9), st.integers(0, 2))
def test_one_more_vote_against_never_helps_and_one_more_in_favour_never_hurts(
    cast: str, open_seats: int, extra: int
) -> None:
    order = {"reject": 0, "pending": 1, "approve": 2}
    rule, seats = board(extra), len(cast) + open_seats + 1

    def worth(ballot: str) -> int:
        return order[count_votes(rule, votes(ballot), seats).result]

    if len(cast) >= count_votes(rule, votes(cast), seats).quorum:
        assert worth(cast + "n") <= worth(cast)
        assert worth(cast + "y") >= worth(cast)


@given(ballots, st.integers(0, 9))
def test_without_a_quorum_nothing_is_approved_or_rejected(cast: str, open_seats: int) -> None:
    rule, seats = board(), len(cast) + open_seats
    outcome = count_votes(rule, votes(cast), seats)
    if len(cast) < outcome.quorum:
        assert outcome.result == "pending"
