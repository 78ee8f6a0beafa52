"""The triage queue: people confirm tiers and ask for answers."""

from collections.abc import Sequence
from datetime import datetime

from services.intake.domain.commands import BeginTriage, ConfirmTier, RequestAnswers
from services.intake.domain.dated import Decided
from services.intake.domain.proposing import Ruling, Start, confirmed, overrules, triaged
from services.intake.domain.rules import ANSWER, TRIAGE, Rules
from services.intake.domain.state import Active, Asked, State, Waiting, active, round_of
from shared.events.intake import AnswersRequested, ConfirmationRefused
from shared.refusals import Refused


def begin(state: State, command: BeginTriage, rules: Rules) -> Sequence[Decided]:
    """An intake without a clock is triaged by today's policy, its clock runs, and the bundle confirms where it may.

    One whose clock runs already, or that waits for nobody, is left as it is.
    """
    system = active(state)
    present = round_of(system, command.intake_id)
    if not isinstance(present, Waiting) or present.clock is not None:
        return []
    start = Start(now=command.now, at=max(command.at, command.now))
    return triaged(system.system_id, system.profile, present.submission, rules, start, system)


def confirm(state: State, command: ConfirmTier, rules: Rules) -> Sequence[Decided]:
    """A person rules on the tier: as proposed, or higher; never below a tier that people set before.

    An attempt by one who asked for it, answers or answered for it, or had a hand in what this round says, or by an
    administrator, is recorded and comes to nothing. Raises `forbidden` for a tier below the proposed one, or below the
    one that the board or a triager had set otherwise than proposed: only the board may lower it, whatever the answers
    say by now; `prohibited-use` for a tier that would lead a system out of the prohibited one, `stale-decision` when
    the proposal is not the one that was read, `wrong-state` otherwise.
    """
    system = active(state)
    present = _in_triage(system, command.intake_id)
    if command.administrator:
        return [_refused(system, present, command, "administrators run the installation and decide nothing")]
    hands = present.submission.described_by | system.answerable
    for person in (command.by, *filter(None, (command.hand,)), *sorted(command.aliases)):
        if barred := rules.barred(person, system.profile.requester, system.profile.owner, hands):
            return [_refused(system, present, command, barred)]
    if command.revision is not None and command.revision != present.proposal.revision:
        raise Refused("stale-decision", f"the proposal in force is of revision {present.proposal.revision}")
    ruling = _ruling(system, present, command, rules)
    return [confirmed(system.system_id, system.profile, present.submission, present.proposal, ruling)]


def request_answers(state: State, command: RequestAnswers, rules: Rules) -> Sequence[Decided]:
    """The ball goes to the submitter, whose clock starts; the triage clock stands until an amendment."""
    system = active(state)
    present = _in_triage(system, command.intake_id)
    if isinstance(present, Asked):
        raise Refused("wrong-state", "answers were asked for already")
    clock = rules.run(system.profile.region, present.proposal.assessment.clock(ANSWER), command.now)
    asked = AnswersRequested(
        system_id=system.system_id,
        intake_id=command.intake_id,
        attributes=command.attributes,
        by=command.by,
        reason=command.reason,
        due_at=clock.due_at,
        reminders=tuple(at for _, at in clock.reminders),
        triage_minutes_left=_left(system, present, command.now, rules),
        round=present.submission.round,
    )
    return [asked]


def _in_triage(system: Active, intake_id: str) -> Waiting | Asked:
    present = round_of(system, intake_id)
    if not isinstance(present, Waiting | Asked):
        raise Refused("wrong-state", "the tier no longer waits for confirmation")
    return present


def _refused(system: Active, present: Waiting | Asked, command: ConfirmTier, why: str) -> ConfirmationRefused:
    return ConfirmationRefused(
        system_id=system.system_id,
        intake_id=command.intake_id,
        round=present.submission.round,
        by=command.by,
        tier=command.tier,
        reason=why,
    )


def _ruling(system: Active, present: Waiting | Asked, command: ConfirmTier, rules: Rules) -> Ruling:
    proposal = present.proposal
    proposed = proposal.assessment.tier
    if rules.rank(command.tier) is None:
        raise Refused("invalid-field", f"the policy has no tier {command.tier!r}", [_TIER])
    if rules.below(command.tier, proposed):
        raise Refused("forbidden", f"only the board may lower the tier from {proposed}")
    assessment = proposal.assessment
    if command.tier != proposed:
        assessment = rules.assess(present.submission.answers, system.profile.region, at_tier=command.tier)
    if system.prohibited and not assessment.prohibited:
        raise Refused(
            "prohibited-use", f"the system stands as {system.confirmed_tier}: new answers do not lead out of it"
        )
    if overrules(system, command.tier, rules):
        stood = system.confirmed_tier
        raise Refused("forbidden", f"people set the tier to {stood}: confirm {stood} or a higher one, the board lowers")
    return Ruling(assessment=assessment, by=command.by, reason=command.reason)


_TIER = {"detail": "not a tier of the policy", "pointer": "#/tier"}


def _left(system: Active, present: Waiting, now: datetime, rules: Rules) -> int | None:
    if present.clock is None:
        return None
    terms = present.proposal.assessment.clock(TRIAGE)
    return rules.left(system.profile.region, terms, max(now, present.clock.starts_at), present.clock.due_at)
