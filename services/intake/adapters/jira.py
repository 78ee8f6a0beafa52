"""What Jira sends (Cloud and Data Center): one issue, created, updated or deleted, and the time at which it was so."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from services.intake.adapters.arrivals import LONGEST_ID, Arrival, Ignored, Unreadable, lasting
from services.intake.adapters.directory import Named

EVENTS: Final[Mapping[str, str]] = {
    "jira:issue_created": "created",
    "jira:issue_updated": "updated",
    "jira:issue_deleted": "deleted",
}
KEPT_HEADERS: Final = ("x-atlassian-webhook-identifier", "x-atlassian-webhook-retry", "x-atlassian-webhook-flow")


def repeat_of(headers: Mapping[str, str], _: Any, body: bytes) -> str:
    """What a retry has in common with the first delivery: Jira's own id of it, the same over all retries."""
    identifier = headers.get("x-atlassian-webhook-identifier")
    return f"id:{identifier}" if identifier else f"sha256:{hashlib.sha256(body).hexdigest()}"


def arrival(payload: Any) -> Arrival:
    """The delivery as intake takes it. Times are epoch milliseconds; order is not guaranteed, so they rule.

    Raises `Ignored` for events that are not about an issue itself, and `Unreadable`.
    """
    if not isinstance(payload, Mapping):
        raise Unreadable("the body is no object")
    kind = payload.get("webhookEvent")
    if not isinstance(kind, str) or kind not in EVENTS:
        raise Ignored(f"{kind!s:.200} says nothing of an intake")
    issue = payload.get("issue")
    if not isinstance(issue, Mapping) or not isinstance(issue.get("fields"), Mapping) or "id" not in issue:
        raise Unreadable("there is no issue in it")
    return Arrival(
        event=EVENTS[kind],
        record=lasting(str(issue["id"])),
        label=str(issue.get("key", issue["id"])),
        time=_time(payload.get("timestamp")),
        fields={**issue["fields"], "key": issue.get("key"), "id": issue["id"]},
        author=payload.get("user"),
    )


def person(value: Any, realm: str) -> Named | None:
    """The person that a user object names: by address, else by account (Cloud) or by key and name (Data Center)."""
    if isinstance(value, str) and "@" in value:
        return Named(email=value)
    if not isinstance(value, Mapping):
        return None
    name = value.get("displayName")
    shown = name if isinstance(name, str) else None
    if isinstance(address := value.get("emailAddress"), str) and "@" in address:
        return Named(email=address, name=shown)
    for field in ("accountId", "key", "name"):
        if isinstance(subject := value.get(field), str) and 0 < len(subject) <= LONGEST_ID:
            return Named(issuer=realm, subject=subject, name=shown)
    return None


def _time(milliseconds: Any) -> datetime | None:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
