"""What a material change is measured against: the tier in force, as it was recorded, and what was not."""

from collections.abc import Iterator, Mapping

from services.intake.domain.rules import Rules
from services.intake.domain.state import Active, Confirmed, Withdrawn
from shared.events.fact import Answer


def measured(
    system: Active, present: Confirmed | Withdrawn, answers: Mapping[str, Answer], rules: Rules
) -> tuple[str, ...]:
    """What these answers change, in words: against the tier confirmed last, however it was arrived at and whatever the
    policy would make of it today. Where none ever was, against the proposal, which was in force provisionally.

    Last comes what the record lacks for the comparison.
    """
    before = present.proposal.assessment if system.confirmed is None else system.confirmed.assessment
    return (*rules.difference(before, answers), *_lacking(system.confirmed, present))


def _lacking(stands: Confirmed | None, present: Confirmed | Withdrawn) -> Iterator[str]:
    last = present.submission.round
    if stands is None:
        yield f"No tier was confirmed: this is measured against what round {last} proposed before it was taken back."
        return
    if stands.submission.round != last:
        yield (
            f"Round {last} was taken back unconfirmed: this is measured against the tier confirmed in round "
            f"{stands.submission.round}."
        )
    proposed, ruled = stands.proposal.assessment, stands.assessment
    if proposed.policy_digest != ruled.policy_digest:
        yield (
            f"The tier was confirmed under policy version {ruled.policy_version}, of which no score, rules, legal "
            f"classes and unknown answers were recorded: those are measured against the proposal, under version "
            f"{proposed.policy_version}."
        )
