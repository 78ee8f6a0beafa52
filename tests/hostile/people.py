"""The people at the hostile site: every role once, and somebody of another business unit."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.journey.people import ROLES

GRANTS: Final[Mapping[str, Sequence[Any]]] = {
    **ROLES,
    "operator": ["administrator", "auditor"],
    "piet": ["programme_manager"],
    "audit": ["auditor"],
    "robot": ["service"],
    "helena": ["head_of_ai_governance"],
    "ray": [{"role": "requester", "business_unit": "Retail"}, {"role": "triager", "business_unit": "Retail"}],
    "nobody": [],
}
