"""What a ServiceNow business rule sends: flat or with a `record`, raw values, display values, or both.

ServiceNow has no webhooks of its own: the body is whatever the customer's script says. `servicenow_business_rule.js`
beside this file is the script that we ship; what others have written is taken as well.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from services.intake.adapters.arrivals import LONGEST_ID, Arrival, Ignored, Unreadable, lasting
from services.intake.adapters.directory import Named

EVENTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("sn_create", "create", "created", "insert", "inserted"), "created"),
    **dict.fromkeys(("sn_update", "update", "updated"), "updated"),
    **dict.fromkeys(("sn_delete", "delete", "deleted"), "deleted"),
}
KEPT_HEADERS: Final = ("user-agent",)
_DIGITS: Final = 6
_MOST: Final = 999_999
_OF_THE_ENVELOPE: Final = ("event", "operation", "table", "record", "result")


def repeat_of(_: Mapping[str, str], payload: Any, body: bytes) -> str:
    """What a repeat has in common: the record, how often it was changed, and what happened to it."""
    if isinstance(payload, Mapping):
        record = _record(payload)
        modified = raw(record.get("sys_mod_count")) or raw(record.get("sys_updated_on"))
        if (sys_id := raw(record.get("sys_id"))) and modified:
            return f"{sys_id}/{modified}/{_event(payload)}"
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def arrival(payload: Any) -> Arrival:
    """The delivery as intake takes it. Raises `Ignored` for operations unknown to us, and `Unreadable`."""
    if not isinstance(payload, Mapping):
        raise Unreadable("the body is no object")
    record = _record(payload)
    if not (sys_id := raw(record.get("sys_id"))):
        raise Unreadable("there is no sys_id in it")
    if (event := _event(payload)) not in EVENTS:
        raise Ignored(f"the event {event[:200]!r} says nothing of an intake")
    label = raw(record.get("number")) or raw(record.get("display_name")) or raw(record.get("name")) or sys_id
    return Arrival(
        event=EVENTS[event],
        record=lasting(sys_id),
        label=label,
        time=_time(record),
        fields=record,
        author=record.get("sys_updated_by"),
    )


def raw(value: Any) -> str:
    """A field's raw value, whichever form it came in: text, a number, `{value, display_value}`, or a reference."""
    if isinstance(value, Mapping):
        value = value.get("value", value.get("sys_id", ""))
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # the Change API counts in floats: 10.0 is the 10 of the Table API
    return "" if value is None else str(value).strip()


def person(value: Any, realm: str) -> Named | None:
    """The person in a field: an address, or a user by the id that ServiceNow gives them."""
    shown = value.get("display_value", value.get("name")) if isinstance(value, Mapping) else None
    named = raw(value)
    if "@" in named:
        return Named(email=named)
    if not 0 < len(named) <= LONGEST_ID:
        return None
    return Named(issuer=realm, subject=named, name=shown if isinstance(shown, str) and shown else None)


def _record(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in ("record", "result"):
        if isinstance(inner := payload.get(name), Mapping):
            return inner
    return {name: value for name, value in payload.items() if name not in _OF_THE_ENVELOPE}


def _event(payload: Mapping[str, Any]) -> str:
    return raw(payload.get("event") or payload.get("operation")).casefold()


def _time(record: Mapping[str, Any]) -> datetime | None:
    """When the record became so. Raw times are UTC without a zone; a display time in a user's own format tells none.

    Two changes within one second are told apart by their count.
    """
    try:
        at = datetime.strptime(raw(record.get("sys_updated_on")), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    count = raw(record.get("sys_mod_count"))
    known = count.isascii() and count.isdigit()
    return at + timedelta(microseconds=(int(count) if len(count) <= _DIGITS else _MOST) if known else 0)
