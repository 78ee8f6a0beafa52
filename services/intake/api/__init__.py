"""HTTP to commands, facts or rows to responses."""

from collections.abc import Sequence

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from services.intake.api import batch, hooks, intakes, reports, systems, triage
from services.intake.api.pages import Pages
from services.intake.handlers.hooks import Hooks
from services.intake.handlers.use_cases import UseCases
from services.intake.queries.lists import Queries
from shared.policy.bundle import Bundle


def routers(
    cases: UseCases,
    queries: Queries,
    taken: Hooks,
    pages: Pages,
    bundle: Bundle,
    registry: CollectorRegistry,
    *,
    example: bool,
) -> Sequence[APIRouter]:
    """All endpoints of intake; `registry` counts what webhooks deliver. An `example` takes no imports."""
    directory = taken.directory
    confirmers = tuple(
        role.replace("-", "_") for role in bundle.authority.for_decision("tier-confirmation", bundle.tiers.lowest).roles
    )
    return [
        batch.router(cases, directory, example=example),
        intakes.router(cases, directory, pages, bundle),
        triage.router(cases, queries, confirmers),
        systems.router(cases, queries, directory, pages),
        reports.router(cases, queries, directory),
        hooks.router(taken, cases.systems.installation, registry),
    ]
