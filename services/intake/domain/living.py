"""A system after its intake: approvals noted, launched, retired, merged."""

from collections.abc import Sequence
from datetime import datetime

from services.intake.domain.commands import Merge, NoteApproval, ReportLaunch, Retire
from services.intake.domain.dated import Dated, Decided
from services.intake.domain.launches import Launch
from services.intake.domain.proposing import Start, triaged
from services.intake.domain.rules import Rules
from services.intake.domain.state import Active, Asked, Merged, Retired, State, Unregistered, Waiting, active, known
from shared.events.intake import ApprovalNoted, LaunchEscalated, SystemLaunched, SystemMerged, SystemRetired
from shared.refusals import Refused


def launch(state: State, command: ReportLaunch, rules: Rules) -> Sequence[Decided]:
    """A launch is taken whatever the books say; without an approval of the round in force then, or once that round
    was taken back, it is marked and escalated.

    The same version at the same time again changes nothing. Raises `invalid-time` for a launch in the future.
    """
    system = known(state)
    _past(command.launched_at, command.now)
    if Launch(version=command.version, launched_at=command.launched_at) in system.launches:
        return []
    approval = system.approval_at(command.launched_at)
    if again := isinstance(state, Retired) and command.launched_at >= state.retired_at:
        approval = None
    launched = SystemLaunched(
        system_id=system.system_id,
        version=command.version,
        launched_at=command.launched_at,
        reviewed=approval is not None,
        approval=approval.review_id if approval is not None else None,
        reported_by=command.by,
    )
    to = rules.unreviewed_launch_goes_to
    escalated = LaunchEscalated(system_id=system.system_id, version=command.version, addressee=to)
    facts: list[Decided] = [Dated(launched, command.launched_at), *([] if approval is not None else [escalated])]
    return [*facts, *_taken_up(system, command.now, rules)] if again else facts


def _taken_up(system: Active, now: datetime, rules: Rules) -> Sequence[Decided]:
    """What waited for a ruling when the system went out of use is triaged again, with the whole of a new clock."""
    if not isinstance(system.intake, Waiting | Asked):
        return []
    start = Start(now=now, at=now, anew=True)
    submission = system.intake.submission
    return triaged(system.system_id, system.profile, submission, rules, start, system)


def retire(state: State, command: Retire) -> Sequence[Decided]:
    """The system goes out of use. Raises `wrong-state` when it did before, `invalid-time` for the future."""
    system = active(state)
    _past(command.retired_at, command.now)
    retired = SystemRetired(
        system_id=system.system_id, retired_at=command.retired_at, reason=command.reason, reported_by=command.by
    )
    return [Dated(retired, command.retired_at)]


def merge(state: State, command: Merge) -> Sequence[Decided]:
    """A duplicate ends and names the system as which it lives on.

    Raises `wrong-state` for a live system whose other self is not: its launch would be nobody's any more.
    """
    system = known(state)
    if command.into == system.system_id:
        raise Refused("invalid-field", "a system can't be merged into itself")
    if isinstance(state, Active) and state.live and not command.into_live:
        raise Refused("wrong-state", "the system is live and the other is not: report the launch of that one first")
    return [SystemMerged(system_id=system.system_id, into=command.into, reason=command.reason, by=command.by)]


def note_approval(state: State, command: NoteApproval) -> Sequence[Decided]:
    """How a review ended, once per review; a system that was merged since keeps no note."""
    if isinstance(state, Unregistered | Merged):
        return []
    system = known(state)
    if any(approval.review_id == command.review_id for approval in system.approvals):
        return []
    noted = ApprovalNoted(
        system_id=system.system_id,
        review_id=command.review_id,
        round=command.round,
        outcome=command.outcome,
        decided_at=command.decided_at,
        expires_at=command.expires_at,
    )
    return [noted]


def _past(at: datetime, now: datetime) -> None:
    if at > now:
        raise Refused("invalid-time", "what has not happened yet can't be reported")
