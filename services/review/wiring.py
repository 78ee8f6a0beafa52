"""Builds review once, by hand, from what a process shares."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from fastapi import APIRouter
from temporalio.client import Client

from services.review.activities import ReviewHands
from services.review.adapters.directory import Directory
from services.review.adapters.evidence_store import EvidenceStore
from services.review.consumer.commands import following_intake, in_turn
from services.review.consumer.docket import Docket
from services.review.consumer.overrides import following_proposals
from services.review.consumer.projection import projection
from services.review.consumer.workflow_starts import begin, due, ringing, starting
from services.review.domain.rules import rules_of
from services.review.handlers.consuming import Clockwork
from services.review.handlers.offices import Offices
from services.review.handlers.overrides import Overrides
from services.review.handlers.recusing import Recusing
from services.review.handlers.reviews import Reviews
from services.review.queries.lists import Queries
from services.review.queries.queue import Queue
from services.review.reconcile import ReviewClocks
from services.review.workflows import TASK_QUEUE, ReviewClock
from shared.log.commander import Commander
from shared.log.port import facts_topic
from shared.log.projector import Projector
from shared.log.starter import Starter, WorkflowStarts
from shared.log.views import Views, open_views
from shared.runtime.minting import LOCAL_ISSUER
from shared.runtime.parts import Parts
from shared.runtime.reconciling import Reconciler
from shared.runtime.service import Runner, Service
from shared.store.port import EventStore

NAME: Final = "review"


async def build(parts: Parts) -> Service:
    """Review, ready to play any role."""
    store = parts.stores[NAME]
    views = await open_views(parts.settings.views_url(NAME), projection())
    reviews = Reviews(store=store, rules=rules_of(parts.bundle))
    clockwork = Clockwork(reviews)
    hands = ReviewHands(clockwork)
    projector, commander = Projector(parts.new_reader(), views), _commander(parts, store, clockwork)
    clocks = _of_clocks(parts, store)

    async def store_answers() -> None:
        await store.head()

    async def views_answer() -> None:
        async with views.reading():
            pass

    return Service(
        name=NAME,
        store=store,
        routers=partial(_routers, parts, reviews, views),
        aclose=views.close,
        views=views,
        projections=[projector],
        commanders=[commander],
        starters=_starters(parts, store, clockwork, clocks),
        workflows=[ReviewClock],
        activities=[hands.next_instant, hands.notice],
        task_queue=TASK_QUEUE,
        consumers=[projector, commander, *clocks],
        readiness={"store": store_answers, "views": views_answer},
    )


def _routers(parts: Parts, reviews: Reviews, views: Views) -> Sequence[APIRouter]:
    from services.review import api
    from services.review.api.asking import Door
    from services.review.api.overrides import Overriding
    from services.review.api.pages import Pages

    directory = Directory(parts.people, parts.settings.oidc_issuer or LOCAL_ISSUER)
    queries = Queries(views)
    behind = api.Behind(
        door=Door(reviews, directory),
        overriding=Overriding(Overrides(store=reviews.store, rules=reviews.rules), directory, parts.people),
        pages=Pages(reviews, parts.people),
        recusing=Recusing(reviews, parts.people),
        offices=Offices(store=reviews.store, policy_version=parts.bundle.version),
        queries=queries,
        queue=Queue(queries, parts.bundle.tiers, parts.bundle.authority.board),
        evidence=EvidenceStore(parts.settings.path("evidence_folder")),
    )
    return api.routers(behind)


def _commander(parts: Parts, store: EventStore, clockwork: Clockwork) -> Commander:
    docket, overrides = Docket(store), Overrides(store=store, rules=clockwork.reviews.rules)
    issue = in_turn(following_intake(clockwork, docket), following_proposals(overrides, docket))
    topics = [facts_topic("intake")]
    return Commander(parts.new_reader(), store.database, name="review/intake", topics=topics, issue=issue)


def _of_clocks(parts: Parts, store: EventStore) -> tuple[WorkflowStarts, Commander]:
    """What notes the clocks that are due a start, and what rings those that run."""
    topics, database = [facts_topic(NAME)], store.database
    return (
        WorkflowStarts(parts.new_reader(), database, name="review/starts", topics=topics, due=due),
        Commander(parts.new_reader(), database, name="review/bells", topics=topics, issue=ringing(parts.temporal)),
    )


def _starters(
    parts: Parts, store: EventStore, clockwork: Clockwork, clocks: tuple[WorkflowStarts, Commander]
) -> list[Runner]:
    """Notes clocks that are due a start, starts them, rings and reconciles them; nothing where no Temporal is."""
    if parts.temporal is None:
        return []
    starter = Starter(store.database, starting(parts.temporal, clockwork), service=NAME)
    return [*clocks, starter, _reconciler(store, parts.temporal)]


def _reconciler(store: EventStore, temporal: Client) -> Reconciler:
    """Every undecided review has its clock again, whatever became of Temporal's data."""
    return Reconciler(NAME, temporal, ReviewClocks(Docket(store)).expected, partial(begin, temporal, again=True))
