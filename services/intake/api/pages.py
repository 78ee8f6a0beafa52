"""One intake, or one system, as a page: read from its stream, so that what was just written is there."""

import msgspec

from services.intake.api.shapes import LifeOut, ProposalOut, SystemPage
from services.intake.domain.state import Active, Confirmed, Merged, Retired, State, round_of
from services.intake.handlers.checking import Checking
from services.intake.handlers.systems import Seen
from services.intake.handlers.telling import registered, summary
from services.intake.queries.lists import shown
from shared.events.envelope import stamp
from shared.events.intake import OverrideProposed
from shared.runtime.people import People


class Pages:
    """Pages of systems, with people's names resolved as they are read."""

    def __init__(self, checking: Checking, people: People) -> None:
        self._checking, self._people = checking, people

    async def of(self, seen: Seen) -> SystemPage:
        """Everything that is known of a system."""
        system = registered(seen.state)
        profile, submission = system.profile, round_of(system).submission
        cards = await self._people.cards([profile.owner, profile.requester])
        return {
            **summary(seen.state),
            "version": seen.past.version,
            "owner": shown(profile.owner, cards),
            "requester": shown(profile.requester, cards),
            "region": profile.region,
            "business_unit": profile.business_unit,
            "product_area": profile.product_area,
            "team": profile.team,
            "external_key": profile.external_key,
            "submitted_at": stamp(submission.submitted_at),
            "origin": submission.origin,
            "form_version": submission.form_version,
            "answers": msgspec.to_builtins(dict(submission.answers)) | await self._checking.words(seen),
            "overrides": _proposed(seen),
            **_life(seen.state, system),
        }


def _proposed(seen: Seen) -> list[ProposalOut]:
    """What was put to the board on the tier that stands; a round that is over takes its proposals along."""
    if not isinstance(seen.state, Active) or not isinstance(seen.state.intake, Confirmed):
        return []
    return [
        {
            "override_id": fact.override_id,
            "from_tier": fact.from_tier,
            "to_tier": fact.to_tier,
            "downgrade": fact.downgrade,
            "proposed_at": stamp(stored.recordedtime),
        }
        for stored in seen.past.events
        if isinstance(fact := stored.fact, OverrideProposed) and fact.override_id in seen.state.overrides
    ]


def _life(state: State, system: Active) -> LifeOut:
    return {
        "live": system.live and not isinstance(state, Retired),
        "launches": [
            {"version": launch.version, "launched_at": stamp(launch.launched_at)} for launch in system.launches
        ],
        "approvals": [
            {
                "review_id": approval.review_id,
                "round": approval.round,
                "outcome": approval.outcome,
                "decided_at": stamp(approval.decided_at),
            }
            for approval in system.approvals
        ],
        "retired_at": stamp(state.retired_at) if isinstance(state, Retired) else None,
        "merged_into": state.into if isinstance(state, Merged) else None,
    }
