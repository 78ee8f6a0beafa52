"""Logs that nobody can forge and traces that go on (table B row 23)."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import SpanKind

from shared.runtime.settings import Settings
from shared.runtime.telemetry import OurShare, continued, current_traceparent, start_logging, start_tracing
from tests.contracts.runtime.notes_site import Site

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def ratio() -> float:
    return 1.0


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch, ratio: float) -> Iterator[InMemorySpanExporter]:
    """A process with tracing, as `start_tracing` makes it, whose spans are kept here."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", type(trace._TRACER_PROVIDER_SET_ONCE)())
    provider = start_tracing(Settings(trace_ratio=ratio), "api")
    assert isinstance(provider, TracerProvider)
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    provider.shutdown()


@pytest.mark.parametrize(
    "text", ["a\r\n{}", "\x1b[2J", "\u202e", "\u2028", "x\x00y", "half \ud800 of one", '"},{"event":"forged"']
)
def test_text_in_a_log_line_stays_in_that_line(logged: Lines, text: str) -> None:
    structlog.get_logger("test").info("seen", name=text)
    (line,) = logged()
    assert line["name"] == text
    assert line["event"] == "seen"


class Odd:
    def __repr__(self) -> str:
        return "Odd()"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1.5, 1.5), (None, None), ("caf\u00e9", "caf\u00e9"), (("a", 1), ["a", 1]), (Odd(), "Odd()"), (b"x", "b'x'")],
)
def test_a_line_holds_values_as_json_has_them_or_as_they_are_shown(logged: Lines, value: Any, shown: Any) -> None:
    structlog.get_logger("test").warning("seen", value=value)
    (line,) = logged()
    assert {name: line[name] for name in ("value", "event", "level", "logger")} == {
        "value": shown,
        "event": "seen",
        "level": "warning",
        "logger": "test",
    }
    assert line["timestamp"].endswith("Z")


def test_our_lines_and_those_of_libraries_stand_in_one_place_with_their_errors(logged: Lines) -> None:
    logging.getLogger("library").error("theirs %d", 1)
    try:
        raise ValueError("caf\u00e9")
    except ValueError:
        structlog.get_logger("test").exception("ours")
    structlog.get_logger("test").debug("not at this level")
    theirs, ours = logged()
    assert (theirs["event"], theirs["logger"]) == ("theirs 1", "library")
    assert (ours["event"], ours["level"]) == ("ours", "error")
    assert "ValueError: caf\u00e9" in ours["exception"]


def test_a_line_that_cannot_be_written_fails_nobody_and_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    start_logging("info", stream)
    stream.close()
    structlog.get_logger("test").info("lost")
    assert "I/O operation on closed file" in capsys.readouterr().err


async def test_a_path_with_line_ends_is_one_line(site: Site, logged: Lines) -> None:
    await site.client.get("/a%0d%0a%7b%22event%22%3a%22forged%22%7d%1b%5b2J")
    assert [line["event"] for line in logged()] == ["request"]
    assert all(text.isascii() and text.isprintable() for text in map(json.dumps, logged()))


async def test_a_request_is_logged_with_its_id_and_route(site: Site, logged: Lines) -> None:
    response = await site.client.get("/notes/v1/notes")
    line = logged()[-1]
    assert line["request_id"] == response.headers["x-request-id"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/notes/v1/notes", 200)


def test_outside_of_a_span_there_is_no_traceparent() -> None:
    assert current_traceparent() is None


async def test_one_trace_goes_from_the_request_into_the_event_and_on(
    make_site: Callable[..., Site], spans: InMemorySpanExporter, logged: Lines
) -> None:
    from fastapi import APIRouter

    routes = APIRouter()

    @routes.get("/traced")
    async def traced() -> str | None:
        return current_traceparent()

    site = make_site(routers=(routes,))
    incoming = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    in_event = (await site.client.get("/traced", headers={"traceparent": incoming})).json()
    assert in_event.split("-")[1] == "4bf92f3577b34da6a3ce929d0e0e4736"
    with continued(in_event, "consume", topic="gatehouse.intake.v1"):
        assert (current_traceparent() or "").split("-")[1] == in_event.split("-")[1]
    request, consumed = spans.get_finished_spans()
    assert request.name == "GET /traced"
    assert consumed.name == "consume"
    assert consumed.parent is not None
    assert trace.format_span_id(consumed.parent.span_id) == in_event.split("-")[2]
    assert logged()[-1]["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(("ratio", "sampled"), [(0.0, 0), (1.0, 1)])
@pytest.mark.parametrize("flag", ["00", "01"])
async def test_no_caller_says_what_is_sampled(site: Site, spans: InMemorySpanExporter, flag: str, sampled: int) -> None:
    traceparent = f"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flag}"
    await site.client.get("/notes/v1/notes", headers={"traceparent": traceparent})
    assert len(spans.get_finished_spans()) == sampled


def test_no_trace_id_is_sampled_in_every_process() -> None:
    kept = [OurShare(0.5).should_sample(None, 1, "GET /", SpanKind.SERVER).decision for _ in range(64)]
    assert set(kept) == {Decision.DROP, Decision.RECORD_AND_SAMPLE}


@pytest.mark.parametrize("ratio", [0.0, 1.0])
@pytest.mark.parametrize("flag", ["00", "01"])
async def test_what_goes_on_from_an_event_is_sampled_as_its_request_was(spans: InMemorySpanExporter, flag: str) -> None:
    with continued(f"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flag}", "consume"):
        pass
    assert len(spans.get_finished_spans()) == int(flag)


async def test_what_opens_a_session_stands_in_no_trace(site: Site, spans: InMemorySpanExporter) -> None:
    await site.client.get("/entry/s3cret?code=s3cret")
    await site.client.get("/notes/v1/notes")
    assert [span.name for span in spans.get_finished_spans()] == ["GET /notes/v1/notes"]


def test_a_broken_traceparent_begins_a_new_trace(spans: InMemorySpanExporter) -> None:
    for broken in (None, "", "00-zz-1-01", "x" * 500):
        with continued(broken, "consume"):
            assert current_traceparent() is not None
    assert len({span.context.trace_id for span in spans.get_finished_spans() if span.context}) == 4
