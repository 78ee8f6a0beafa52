"""Schemathesis against a running server: what it sent, and what it found against the server's own document."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2

from tests.house.tree import ROOT

CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)
HOOKS: Final = "tests.hostile.fuzz_hooks"
SCHEMATHESIS: Final = Path(sys.executable).with_name("st")


@dataclass(frozen=True)
class Found:
    """One run: how many calls, the phases that ran, and failures as `code operation`."""

    sent: int
    phases: Mapping[str, str]
    failures: Sequence[str]
    errors: Sequence[Any]
    words: str


def tightened(document: dict[str, Any]) -> dict[str, Any]:
    """The document in which an object is what it declares and nothing more, so that whatever else is answered shows."""
    for schema in document.get("components", {}).get("schemas", {}).values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return document


def fuzz(url: str, folder: Path, told: Mapping[str, Any], seed: int, *bounds: str) -> Found:
    """One run against the document at `url`. `told` holds tokens by person and ids by path parameter."""
    folder.mkdir(exist_ok=True)
    notes, report = folder / "told.json", folder / "report.json"
    document = folder / "openapi.json"
    document.write_text(json.dumps(tightened(httpx2.get(f"{url}/openapi.json").raise_for_status().json())))
    notes.write_text(json.dumps({**told, "seed": seed}))
    notes.chmod(0o600)
    options = ["--seed", str(seed), "--generation-database", "none", "--no-shrink", "--continue-on-failure"]
    options += ["--no-color", "--report", "json", "--report-json-path", str(report), "--checks", ",".join(CHECKS)]
    done = subprocess.run(
        [SCHEMATHESIS, "run", str(document), "--url", url, *options, *bounds],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,  # it keeps a cache where it runs
        env={**os.environ, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": HOOKS, "SCHEMATHESIS_TOLD": str(notes)},
    )
    words = done.stdout + done.stderr
    assert report.exists(), words[-3000:]
    found = json.loads(report.read_text())
    failures = [f"{one['code']} {each}" for one in found["failures"] for each in one["operations"]]
    phases = {name: one["status"] for name, one in found["phases"].items()}
    return Found(found["test_cases"]["generated"], phases, failures, found["errors"], words)
