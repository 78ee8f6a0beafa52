"""An override of a tier before the board: what is known of it, the states it goes through, and the fold."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from services.review.domain.authority import scopes_of
from services.review.domain.matter import Matter, rulers
from shared.events.fact import PersonId
from shared.events.review import (
    OverrideAttemptRefused,
    OverrideDecided,
    OverrideFact,
    OverrideLapsed,
    OverridePeopleJoined,
    OverrideRecusalDeclared,
    OverrideTabled,
    OverrideVoteCast,
)
from shared.policy.identities import Identities
from shared.refusals import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Override(Matter):
    """Everything recorded of an override. Votes are kept by the person whose vote it is, delegated or not."""

    tabled: OverrideTabled
    votes: Mapping[PersonId, OverrideVoteCast] = field(default_factory=dict)
    joined: frozenset[PersonId] = frozenset()

    @property
    def requesting(self) -> frozenset[PersonId]:
        """See `Matter`: the system's own people, then and since, and whoever proposed it, by whichever hand."""
        proposers = {self.tabled.proposed_by} | ({self.tabled.hand} if self.tabled.hand is not None else set())
        return self.joined | {*self.tabled.people, *proposers}

    @property
    def scopes(self) -> tuple[str, ...]:
        """See `Matter`."""
        return scopes_of(self.tabled.system_id, self.tabled.business_unit, self.tabled.product_area)

    def counted(self) -> list[OverrideVoteCast]:
        """The votes that count: by members who neither stepped back nor turned out to be on the request's side."""
        return [one for one in self.votes.values() if not rulers(one) & self.stood_aside]


@dataclass(frozen=True, slots=True)
class Untabled:
    """No override yet."""


@dataclass(frozen=True, slots=True)
class BeforeBoard:
    """The board votes."""

    override: Override


@dataclass(frozen=True, slots=True)
class Lapsed:
    """What it rested on changed before the board had decided."""

    override: Override
    lapsed: OverrideLapsed


@dataclass(frozen=True, slots=True)
class Ruled:
    """The board decided."""

    override: Override
    decision: OverrideDecided


State = Untabled | BeforeBoard | Lapsed | Ruled


def evolve(state: State, fact: OverrideFact) -> State:
    """The state after one more fact. It refuses nothing, for what is recorded has happened."""
    if isinstance(fact, OverrideTabled):
        return BeforeBoard(Override(tabled=fact))
    override = known(state)
    match fact:
        case OverrideVoteCast():
            return BeforeBoard(_voted(override, fact))
        case OverrideRecusalDeclared():
            return BeforeBoard(replace(override, recused=override.recused | {fact.by}))
        case OverridePeopleJoined():
            return BeforeBoard(replace(override, joined=override.joined.union(fact.joined)))
        case OverrideLapsed():
            return Lapsed(override, fact)
        case OverrideDecided():
            return Ruled(override, fact)
        case OverrideAttemptRefused():
            return state
        case _:
            assert_never(fact)


def known(state: State) -> Override:
    """The override; raises `Refused("not-found")` for one that never came before the board."""
    if isinstance(state, Untabled):
        raise Refused("not-found", "there is no such override")
    return state.override


def before_board(state: State) -> Override:
    """The override on which the board votes. Raises `Refused`: `already-decided`, `not-found`, and `stale-decision`
    where what it rested on has changed."""
    override = known(state)
    if isinstance(state, Ruled):
        raise Refused("already-decided", f"this override was decided: {state.decision.outcome}")
    if isinstance(state, Lapsed):
        raise Refused("stale-decision", f"this override lapsed: {state.lapsed.reason}")
    return override


def acquainted(state: State, identities: Identities) -> State:
    """The override as it stands for who knows which ids are one person's."""
    if isinstance(state, Untabled):
        return state
    return replace(state, override=replace(state.override, identities=identities))


def _voted(override: Override, fact: OverrideVoteCast) -> Override:
    whose = fact.on_behalf_of or fact.by
    places = {**dict.fromkeys(rulers(fact), f"vote:{whose}"), **override.places}
    return replace(override, votes={**override.votes, whose: fact}, places=places)
