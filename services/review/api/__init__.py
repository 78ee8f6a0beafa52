"""HTTP to commands, facts or rows to responses."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from services.review.adapters.evidence_store import EvidenceStore
from services.review.api import evidence, offices, overrides, reviews, rulings
from services.review.api.asking import Door
from services.review.api.overrides import Overriding
from services.review.api.pages import Pages
from services.review.handlers.offices import Offices
from services.review.handlers.recusing import Recusing
from services.review.queries.lists import Queries
from services.review.queries.queue import Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What stands behind the endpoints."""

    door: Door
    overriding: Overriding
    pages: Pages
    recusing: Recusing
    offices: Offices
    queries: Queries
    queue: Queue
    evidence: EvidenceStore


def routers(behind: Behind) -> Sequence[APIRouter]:
    """All endpoints of review."""
    return [
        reviews.router(behind.door, behind.pages, behind.queries),
        evidence.router(behind.door, behind.evidence),
        rulings.router(behind.door, behind.recusing),
        overrides.router(behind.overriding, behind.queries),
        offices.router(behind.offices, behind.door.directory, behind.queries, behind.queue),
    ]
