"""Builds intake once, by hand, from what a process shares."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from fastapi import APIRouter
from temporalio.client import Client

from services.intake.activities import TriageHands
from services.intake.adapters.deliveries import Deliveries
from services.intake.adapters.directory import Directory
from services.intake.adapters.endpoints import Endpoints
from services.intake.consumer.clocks import begin, due, ringing, starting
from services.intake.consumer.commands import Issue, noting_decisions, settling_discoveries
from services.intake.consumer.deliveries import Leftovers
from services.intake.consumer.projection import projection
from services.intake.handlers.hooks import Hooks
from services.intake.handlers.use_cases import UseCases, use_cases
from services.intake.queries.lists import Queries
from services.intake.reconcile import TriageClocks
from services.intake.workflows import TASK_QUEUE, TriageClock
from shared.log.commander import Commander
from shared.log.port import facts_topic
from shared.log.projector import Projector
from shared.log.starter import Starter, WorkflowStarts
from shared.log.views import Views, open_views
from shared.runtime.key_files import keyring
from shared.runtime.minting import LOCAL_ISSUER
from shared.runtime.parts import Parts
from shared.runtime.reconciling import Reconciler
from shared.runtime.service import Runner, Service
from shared.store.port import EventStore

NAME: Final = "intake"


async def build(parts: Parts) -> Service:
    """Intake, ready to play any role."""
    store = parts.stores[NAME]
    views = await open_views(parts.settings.views_url(NAME), projection())
    cases = use_cases(store, parts.bundle, parts.people)
    hooks = _hooks(parts, store, cases)
    projector, commanders = Projector(parts.new_reader(), views), _commanders(parts, store, cases)
    clocks = _of_clocks(parts, store)

    async def store_answers() -> None:
        await store.head()

    async def views_answer() -> None:
        async with views.reading():
            pass

    return Service(
        name=NAME,
        store=store,
        routers=partial(_routers, parts, cases, hooks, views),
        aclose=views.close,
        views=views,
        projections=[projector],
        commanders=[*commanders, Leftovers(hooks)],
        starters=_starters(parts, store, cases, clocks),
        workflows=[TriageClock],
        activities=_activities(cases),
        task_queue=TASK_QUEUE,
        consumers=[projector, *commanders, *clocks],
        readiness={"store": store_answers, "views": views_answer},
    )


def _routers(parts: Parts, cases: UseCases, hooks: Hooks, views: Views) -> list[APIRouter]:
    from services.intake import api
    from services.intake.api import keys
    from services.intake.api.pages import Pages

    queries = Queries(views, parts.people, parts.bundle.tiers)
    pages = Pages(cases.checking, parts.people)
    return [
        *api.routers(cases, queries, hooks, pages, parts.bundle, parts.registry, example=parts.example),
        keys.router(parts.keys, parts.stores[NAME], parts.entropy),
    ]


def _hooks(parts: Parts, store: EventStore, cases: UseCases) -> Hooks:
    master = keyring(parts.settings.path("master_key_file"), parts.entropy)
    return Hooks(
        endpoints=Endpoints(store.database, master, parts.entropy),
        deliveries=Deliveries(store.database),
        cases=cases,
        directory=Directory(parts.people, parts.settings.oidc_issuer or LOCAL_ISSUER),
        form=parts.bundle.form,
        clock=parts.clock,
    )


def _commanders(parts: Parts, store: EventStore, cases: UseCases) -> list[Commander]:
    def commander(name: str, source: str, issue: Issue) -> Commander:
        topics = [facts_topic(source)]
        return Commander(parts.new_reader(), store.database, name=f"intake/{name}", topics=topics, issue=issue)

    return [
        commander("decisions", "review", noting_decisions(cases.living, cases.overriding)),
        commander("discoveries", NAME, settling_discoveries(cases.discoveries)),
    ]


def _of_clocks(parts: Parts, store: EventStore) -> tuple[WorkflowStarts, Commander]:
    """What notes the clocks that are due a start, and what rings those that run."""
    topics, database = [facts_topic(NAME)], store.database
    return (
        WorkflowStarts(parts.new_reader(), database, name="intake/starts", topics=topics, due=due),
        Commander(parts.new_reader(), database, name="intake/bells", topics=topics, issue=ringing(parts.temporal)),
    )


def _starters(
    parts: Parts, store: EventStore, cases: UseCases, clocks: tuple[WorkflowStarts, Commander]
) -> list[Runner]:
    """Notes clocks that are due a start, starts them, rings and reconciles them; nothing where no Temporal is."""
    if parts.temporal is None:
        return []
    starter = Starter(store.database, starting(parts.temporal), service=NAME)
    return [*clocks, starter, _reconciler(store, cases, parts.temporal)]


def _reconciler(store: EventStore, cases: UseCases, temporal: Client) -> Reconciler:
    """Every triage that is not ruled on has its clock again, whatever became of Temporal's data."""
    return Reconciler(
        NAME, temporal, TriageClocks(store, cases.triaging).expected, partial(begin, temporal, again=True)
    )


def _activities(cases: UseCases) -> list[Callable[..., Any]]:
    hands = TriageHands(cases.triaging)
    return [hands.next_instant, hands.notice]
