"""One import from the file to its account."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import httpx2
import rfc8785

from services.intake.importing.lines import line_of
from services.intake.importing.options import Options
from services.intake.importing.plan import Plan, Planned
from services.intake.importing.preparing import Prepared
from services.intake.importing.report import write_report
from services.intake.importing.result import Ended, ImportResult, Triage
from services.intake.importing.resuming import Run
from services.intake.importing.server import Server
from services.intake.importing.server import ServerRefused as ServerRefused
from services.intake.importing.server import ServerUnreachable as ServerUnreachable
from services.intake.mappings import Agreement, Row, Unusable, agreement
from services.intake.mappings import Mapping as PortfolioMapping

SLICE: Final = 100
MOST_AT_ONCE: Final = 500
PATIENCE_SECONDS: Final = 60.0
Progress = Callable[[int, int], None]
"""Told how many systems of how many are through."""


async def run_import(
    prepared: Prepared, client: httpx2.AsyncClient, progress: Progress, *, patience: float = PATIENCE_SECONDS
) -> ImportResult:
    """Import a portfolio through the API that `client` (address and token) reaches.

    Interrupted and run again, it goes on; run again when it was done, it changes nothing that did not change. Raises
    `OSError`, `ServerRefused`, and `ServerUnreachable` after `patience` seconds without an answer.
    """
    options, mapping, rows, planned = prepared.options, prepared.mapping, prepared.rows, prepared.plan
    run = Run.begin(options.state, options.file, mapping.name)
    server = Server(client, patience)
    results = await _sent(server, planned, mapping, run, options, progress)
    triage = await _begun(server, results, options, run)
    ended = _ended(rows, planned, results)
    compared = await _compared(server, rows, ended, mapping, options.compare_label)
    result = ImportResult(
        ended=ended,
        triage=triage,
        possible_duplicates=planned.possible_duplicates,
        resumed=run.resumed,
        agreement=compared,
    )
    if options.report is not None:
        write_report(result, options.report)
    run.finish()
    return result


async def _sent(
    server: Server, planned: Plan, mapping: PortfolioMapping, run: Run, options: Options, progress: Progress
) -> list[dict[str, Any]]:
    """The server's result for each system, in the plan's order."""
    today = datetime.now(UTC).date()
    held = not options.reviews.at_once
    lines = [line_of(one, mapping.format, run.id, today, held=held) for one in planned.systems]
    results: list[dict[str, Any]] = [{}] * len(lines)
    done = 0
    progress(done, len(lines))
    for begin in range(0, len(lines), SLICE):
        async for place, result in server.batch(lines[begin : begin + SLICE]):
            results[begin + place] = result
            done += 1
            progress(done, len(lines))
    return results


async def _begun(server: Server, results: Sequence[Mapping[str, Any]], options: Options, run: Run) -> Triage:
    """Start the clocks of what waits without one: the gravest first, spread as was asked."""
    waiting = [one for one in results if one.get("stage") == "waiting" and one["clock_due_at"] is None]
    if options.reviews.text == "none" or not waiting:
        return Triage()
    waiting.sort(key=lambda one: (not one["prohibited"], not one["high_risk"], -one["score"], one["intake_id"]))
    items = [
        {"intake_id": one["intake_id"], "business_days": options.reviews.day_of(place)}
        for place, one in enumerate(waiting)
    ]
    refused: list[str] = []
    for begin in range(0, len(items), MOST_AT_ONCE):
        body = {"items": items[begin : begin + MOST_AT_ONCE]}
        key = f"import/{run.id}/begin/{hashlib.sha256(rfc8785.dumps(body)).hexdigest()[:16]}"
        answer = await server.post("/intake/v1/triage:begin", body, key)
        refused += [one["problem"]["detail"] for one in answer["items"] if one["status"] >= 400]
    return Triage(
        begun=len(items) - len(refused), days=items[-1]["business_days"] + 1, refused=tuple(sorted(set(refused)))
    )


def _ended(rows: Sequence[Row | Unusable], planned: Plan, results: Sequence[Mapping[str, Any]]) -> list[Ended]:
    """How each row of the file ended, in the file's order."""
    doubtful = {line: lines for lines in planned.possible_duplicates for line in lines}
    ended = {
        row.line: Ended(line=row.line, outcome="refused", name="", reason=row.reason)
        for row in rows
        if isinstance(row, Unusable)
    }
    for system, result in zip(planned.systems, results, strict=True):
        first = _of(system, result, doubtful.get(system.row.line, ()))
        ended[first.line] = first
        ended |= {row.line: _merged(row, first) for row in system.merged}
    return [ended[row.line] for row in rows]


def _of(system: Planned, result: Mapping[str, Any], doubtful: Sequence[int]) -> Ended:
    row = system.row
    others = tuple(line for line in doubtful if line != row.line)
    if "problem" in result:
        return Ended(
            line=row.line, outcome="refused", name=row.name, reason=_reason(result["problem"]), unseen=row.unseen
        )
    return Ended(
        line=row.line,
        outcome=result["outcome"],
        name=row.name,
        system_id=result["system_id"],
        intake_id=result["intake_id"],
        tier=result["tier"],
        high_risk=result["high_risk"],
        score=result["score"],
        possible_duplicates=others,
        unseen=row.unseen,
    )


def _merged(row: Row, first: Ended) -> Ended:
    """A row that says what another one says ends as that one's system, or is refused with it."""
    refused = first.outcome == "refused"
    return Ended(
        line=row.line,
        outcome="refused" if refused else "merged",
        name=row.name,
        system_id=first.system_id,
        intake_id=first.intake_id,
        tier=first.tier,
        high_risk=first.high_risk,
        score=first.score,
        reason=first.reason,
        merged_with=first.line,
        unseen=row.unseen,
    )


def _reason(problem: Mapping[str, Any]) -> str:
    fields = "; ".join(f"{one['pointer']}: {one['detail']}" for one in problem.get("errors", ()) if "pointer" in one)
    return f"{problem['detail']} ({fields})" if fields else str(problem["detail"])


async def _compared(
    server: Server,
    rows: Sequence[Row | Unusable],
    ended: Sequence[Ended],
    mapping: PortfolioMapping,
    column: str | None,
) -> Agreement | None:
    """How our tiers agree with the source's own label; each row counts, also one that was merged."""
    if column is None:
        return None
    tiers = (await server.get("/intake/v1/tiers"))["items"]
    pairs = [
        (end.tier, mapping.label_of(row.raw, column))
        for row, end in zip(rows, ended, strict=True)
        if isinstance(row, Row) and end.tier is not None
    ]
    return agreement(pairs, [tier["id"] for tier in tiers], [tier["id"] for tier in tiers if tier["high_risk"]])
