"""Deliveries as Jira and ServiceNow send them, written for the tests, and their senders' ways of signing."""

import base64
import hmac
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

from tests.services.intake.world import World

JIRA_MAPPING: Final = """\
name: summary
owner: assignee
requester: reporter
business_unit: customfield_10101
only: [{field: issuetype.name, any_of: [AI system]}]
attributes:
  sector: {field: customfield_10070, choices: {finance: [Banking, Insurance], health: ["10211"]}}
  technique: {field: customfield_10075, choices: {generative: [Generative AI], predictive: [Prediction]}}
texts: {summary: description}
"""
SERVICENOW_MAPPING: Final = """\
name: name
owner: managed_by
attributes:
  sector: {field: u_sector, choices: {finance: [Banking], health: ["3"]}}
texts: {summary: description}
"""
SECRET: Final = base64.b64encode(b"thirty-two bytes of a test secret").decode()


def person(name: str) -> dict[str, Any]:
    """A user of Jira Cloud."""
    return {
        "self": f"https://example.atlassian.net/rest/api/2/user?accountId={name}-1",
        "accountId": f"{name}-1",
        "emailAddress": f"{name}@example.org",
        "displayName": name.title(),
        "active": True,
        "timeZone": "Europe/London",
        "accountType": "atlassian",
    }


def issue(event: str = "created", at: int = 1_772_000_000_000, **fields: Any) -> dict[str, Any]:
    """A delivery about one issue of Jira Cloud."""
    told = {
        "summary": "Claims triage",
        "issuetype": {"id": "10001", "name": "AI system", "subtask": False},
        "description": "Sorts claims by urgency.",
        "assignee": person("omar"),
        "reporter": person("rita"),
        "customfield_10070": {"self": "https://example.atlassian.net/…", "value": "Insurance", "id": "10210"},
        "customfield_10075": [{"value": "Prediction", "id": "10220"}],
        "customfield_10101": "Retail",
        "status": {"id": "1", "name": "To Do", "statusCategory": {"key": "new"}},
        **fields,
    }
    return {
        "timestamp": at,
        "webhookEvent": f"jira:issue_{event}",
        "issue_event_type_name": "issue_generic",
        "user": person("rita"),
        "issue": {
            "id": "10040",
            "self": "https://example.atlassian.net/rest/api/2/issue/10040",
            "key": "AI-41",
            "fields": told,
        },
        "changelog": {"id": "10222", "items": []},
    }


def record(event: str = "sn_create", count: int = 0, at: str = "2026-02-25 08:00:00", **fields: Any) -> dict[str, Any]:
    """A delivery as the shipped business rule makes it: raw and display value of every field."""
    told = {
        "sys_id": ("c537bae64f411200adf9f8e18110c76e", ""),
        "sys_mod_count": (str(count), str(count)),
        "sys_updated_on": (at, "25/02/2026 09:00:00"),
        "name": ("Invoice reader", "Invoice reader"),
        "description": ("Reads invoices.", "Reads invoices."),
        "u_sector": ("7", "Banking"),
        "managed_by": ("62826bf03710200044e0bfc8bcbe5df1", "Abel Tuter"),
        **fields,
    }
    return {
        "event": event,
        "table": "alm_ai_system_digital_asset",
        "record": {name: {"value": value, "display_value": shown} for name, (value, shown) in told.items()},
    }


async def endpoint(world: World, source: str, **more: Any) -> dict[str, Any]:
    """A new endpoint, its secret known to the test."""
    mapping = JIRA_MAPPING if source == "jira" else SERVICENOW_MAPPING
    body = {"source": source, "name": "Test", "mapping": mapping, "owner": "piet", "secret": SECRET, **more}
    made = await world.post("/endpoints", body, who="olga")
    assert made.status_code == 201, made.text
    return made.json()


async def deliver(
    world: World, to: Mapping[str, Any], payload: Any, secret: str = SECRET, signed: bytes | None = None, **headers: str
) -> Any:
    """Send a payload (or bytes) as its source would, signed by its scheme."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    told = {"Content-Type": "application/json", **_signature(to["scheme"], secret, body if signed is None else signed)}
    if to["source"] == "jira":
        told["X-Atlassian-Webhook-Identifier"] = headers.pop("identifier", str(uuid4()))
    return await world.client.post(to["path"], content=body, headers=told | headers)


def _signature(scheme: str, secret: str, body: bytes) -> dict[str, str]:
    match scheme:
        case "jira":
            return {"X-Hub-Signature": "sha256=" + hmac.digest(secret.encode(), body, sha256).hex()}
        case "servicenow-mac":
            mac = hmac.digest(base64.b64decode(secret), body, sha256)
            return {"X-Gatehouse-Signature": base64.b64encode(mac).decode()}
        case _:
            return {"X-Gatehouse-Secret": secret}
