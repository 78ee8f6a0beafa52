"""The one door to the decisions about a system: state and command in, facts out, or a refusal."""

from collections.abc import Sequence
from typing import assert_never

from services.intake.domain.commands import (
    Amend,
    BeginTriage,
    Command,
    ConfirmTier,
    DeclareChange,
    Merge,
    NoteApproval,
    NoticeClock,
    Register,
    ReportLaunch,
    RequestAnswers,
    Retire,
    Withdraw,
)
from services.intake.domain.dated import Decided
from services.intake.domain.describing import amend, declare_change, withdraw
from services.intake.domain.living import launch, merge, note_approval, retire
from services.intake.domain.noticing import notice
from services.intake.domain.override_commands import NoteOverride, ProposeOverride
from services.intake.domain.overriding import note_override, propose_override
from services.intake.domain.registering import register
from services.intake.domain.rules import Rules
from services.intake.domain.state import State
from services.intake.domain.triaging import begin, confirm, request_answers


def decide(state: State, command: Command, rules: Rules) -> Sequence[Decided]:
    """The facts that the command leads to. Raises `Refused`; no facts at all means that nothing changed."""
    match command:
        case Register() | Amend() | DeclareChange() | Withdraw():
            return _described(state, command, rules)
        case BeginTriage() | ConfirmTier() | RequestAnswers() | NoticeClock():
            return _triaged(state, command, rules)
        case ReportLaunch() | Retire() | Merge() | NoteApproval():
            return _lived(state, command, rules)
        case ProposeOverride():
            return propose_override(state, command, rules)
        case NoteOverride():
            return note_override(state, command, rules)
        case _:
            assert_never(command)


def _described(state: State, command: Register | Amend | DeclareChange | Withdraw, rules: Rules) -> Sequence[Decided]:
    match command:
        case Register():
            return register(state, command, rules)
        case Amend():
            return amend(state, command, rules)
        case DeclareChange():
            return declare_change(state, command, rules)
        case Withdraw():
            return withdraw(state, command)
        case _:
            assert_never(command)


def _triaged(
    state: State, command: BeginTriage | ConfirmTier | RequestAnswers | NoticeClock, rules: Rules
) -> Sequence[Decided]:
    match command:
        case BeginTriage():
            return begin(state, command, rules)
        case ConfirmTier():
            return confirm(state, command, rules)
        case RequestAnswers():
            return request_answers(state, command, rules)
        case NoticeClock():
            return notice(state, command, rules)
        case _:
            assert_never(command)


def _lived(state: State, command: ReportLaunch | Retire | Merge | NoteApproval, rules: Rules) -> Sequence[Decided]:
    match command:
        case ReportLaunch():
            return launch(state, command, rules)
        case Retire():
            return retire(state, command)
        case Merge():
            return merge(state, command)
        case NoteApproval():
            return note_approval(state, command)
        case _:
            assert_never(command)
