"""Registering a system: described and triaged at once, with its history if it has one."""

from collections.abc import Sequence

from services.intake.domain.commands import Register
from services.intake.domain.dated import Dated, Decided
from services.intake.domain.evolve import registered_as
from services.intake.domain.proposing import Start, triaged
from services.intake.domain.rounds import submission_of
from services.intake.domain.rules import Rules
from services.intake.domain.state import State, Unregistered
from shared.events.intake import IntakeSubmitted, SystemLaunched, SystemRegistered, SystemRetired
from shared.refusals import Refused

BEFORE = "before Gatehouse"
"""The version of a launch, and the reason of a retirement, that an import tells of without one."""


def register(state: State, command: Register, rules: Rules) -> Sequence[Decided]:
    """A new system; one that retired before Gatehouse waits for no triage. Raises `already-exists`."""
    if not isinstance(state, Unregistered):
        raise Refused("already-exists", "a system is registered under that key")
    if any(
        one is not None and one.at is not None and one.at > command.now for one in (command.launched, command.retired)
    ):
        raise Refused("invalid-time", "what has not happened yet is no history")
    registered, submitted = _registered(command), _submitted(command)
    start = Start(
        now=command.now,
        at=max(command.triage_from or command.now, command.now),
        held=command.held or command.retired is not None,
    )
    system = registered_as(registered)
    return [
        registered,
        submitted,
        *_history(command),
        *triaged(command.system_id, system.profile, submission_of(submitted, command.now), rules, start),
    ]


def _registered(command: Register) -> SystemRegistered:
    told = command.description
    return SystemRegistered(
        system_id=command.system_id,
        name=told.name,
        owner=told.owner,
        requester=command.requester,
        region=told.region or command.region,
        business_unit=told.business_unit,
        product_area=told.product_area,
        team=told.team,
        external_key=command.external_key,
        imported=command.imported,
        discovery_id=command.discovery_id,
    )


def _submitted(command: Register) -> IntakeSubmitted:
    told, source = command.description, command.source
    return IntakeSubmitted(
        system_id=command.system_id,
        intake_id=command.intake_id,
        round=1,
        form_version=told.form_version,
        name=told.name,
        answers=dict(told.answers),
        texts=dict(told.texts),
        requester=command.requester,
        owner=told.owner,
        origin=source.origin,
        source_ref=source.ref,
        source_time=source.time,
        submitted_by=command.by if command.by != command.requester else None,
    )


def _history(command: Register) -> list[Decided]:
    """A date that nobody stated stands in as the time of the import, and says so (`dated`)."""
    history: list[Decided] = []
    if command.launched is not None:
        at = command.launched.at or command.now
        launched = SystemLaunched(
            system_id=command.system_id,
            version=command.launched.version or BEFORE,
            launched_at=at,
            reviewed=False,
            imported_history=True,
            dated=command.launched.at is not None,
            reported_by=command.requester,
        )
        history.append(Dated(launched, at))
    if command.retired is not None:
        at = command.retired.at or command.now
        retired = SystemRetired(
            system_id=command.system_id,
            retired_at=at,
            reason=BEFORE,
            imported_history=True,
            dated=command.retired.at is not None,
            reported_by=command.requester,
        )
        history.append(Dated(retired, at))
    return history
