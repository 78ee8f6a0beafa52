"""The published language as documents: a JSON Schema per fact and one AsyncAPI 3 description, made from the catalogue.

`python -m shared.events.schemas DIR` writes them; a test fails when what is committed differs from what this makes.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from shared.events.catalogue import CATALOGUE
from shared.events.envelope import MAX_BYTES

SERVICES: Final = ("intake", "review", "monitoring", "reporting")
_PARTITIONS: Final = 6
_TEXT: Final = {"type": "string", "minLength": 1}
_MOMENT: Final = {"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"}
_ENVELOPE: Final[Mapping[str, Any]] = {
    "id": {"type": "string", "format": "uuid"},
    "source": {"type": "string", "format": "uri-reference"},
    "specversion": {"const": "1.0"},
    "datacontenttype": {"const": "application/json"},
    "subject": {**_TEXT, "description": "The stream."},
    "time": {**_MOMENT, "description": "When it happened."},
    "recordedtime": {**_MOMENT, "description": "When the store took it; never decreases with position."},
    "partitionkey": {**_TEXT, "description": "The AI system's id, else the stream."},
    "streamversion": {"type": "integer", "minimum": 0},
    "correlationid": _TEXT,
    "causationid": _TEXT,
    "authtype": {"enum": ["app_user", "service_account", "api_key", "system"]},
    "authid": {**_TEXT, "description": "The opaque id of a person, or the name of a key or service role."},
    "onbehalfof": _TEXT,
    "policyversion": _TEXT,
    "traceparent": _TEXT,
}
_HEADERS: Final[Mapping[str, Any]] = {
    "content-type": {"const": "application/cloudevents+json; charset=UTF-8"},
    "event_id": {"type": "string", "format": "uuid", "description": "The event's id: what to know repeats by."},
    "pos": {"type": "string", "pattern": "^[0-9]+$", "description": "Position in the service's log, dense from 0."},
    "ver": {"type": "string", "pattern": "^[0-9]+$", "description": "Version of the stream."},
    "schema": {**_TEXT, "description": "The event's type."},
    "leaf": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of a zero byte and the record."},
}
"""Beside the bytes of each record on Kafka, as UTF-8 (reliability C2)."""
_REQUIRED: Final = [
    "authid",
    "authtype",
    "correlationid",
    "data",
    "datacontenttype",
    "id",
    "partitionkey",
    "recordedtime",
    "source",
    "specversion",
    "streamversion",
    "subject",
    "time",
    "type",
]


def event_schema(type_name: str) -> dict[str, Any]:
    """JSON Schema 2020-12 of one event: its envelope and, under `data`, its fact."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:gatehouse:event:{type_name}",
        **_schema(type_name, "#"),
    }


def _schema(type_name: str, place: str) -> dict[str, Any]:
    """The schema for that place of a document, a JSON pointer in a fragment: references there are from the root."""
    (data,), definitions = msgspec.json.schema_components([CATALOGUE[type_name]], ref_template=place + "/$defs/{name}")
    return {
        "title": type_name,
        "type": "object",
        "properties": {**_ENVELOPE, "type": {"const": type_name}, "data": data},
        "required": _REQUIRED,
        "$defs": definitions,
    }


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3 document of every topic: who sends which facts, and how they are keyed."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Gatehouse facts",
            "version": "1.0.0",
            "description": "Every fact, as a CloudEvents 1.0 document in structured mode, in RFC 8785 canonical bytes "
            f"of at most {MAX_BYTES} bytes. Topics keep everything for ever.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {service: _channel(service) for service in SERVICES},
        "operations": {f"publish-{service}": _operation(service) for service in SERVICES},
        "components": {"messages": {name: _message(name) for name in CATALOGUE}},
    }


def write(folder: Path) -> None:
    """Write all documents under `folder`, each a stable text."""
    (folder / "schemas").mkdir(parents=True, exist_ok=True)
    for name in CATALOGUE:
        (folder / "schemas" / f"{name}.json").write_text(_text(event_schema(name)))
    (folder / "asyncapi.json").write_text(_text(asyncapi()))


def _channel(service: str) -> dict[str, Any]:
    topic = f"gatehouse.{service}.v1"
    return {
        "address": topic,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _of(service)},
        "bindings": {
            "kafka": {
                "topic": topic,
                "partitions": _PARTITIONS,
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": -1, "retention.bytes": -1},
            }
        },
    }


def _operation(service: str) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{service}"},
        "messages": [{"$ref": f"#/channels/{service}/messages/{name}"} for name in _of(service)],
    }


def _message(name: str) -> dict[str, Any]:
    schema = _schema(name, f"#/components/messages/{name}/payload/schema")
    return {
        "name": name,
        "summary": (CATALOGUE[name].__doc__ or "").strip().split("\n")[0],
        "contentType": "application/cloudevents+json",
        "headers": {"type": "object", "properties": _HEADERS, "required": sorted(_HEADERS)},
        "payload": {"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": schema},
        "bindings": {"kafka": {"key": {"type": "string", "description": "The AI system's id, else the stream."}}},
    }


def _of(service: str) -> list[str]:
    return [name for name in CATALOGUE if name.startswith(f"gatehouse.{service}.")]


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
