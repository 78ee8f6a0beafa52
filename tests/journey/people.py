"""The people of the journey: subjects and the roles that they hold at the door."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

DISCIPLINES: Final = [
    "product",
    "ml-evaluation",
    "architecture-mlops",
    "security",
    "privacy",
    "legal-ip",
    "compliance",
    "trust-safety",
    "data-governance",
    "accessibility",
    "sre",
    "customer-assurance",
    "vendor-management",
]
BOARD: Final = ("chair", "member1", "member2", "member3")
ROLES: Final = {
    "operator": ["administrator", "auditor"],
    "rita": ["requester"],
    "omar": ["accountable_owner"],
    "tess": ["triager", "programme_manager"],
    **{key: ["board_member"] for key in BOARD},
    **{f"rev-{discipline}": [f"reviewer:{discipline}"] for discipline in DISCIPLINES},
}
OFFICES: Final = {
    **{f"rev-{discipline}": f"reviewer:{discipline}" for discipline in DISCIPLINES},
    **dict.fromkeys(BOARD, "board_member"),
    "chair": "board_chair",
    "tess": "programme_manager",
}


def people_file(grants: Mapping[str, Sequence[Any]] = ROLES) -> str:
    """People and their grants as the embedded run reads them."""
    lines = [
        f"  - {{subject: {name}, name: {name.title()}, email: {name}@example.org, grants: {json.dumps(listed)}}}"
        for name, listed in grants.items()
    ]
    return "\n".join(["people:", *lines]) + "\n"
