"""A body that each command takes, so that what is planted in it is the only thing wrong with a request."""

from collections.abc import Mapping
from typing import Any, Final

from tests.journey import people
from tests.journey.walker import MEDIUM

OFFICES: Final = [
    *({"person": person, "role": role} for person, role in people.OFFICES.items()),
    {"person": "helena", "role": "head_of_ai_governance"},
]
SECRET: Final = "a secret of the tests of 32 bytes"
MAPPING: Final = "name: summary\n"
DISCOVERY: Final = {"name": "Shadow bot", "found_by": "scan", "found_in": "invoices", "business_unit": "Claims"}
EVIDENCE: Final = {
    "artefact": "model-card",
    "title": "Model card",
    "digest": "a" * 64,
    "link": "https://evidence.example.org/model-card",
    "media_type": "application/pdf",
}
INTAKE: Final = {"name": "Claims writer", "owner": "omar", "answers": MEDIUM, "business_unit": "Claims"}
NAMED: Final = {"evidence_digest": "b" * 64, "policy_digest": "c" * 64}
PROPOSED: Final = {"proposal_digest": "b" * 64, "policy_digest": "c" * 64}
REASON: Final = {"reason": "as told"}
ASIDE: Final = {"consumer": "intake", "topic": "gatehouse.intake.v1", "partition": 0, "offset": 0}
_REVIEW: Final = "/review/v1/reviews/{review_id}"
_OVERRIDE: Final = "/review/v1/overrides/{override_id}"

BODIES: Final[Mapping[tuple[str, str], Mapping[str, Any]]] = {
    ("POST", "/intake/v1/intakes"): INTAKE,
    ("PATCH", "/intake/v1/intakes/{intake_id}"): {"name": "Another name"},
    ("POST", "/intake/v1/intakes/{intake_id}/withdraw"): REASON,
    ("POST", "/intake/v1/intakes/{intake_id}/confirm"): REASON,
    ("POST", "/intake/v1/intakes/{intake_id}/request-answers"): {**REASON, "attributes": ["sector"]},
    ("POST", "/intake/v1/triage:confirm"): {
        **REASON,
        "items": [{"intake_id": "0" * 8 + "-0000-0000-0000-" + "0" * 12}],
    },
    ("POST", "/intake/v1/triage:begin"): {"items": [{"intake_id": "0" * 8 + "-0000-0000-0000-" + "0" * 12}]},
    ("POST", "/intake/v1/systems/{system_id}/changes"): {"summary": "another model", "answers": {"sector": "health"}},
    ("POST", "/intake/v1/systems/{system_id}/launches"): {"version": "1"},
    ("POST", "/intake/v1/systems/{system_id}/retirement"): REASON,
    ("POST", "/intake/v1/systems/{system_id}/merge"): {**REASON, "into": "0" * 8 + "-0000-0000-0000-" + "0" * 12},
    ("POST", "/intake/v1/systems/{system_id}/overrides"): {
        "from_tier": "medium",
        "round": 1,
        "to_tier": "high",
        "rationale": "it decides alone",
    },
    ("POST", "/intake/v1/discoveries"): DISCOVERY,
    ("POST", "/intake/v1/discoveries/{discovery_id}/outcome"): REASON,
    ("POST", "/intake/v1/training/completions"): {
        "person": "rita",
        "course": "AI basics",
        "completed_at": "2026-01-05T10:00:00Z",
    },
    ("POST", "/intake/v1/people/{person}/joinings"): {**REASON, "other": "0" * 8 + "-0000-0000-0000-" + "0" * 12},
    ("POST", "/intake/v1/endpoints"): {"source": "jira", "name": "Another", "mapping": MAPPING, "owner": "piet"},
    ("POST", "/intake/v1/endpoints/{endpoint_id}/rotate"): {"secret": SECRET},
    ("PUT", "/intake/v1/endpoints/{endpoint_id}/mapping"): {"mapping": MAPPING},
    ("POST", "/intake/v1/keys"): {"name": "Pipeline", "grants": ["requester"]},
    ("POST", f"{_REVIEW}/answers"): {"answer": "it is in the card"},
    ("POST", f"{_REVIEW}/evidence/links"): EVIDENCE,
    ("POST", f"{_REVIEW}/sign-offs"): {**NAMED, **REASON, "discipline": "security", "verdict": "approve"},
    ("POST", f"{_REVIEW}/assignments"): {"discipline": "security", "reviewer": "rev-security"},
    ("POST", f"{_REVIEW}/recusals"): {**REASON, "capacity": "security"},
    ("POST", f"{_REVIEW}/votes"): {**NAMED, "choice": "approve", "rationale": "as read"},
    ("POST", f"{_REVIEW}/decision"): {**NAMED, "rationale": "as voted"},
    ("POST", f"{_REVIEW}/conditions/{{condition_id}}/met"): {},
    ("POST", f"{_OVERRIDE}/votes"): {**PROPOSED, "choice": "approve", "rationale": "as read"},
    ("POST", f"{_OVERRIDE}/decision"): {**PROPOSED, "rationale": "as voted"},
    ("POST", f"{_OVERRIDE}/recusals"): REASON,
    ("POST", "/review/v1/appointments"): {"person": "piet", "role": "executive"},
    ("POST", "/review/v1/appointments/{appointment_id}/end"): REASON,
    ("POST", "/review/v1/delegations"): {
        "appointment_id": "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        "receiver": "member2",
        "valid_until": "2099-01-01T00:00:00Z",
    },
    **{
        ("POST", f"/{service}/v1/set-aside/{what}"): {**REASON, **ASIDE}
        for service in ("intake", "review", "monitoring", "reporting")
        for what in ("release", "drop")
    },
}
"""By method and path, as the OpenAPI document names them."""
