"""From examinations to one answer: what held, on whose word, and the first thing that did not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from services.verifying.suspect import Finding, Suspect
from shared.runtime.settings import SERVICES
from shared.transparency.checkpoint import peek
from shared.transparency.failures import Malformed
from shared.transparency.policy import Policy
from shared.transparency.report import Problem
from shared.transparency.verify import Remembered

NOT_SERVED = "not served here"
DIFFER = "differ"
UNREADABLE = "can't be read"


class Compared(NamedTuple):
    """What comparing derived tables found, and the services whose tables were not compared, each with the reason."""

    projections: str
    left_out: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Heads that others saw: the auditor's own checkpoint, and what witnesses cosigned last."""

    held: Sequence[Remembered] = ()
    witnessed: Sequence[Remembered] = ()

    @classmethod
    def of(cls, against: Path | None, witness: Path | None) -> "Memory":
        """From a checkpoint file and a witness's folder. Raises `FileNotFoundError`, and `Malformed` for other text."""
        held = [] if against is None else [(f"the head in {against.name}", against.read_bytes())]
        if witness is not None and not witness.is_dir():
            raise FileNotFoundError(f"{witness}: no such folder of a witness")
        files = [] if witness is None else sorted(witness.glob("*.checkpoint"))
        memory = cls(held=held, witnessed=[(f"the witness's {path.name}", path.read_bytes()) for path in files])
        for _, signed in (*memory.held, *memory.witnessed):
            peek(signed)
        return memory

    def of_log(self, signed: bytes, service: str) -> list[Remembered]:
        """What is held against one service's log. An auditor's checkpoint is meant for the service that its origin
        names, whatever installation shows itself now; a witness keeps a file per origin, and others are other logs."""
        try:
            origin = peek(signed).origin
        except Malformed:
            origin = ""  # the examination says that the head can't be read
        return [
            *(each for each in self.held if peek(each[1]).origin.endswith(f"/{service}")),
            *(each for each in self.witnessed if peek(each[1]).origin == origin),
        ]


def examined(suspects: Sequence[Suspect], policy: Policy | None, memory: Memory) -> list[Finding]:
    """Examine every log, and hold against it what others remember of it."""
    findings = []
    for suspect in suspects:
        signed = suspect.signed()
        remembered = memory.of_log(signed, suspect.service)
        if not signed and not remembered and not suspect.begun():
            continue  # a service that has not recorded anything has no log yet
        reports = [examine(policy, remembered) for examine in suspect.examine]
        contents = suspect.contents
        findings.append(Finding(suspect.service, reports, contents.rest(), contents, suspect.recorded()))
    return [*findings, *_gone(findings, policy, memory)]


def _gone(findings: Sequence[Finding], policy: Policy | None, memory: Memory) -> list[Finding]:
    """Logs that somebody remembers and that are not here: what was to be examined may have been taken away whole.

    A witness also knows logs of others; of those only the ones that the policy names are expected.
    """
    here = {report.origin for finding in findings for report in finding.reports}
    named = set() if policy is None else {party.key.name for party in policy.logs}
    expected = {origin: label for label, origin in map(_origin, memory.witnessed) if origin in named}
    services = {finding.service for finding in findings}
    gone = [(origin, label) for origin, label in expected.items() if origin not in here]
    gone += [(origin, label) for label, origin in map(_origin, memory.held) if _service(origin) not in services]
    return [
        Finding(_service(origin), [], [Problem(f"the log is not here, and {label} is of it")]) for origin, label in gone
    ]


def _origin(remembered: Remembered) -> tuple[str, str]:
    return remembered[0], peek(remembered[1]).origin


def _service(origin: str) -> str:
    return origin.rpartition("/")[2]


def verdict(findings: Sequence[Finding], projections: str, left_out: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The answer as one JSON object; `first_bad` is None when everything held, `absent` are services without a log."""
    bad = [(finding.service, problem) for finding in findings if (problem := finding.problem) is not None]
    first = None
    if bad:
        service, problem = bad[0]
        first = {"service": service, "position": problem.position, "through": problem.through, "reason": problem.reason}
    return {
        "verified": not bad and projections not in (DIFFER, UNREADABLE),
        "services": {finding.service: _of_log(finding) for finding in findings if finding.reports},
        "key": next((report.key_source for finding in findings for report in finding.reports), "source"),
        "projections": projections,
        "left_out": dict(left_out or {}),
        "absent": [name for name in SERVICES if name not in {finding.service for finding in findings}],
        "contents": {
            "rehashed": sum(finding.contents.rehashed for finding in findings),
            "erased": sum(finding.contents.erased for finding in findings),
        },
        "first_bad": first,
    }


def in_words(answer: dict[str, Any]) -> str:
    """The answer for people."""
    lines = [f"{'verified' if answer['verified'] else 'NOT verified'}; projections: {answer['projections']}"]
    for service, log in answer["services"].items():
        lines.append(f"  {service:11}{log['size']:>9} facts  root {log['root'][:16]}…  {'ok' if log['ok'] else 'BAD'}")
        lines.append(f"             {log['basis']}")
        if log["uncovered"]:
            lines.append(
                f"             facts recorded since that head was signed, not covered by it: {log['uncovered']}"
            )
    lines += [f"  {service:11}no log here: nothing is recorded yet, or it was hidden" for service in answer["absent"]]
    lines += [f"  {service:11}derived tables not compared: {why}" for service, why in answer["left_out"].items()]
    kept = answer["contents"]
    if kept["rehashed"] or kept["erased"]:
        lines.append(f"  {kept['rehashed']} contents re-hashed, {kept['erased']} erased as is allowed")
    if (first := answer["first_bad"]) is not None:
        lines.append(first_bad(first))
    return "\n".join(lines)


def first_bad(first: Mapping[str, Any]) -> str:
    """Where an answer begins to be bad, for people; what is bad as a whole has no position."""
    place = "" if first["position"] is None else f" at position {first['position']}"
    return f"first bad: {first['service']}{place}: {first['reason']}"


def _of_log(finding: Finding) -> dict[str, Any]:
    report = finding.reports[0]
    return {
        "origin": report.origin,
        "size": report.size,
        "root": report.root.hex(),
        "checked": report.checked,
        "uncovered": finding.uncovered,
        "ok": finding.problem is None,
        "basis": report.basis,
    }
