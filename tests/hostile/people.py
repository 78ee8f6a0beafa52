"""The people at the hostile site: every role once, and somebody of another business unit."""

from typing import Final

from tests.journey.people import ROLES

GRANTS: Final = {
    **{name: repr(roles) for name, roles in ROLES.items()},
    "operator": "[administrator, auditor]",
    "piet": "[programme_manager]",
    "audit": "[auditor]",
    "robot": "[service]",
    "helena": "[head_of_ai_governance]",
    "ray": "[{role: requester, business_unit: Retail}, {role: triager, business_unit: Retail}]",
    "nobody": "[]",
}


def people_file() -> str:
    """The people as the embedded run reads them."""
    lines = [
        f"  - {{subject: {name}, name: {name.title()}, email: {name}@example.org, grants: {grants}}}"
        for name, grants in GRANTS.items()
    ]
    return "\n".join(["people:", *lines]) + "\n"
