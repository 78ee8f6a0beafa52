"""What the votes of the board on a matter amount to, and who could have voted."""

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from services.review.domain import duties
from services.review.domain.circumstances import Circumstances
from services.review.domain.matter import Matter, Ruling, rulers
from shared.events.fact import PersonId
from shared.policy import ballot
from shared.policy.authority import Rule


class Ballot(Ruling, Protocol):
    """A vote that counts: on what lies before the board, by a member who has not stood aside."""

    @property
    def choice(self) -> str: ...
    @property
    def appointment_id(self) -> str: ...


def tally(matter: Matter, rule: Rule, votes: Sequence[Ballot], at: Circumstances) -> ballot.Outcome:
    """What the votes amount to so far."""
    lonely, never_alone = duties.never_alone(matter, at), at.rules.matrix.never_alone

    def offices(vote: Ballot) -> tuple[str, ...]:
        # A vote of somebody whose office never approves alone is counted by that office, whatever else they hold, and
        # whoever cast it for them.
        involved = matter.identities.everybody(rulers(vote))
        held = tuple(sorted({role for one in involved for role in at.authority.roles_of(one, at.now, matter.scopes)}))
        return tuple(role for role in held if role in never_alone) if involved & lonely else held

    cast_votes = [
        ballot.Vote(seat=one.appointment_id, by=one.by, choice=cast(ballot.Choice, one.choice), roles=offices(one))
        for one in votes
    ]
    return ballot.count_votes(rule, cast_votes, len(seats(matter, votes, at)), never_alone)


def seats(matter: Matter, votes: Sequence[Ballot], at: Circumstances) -> Mapping[PersonId, str]:
    """The seats that may vote, by person: those in office now, and those whose vote counted when it was cast.

    A person of several ids has one seat, by the id under which they voted, else by the one appointed first.
    """
    voted = {one.on_behalf_of or one.by: one.appointment_id for one in votes}
    seated = dict[PersonId, str]()
    for one in at.authority.seats(at.rules.matrix.board, at.now, matter.scopes, matter.stood_aside):
        others = matter.identities.of(one.person) - {one.person}
        if not others & (seated.keys() | voted.keys()):
            seated[one.person] = one.id
    return seated | voted


def dissent(votes: Sequence[Ballot], *, passed: bool) -> tuple[PersonId, ...]:
    """Whose votes were for the other outcome than the one that was reached."""
    other = "reject" if passed else "approve"
    return tuple(one.on_behalf_of or one.by for one in votes if one.choice == other)
