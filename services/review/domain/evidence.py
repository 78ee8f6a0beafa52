"""The submitter's side: evidence on the table, handed in, and answers to what was asked."""

from collections.abc import Sequence

from services.review.domain import completeness, running
from services.review.domain.case import AwaitingAnswers, Case, Gathering, InReview, State, undecided_case
from services.review.domain.circumstances import Actor, Circumstances
from services.review.domain.clock import ANSWER, GATHERING
from services.review.domain.commands import Answer, Attach, Submit
from shared.events.review import ChangesAnswered, EvidenceAttached, EvidenceSubmitted, ReviewFact
from shared.refusals import Refused


def attach(state: State, command: Attach, at: Circumstances) -> Sequence[ReviewFact]:
    """An artefact on the table; verdicts on what lay there before lapse, and their clocks run again."""
    case = may_attach(state, command.actor)
    if command.supersedes is not None and command.supersedes not in case.evidence:
        raise Refused("invalid-field", "what it supersedes is not on the table")
    attached = _attached(case, command, at.ids("artefact"))
    if not isinstance(state, InReview):
        return [attached]
    return [attached, *running.set_going(running.after(case, [attached]), at)]


def submit(state: State, command: Submit, at: Circumstances) -> Sequence[ReviewFact]:
    """The evidence is handed in: completeness is frozen and the review's clocks start."""
    case = may_attach(state, command.actor)
    if not isinstance(state, Gathering):
        raise Refused("wrong-state", "the evidence was submitted already; answer what was asked instead")
    facts: list[ReviewFact] = [
        EvidenceSubmitted(
            review_id=case.review_id,
            by=command.actor.person,
            evidence_digest=case.evidence_digest,
            hand=command.actor.hand,
        ),
        completeness.score(case, at.now.date(), command.elsewhere),
        *running.end(case, at, GATHERING),
    ]
    return [*facts, *running.set_going(running.after(case, facts), at)]


def answer(state: State, command: Answer, at: Circumstances) -> Sequence[ReviewFact]:
    """What was asked is answered: the ball goes back and the clocks go on."""
    case = may_attach(state, command.actor)
    if not isinstance(state, AwaitingAnswers):
        raise Refused("wrong-state", "no discipline has asked for anything")
    answered = ChangesAnswered(
        review_id=case.review_id,
        by=command.actor.person,
        answer=command.text,
        evidence_digest=case.evidence_digest,
        hand=command.actor.hand,
    )
    facts: list[ReviewFact] = [answered, *running.end(case, at, ANSWER)]
    return [*facts, *running.set_going(running.after(case, facts), at)]


def may_attach(state: State, actor: Actor) -> Case:
    """The case, if its evidence is the actor's to give.

    Raises `Refused`: what `undecided_case` does, `forbidden`, and `segregation-of-duties` for who ruled on it: their
    ruling would go on counting for what has become their own request.
    """
    case = undecided_case(state)
    if not actor.submitter and actor.person not in (case.opened.requester, case.owner):
        raise Refused("forbidden", "the evidence is the business of the system's requester and owner")
    if case.identities.everybody(actor.involved) & case.places.keys():
        raise Refused("segregation-of-duties", "who has ruled on a review does not submit for it")
    return case


def _attached(case: Case, command: Attach, artefact_id: str) -> EvidenceAttached:
    return EvidenceAttached(
        review_id=case.review_id,
        artefact_id=artefact_id,
        artefact=command.artefact,
        title=command.title,
        digest=command.digest,
        size=command.size,
        media_type=command.media_type,
        link=command.link,
        owner=command.owner,
        producer=command.actor.person,
        template_version=command.template_version,
        subject_digest=command.subject_digest,
        valid_until=command.valid_until,
        supersedes=command.supersedes,
        sections=dict(command.sections),
        hand=command.actor.hand,
    )
