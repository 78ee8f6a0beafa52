"""A small world in which reviews are played: facts in, a command, facts out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, reduce
from itertools import count
from typing import Any
from uuid import UUID, uuid5

from services.review.domain import appointing
from services.review.domain.authority import Authority
from services.review.domain.authority import evolve as evolve_authority
from services.review.domain.case import State, Unopened, opened_case
from services.review.domain.circumstances import Actor, Circumstances
from services.review.domain.commands import Attach, Command, NoticeTime, Open, SignOff, Submit, Vote
from services.review.domain.decide import decide
from services.review.domain.evolve import evolve
from services.review.domain.noticing import next_instant
from services.review.domain.rules import Rules, rules_of
from shared.events.intake import ClockTerms, RequiredEvidence, TierConfirmed
from shared.events.review import AppointmentMade, ApprovalRefused, ReviewFact
from shared.policy.bundle import Bundle, load_bundle

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = 480
REVIEW = "11111111-1111-4111-8111-111111111111"
ADMIN = "ada-admin"


@cache
def bundle() -> Bundle:
    return load_bundle()


@cache
def rules() -> Rules:
    return rules_of(bundle())


def at_day(days: int, hour: int = 9, minute: int = 0) -> datetime:
    """That many calendar days after Monday, 2 March 2026, in UTC; the default region works 9 to 17 there."""
    return MONDAY + timedelta(days=days, hours=hour - 9, minutes=minute)


def confirmed(tier: str = "low", **changed: Any) -> TierConfirmed:
    days = {"low": (3, 2), "medium": (7, 4), "high": (12, 6)}[tier]
    lengths = {"gathering": 10, "review": days[0], "signoff": days[1], "answer": 10}
    values: dict[str, Any] = {
        "system_id": "22222222-2222-4222-8222-222222222222",
        "intake_id": "33333333-3333-4333-8333-333333333333",
        "round": 1,
        "name": "Summariser",
        "tier": tier,
        "proposed_tier": tier,
        "high_risk": tier == "high",
        "prohibited": False,
        "opens_review": True,
        "automatic": False,
        "by": "tomas",
        "reason": "as proposed",
        "disciplines": {"low": ("product",), "medium": ("product", "security"), "high": ("product", "security", "sre")}[
            tier
        ],
        "evidence": (
            RequiredEvidence(artefact="system-card", level="required", sections=("owner", "purpose")),
            RequiredEvidence(artefact="red-team-report", level="optional", required=False),
        ),
        "clocks": tuple(ClockTerms(clock=name, minutes=n * DAY, basis="business") for name, n in lengths.items()),
        "policy_version": "2026.1",
        "policy_digest": rules().digest,
        "region": "utc",
        "owner": "owen-owner",
        "requester": "rita-requester",
        "submitted_at": MONDAY - timedelta(hours=1),
        "business_unit": "Retail",
        "product_area": "Search",
    }
    return TierConfirmed(**values | changed)


@dataclass
class World:
    """The state of one review, who holds which office, and the time; `facts` is everything that happened."""

    now: datetime = MONDAY
    state: State = field(default_factory=Unopened)
    authority: Authority = field(default_factory=Authority)
    facts: list[ReviewFact] = field(default_factory=list)
    rules: Rules = field(default_factory=rules)
    numbers: Iterator[int] = field(default_factory=count)

    def when(self, command: Command) -> list[ReviewFact]:
        """Decide, and let what was decided happen. Raises what `decide` refuses."""
        number = next(self.numbers)
        ids = lambda name: str(uuid5(UUID(REVIEW), f"{number}/{name}"))  # noqa: E731 - one line says it
        meets = Circumstances(now=self.now, rules=self.rules, authority=self.authority, ids=ids)
        decided = list(decide(self.state, command, meets))
        self.state = reduce(evolve, decided, self.state)
        self.facts += decided
        return decided

    def at(self, now: datetime) -> "World":
        self.now = now
        return self

    def appoint(self, person: str, role: str, scope: str = "all", until: datetime | None = None) -> str:
        """An office, from now; returns the appointment's id."""
        command = appointing.Appoint(
            by=ADMIN, may_appoint=True, person=person, role=role, scope=scope, valid_from=None, valid_until=until
        )
        return self.offices(command)

    def offices(self, command: appointing.AuthorityCommand) -> str:
        """A command on the offices; returns the id that it gave away."""
        new_id = str(uuid5(UUID(REVIEW), f"office/{next(self.numbers)}"))
        made = appointing.decide(self.authority, command, self.now, lambda _: new_id)
        self.authority = reduce(evolve_authority, made, self.authority)
        return made[0].appointment_id if isinstance(made[0], AppointmentMade) else new_id

    def opened(self, tier: str = "low", **changed: Any) -> "World":
        self.when(Open(review_id=REVIEW, confirmed=confirmed(tier, **changed), confirmed_at=self.now))
        return self

    def staffed(self) -> "World":
        """Reviewers for three disciplines, a board of four, and those to whom things escalate."""
        for discipline in ("product", "security", "sre"):
            self.appoint(f"rev-{discipline}", f"reviewer:{discipline}")
            self.appoint(f"lead-{discipline}", f"discipline_lead:{discipline}")
        self.appoint("chair", "board_chair")
        for number in (1, 2, 3):
            self.appoint(f"member-{number}", "board_member")
        self.appoint("helena-head", "head_of_ai_governance")
        self.appoint("marcus-exec", "executive")
        self.appoint("priya-pm", "programme_manager")
        return self

    def attach(self, artefact: str = "system-card", digest: str = "a" * 64, **changed: Any) -> list[Any]:
        values: dict[str, Any] = {
            "actor": Actor(person="rita-requester"),
            "artefact": artefact,
            "title": "The system card",
            "digest": digest,
            "size": 10,
            "media_type": "text/markdown",
            "link": None,
            "owner": "owen-owner",
            "sections": {"owner": True, "purpose": True},
        }
        return self.when(Attach(**values | changed))

    def submitted(self) -> "World":
        self.attach()
        self.when(Submit(actor=Actor(person="rita-requester")))
        return self

    @property
    def evidence_digest(self) -> str:
        return opened_case(self.state).evidence_digest

    def signs(
        self, discipline: str, verdict: str = "approve", by: str | None = None, **changed: Any
    ) -> list[ReviewFact]:
        values: dict[str, Any] = {
            "actor": Actor(person=by or f"rev-{discipline}"),
            "discipline": discipline,
            "verdict": verdict,
            "reason": "read and weighed",
            "evidence_digest": self.evidence_digest,
            "policy_digest": self.rules.digest,
        }
        return self.when(SignOff(**values | changed))

    def votes(self, by: str, choice: str = "approve", **changed: Any) -> list[ReviewFact]:
        values: dict[str, Any] = {
            "actor": Actor(person=by),
            "choice": choice,
            "rationale": "weighed",
            "evidence_digest": self.evidence_digest,
            "policy_digest": self.rules.digest,
        }
        return self.when(Vote(**values | changed))

    def notice(self) -> list[Any]:
        return self.when(NoticeTime())

    def next(self) -> datetime | None:
        return next_instant(self.state)


def kinds(facts: Sequence[ReviewFact]) -> list[str]:
    """What kinds of facts these are, in order."""
    return [type(fact).__name__ for fact in facts]


def only(facts: Sequence[ReviewFact], kind: type) -> Any:
    """The one fact of that kind."""
    found = [fact for fact in facts if isinstance(fact, kind)]
    assert len(found) == 1, f"one {kind.__name__} in {kinds(facts)}"
    return found[0]


def refused(facts: Sequence[ReviewFact]) -> ApprovalRefused:
    """The recorded refusal, alone."""
    assert kinds(facts) == ["ApprovalRefused"]
    found: ApprovalRefused = only(facts, ApprovalRefused)
    return found
