"""Answers that lead to each tier of the default policy."""

from typing import Any

from shared.policy.bundle import Bundle
from shared.policy.triage import triage

LOW: dict[str, Any] = {
    "phase": "operation",
    "technique": ["generative"],
    "capabilities": ["none"],
    "delivery": "vendor-product",
    "everyday_use": "writing",
    "output": ["content"],
    "prohibited_practices": ["none"],
    "sector": "internal-operations",
    "exposure": "internal",
    "affected_groups": ["nobody"],
    "vulnerable_groups": ["none"],
    "autonomy": "assists",
    "human_involvement": "each-case",
    "personal_data": "no",
    "impact_rights": "none",
    "impact_safety": "none",
    "impact_money": "none",
    "reversibility": "easily",
    "scale": "few",
    "consequential_decisions": ["none"],
    "annex_iii_area": ["none"],
    "regulated_product": "no",
    "special_categories": ["none"],
}
HIGH: dict[str, Any] = {**LOW, "everyday_use": "own-purpose", "impact_rights": "significant", "exposure": "public"}
PROHIBITED: dict[str, Any] = {**LOW, "prohibited_practices": ["social-scoring"]}


def tier_of(bundle: Bundle, answers: dict[str, Any]) -> tuple[str, bool]:
    """The proposed tier of checked answers, and whether the bundle may confirm it."""
    found = triage(bundle, bundle.form.check(answers))
    return found.tier, found.auto_confirmable
