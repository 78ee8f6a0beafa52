"""What a set of answers amounts to under the policy, in the shapes in which intake records it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from shared.events.fact import Answer
from shared.events.intake import ClockTerms, FiredRule, RequiredEvidence
from shared.policy import clocks
from shared.policy import triage as engine
from shared.policy.authority import LAUNCHED_UNREVIEWED, OWNER, REQUESTER
from shared.policy.bundle import Bundle
from shared.policy.calendar import Calendar, ElapsedCalendar, OutsideCalendar
from shared.policy.clocks import due_at, reminders_at
from shared.policy.difference import Recorded, RecordedRule, difference, labels_in_words
from shared.policy.evidence import EvidenceRequirement
from shared.refusals import Refused

TRIAGE: Final = clocks.TRIAGE
ANSWER: Final = clocks.ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the policy says of a set of answers, at the tier it proposes or at a higher one that a person chose.

    `confirmable` holds only for the lowest tier without unknown answers or rules in conflict.
    """

    tier: str
    high_risk: bool
    prohibited: bool
    opens_review: bool
    score: int
    fired: tuple[FiredRule, ...]
    disciplines: tuple[str, ...]
    evidence: tuple[RequiredEvidence, ...]
    clocks: tuple[ClockTerms, ...]
    labels: tuple[str, ...]
    unknowns: tuple[str, ...]
    confirmable: bool
    policy_version: str
    policy_digest: str

    def clock(self, name: str) -> ClockTerms:
        """The terms of one clock; raises `KeyError` for a clock that the tier does not have."""
        for terms in self.clocks:
            if terms.clock == name:
                return terms
        raise KeyError(name)

    @property
    def recorded(self) -> Recorded:
        """As a later triage is measured against it."""
        return Recorded(
            tier=self.tier,
            score=self.score,
            rules={
                one.rule: RecordedRule(effect=one.effect, reason=one.reason, attributes=one.attributes)
                for one in self.fired
            },
            disciplines=self.disciplines,
            evidence={one.artefact: one.level for one in self.evidence},
            labels=self.labels,
            unknowns=self.unknowns,
            policy_version=self.policy_version,
            policy_digest=self.policy_digest,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """When a clock ends and reminds, as computed once; it is never computed again."""

    due_at: datetime
    reminders: tuple[tuple[int, datetime], ...]


class Rules:
    """A policy bundle as intake uses it. `Refused("invalid-time")` is raised beyond the days that a calendar knows."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._terms = cache(self._terms_of)

    def assess(self, answers: Mapping[str, Answer], region: str, at_tier: str | None = None) -> Assessment:
        """Triage these answers; with `at_tier`, what that tier demands of them in the place of the proposed one."""
        found = engine.triage(self._bundle, answers)
        tier = self._bundle.tiers.named(at_tier or found.tier)
        as_found = tier.id == found.tier
        return Assessment(
            tier=tier.id,
            high_risk=tier.high_risk,
            prohibited=tier.prohibited,
            opens_review=tier.opens_review,
            score=found.score,
            fired=tuple(
                FiredRule(rule=one.rule, effect=one.effect, reason=one.reason, attributes=one.attributes)
                for one in found.fired
            ),
            disciplines=found.disciplines if as_found else self._bundle.disciplines_for(tier.id, answers),
            evidence=tuple(map(_evidence, found.evidence if as_found else self._bundle.evidence_for(tier.id, answers))),
            clocks=self._terms(tier.id, region),
            labels=labels_in_words(found),
            unknowns=found.unknowns,
            confirmable=found.auto_confirmable and at_tier is None,
            policy_version=found.policy_version,
            policy_digest=found.policy_digest,
        )

    def difference(self, before: Assessment, after: Mapping[str, Answer]) -> tuple[str, ...]:
        """What these answers change, in words, in what was recorded: none of it is worked out anew by this bundle."""
        return difference(before.recorded, engine.triage(self._bundle, after))

    def barred(self, person: str, requester: str, owner: str, others: Collection[str] = ()) -> str | None:
        """Why this person may not rule on the matter of these two; None where nothing bars them.

        The `others` had a hand in it or were to answer for it once: to them it is their own request.
        """
        asking = person if person in others else requester
        return self._bundle.authority.barred(person, {REQUESTER: asking, OWNER: owner})

    def chain(self) -> Sequence[tuple[str, int]]:
        """The roles that a breach of triage climbs, and after how many business days of it each is told.

        Triage belongs to no discipline, so its leads are passed over.
        """
        chain = self._bundle.clocks.escalation.chain
        return [(step.role, step.after_business_days) for step in chain if step.role != "discipline_lead"]

    @property
    def breach_told(self) -> tuple[str, ...]:
        """Who is told of every escalation."""
        return tuple(addressed(name) for name in self._bundle.clocks.escalation.inform)

    @property
    def unreviewed_launch_goes_to(self) -> str:
        """Whom a launch without a valid approval is escalated to."""
        return addressed(self._bundle.authority.trigger(LAUNCHED_UNREVIEWED).to[0])

    def rank(self, tier: str) -> int | None:
        """Where a tier stands in severity, 0 the lowest; None for one that the bundle does not have."""
        try:
            return self._bundle.tiers.rank(tier)
        except LookupError:
            return None

    def below(self, tier: str, other: str) -> bool:
        """Whether a tier is less severe than another; one that the bundle no longer has is below none."""
        mine, yours = self.rank(tier), self.rank(other)
        return mine is not None and yours is not None and mine < yours

    def days_later(self, region: str, now: datetime, days: int) -> datetime:
        """The same working hour so many of the region's business days later; at once where `days` is 0."""
        calendar = self._bundle.calendar_of(region)
        with _within_the_calendar():
            return calendar.add_minutes(now, days * calendar.day_minutes) if days else now

    def run(self, region: str, terms: ClockTerms, since: datetime, spent: int = 0) -> Running:
        """The clock that runs on from `since` with so many of its minutes spent."""
        calendar, gone = self._calendar(region, terms), timedelta(minutes=spent)
        with _within_the_calendar():
            reminders = reminders_at(calendar, since, terms.minutes, terms.reminders, gone)
            due = due_at(calendar, since, terms.minutes, gone)
        return Running(due_at=due, reminders=tuple((reminder.percent, reminder.at) for reminder in reminders))

    def left(self, region: str, terms: ClockTerms, now: datetime, due: datetime) -> int:
        """The minutes that a clock which ends at `due` still has, at most all of them."""
        return max(0, min(terms.minutes, self._calendar(region, terms).minutes_between(now, due)))

    def _terms_of(self, tier: str, region: str) -> tuple[ClockTerms, ...]:
        counting: dict[str, Calendar] = {"business": self._bundle.calendar_of(region), "elapsed": ElapsedCalendar()}
        timed = [(one, one.minutes(counting[one.basis])) for one in self._bundle.clocks_for(tier)]
        return tuple(
            ClockTerms(clock=one.clock, minutes=minutes, basis=one.basis, reminders=one.reminders)
            for one, minutes in timed
        )

    def _calendar(self, region: str, terms: ClockTerms) -> Calendar:
        return self._bundle.calendar_of(region) if terms.basis == "business" else ElapsedCalendar()


@contextmanager
def _within_the_calendar() -> Iterator[None]:
    try:
        yield
    except OutsideCalendar as error:
        raise Refused("invalid-time", str(error)) from error


def _evidence(one: EvidenceRequirement) -> RequiredEvidence:
    return RequiredEvidence(
        artefact=one.artefact,
        level=one.level,
        reason=one.reason,
        label=one.label,
        required=one.required,
        sections=one.sections,
    )


def addressed(name: str) -> str:
    """A role as an addressee: whoever holds it."""
    return f"role:{name.replace('-', '_')}"
