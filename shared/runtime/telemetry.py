"""Logs as one JSON object a line, and traces that follow a fact from HTTP through the log into the workflow."""

import logging
import secrets
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TextIO

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes

from shared.runtime.log_lines import Place, rendered, writing_to
from shared.runtime.settings import Settings

_SILENT: Final = (
    "alembic",  # tells every step of a migration that finds nothing to do, at each start
    "aiosqlite",  # at level debug every list with the values it was asked by
    "httpx2",  # every URL, and a webhook's URL is its secret
)
_W3C: Final = TraceContextTextMapPropagator()


def start_logging(level: str, stream: TextIO = sys.stderr) -> None:
    """Send every log line of the process, the libraries' too, to `stream` as JSON.

    Values can't forge lines: JSON in pure ASCII escapes line ends, terminal codes and bidirectional marks.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        structlog.processors.format_exc_info,
    ]
    place = Place(stream)
    structlog.configure(
        processors=[*shared, rendered],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=writing_to(place),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            rendered,
        ],
    )
    place.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [place]
    root.setLevel(level.upper())
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.WARNING)


def _add_trace(logger: object, name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        line["trace_id"] = trace.format_trace_id(context.trace_id)
        line["span_id"] = trace.format_span_id(context.span_id)
    return line


class OurShare(Sampler):
    """Samples a share of the requests, and everything else as its parent was.

    Anybody may send a `traceparent`: its flag is nothing to us, and its id has a place in an order that nobody knows.
    """

    def __init__(self, ratio: float) -> None:
        self._share = TraceIdRatioBased(ratio)
        self._parents = ParentBased(self._share)
        self._mask = secrets.randbits(64)

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Whether this span is kept, which it says in its flag."""
        if kind is SpanKind.SERVER:
            return self._share.should_sample(parent_context, trace_id ^ self._mask, name, kind, attributes, links)
        return self._parents.should_sample(parent_context, trace_id, name, kind, attributes, links)

    def get_description(self) -> str:
        """What to call this in logs."""
        return f"a share of requests: {self._share.get_description()}"


def start_tracing(settings: Settings, role: str) -> TracerProvider:
    """The process's tracer provider. Every request gets ids; a share is sampled, and sent if told where.

    The caller shuts it down, which sends what is left.
    """
    provider = TracerProvider(
        sampler=OurShare(settings.trace_ratio),
        resource=Resource.create({"service.name": "gatehouse", "service.instance.role": role}),
        shutdown_on_exit=False,
    )
    if settings.trace_endpoint is not None:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.trace_endpoint)))
    trace.set_tracer_provider(provider)
    return provider


def current_traceparent() -> str | None:
    """The W3C `traceparent` of the present span, for an event's envelope; None outside of any."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


@contextmanager
def continued(traceparent: str | None, name: str, **attributes: str) -> Iterator[None]:
    """A span that goes on with the trace an event carries: for relays, consumers, starters and activities."""
    context = _W3C.extract({"traceparent": traceparent} if traceparent else {})
    with trace.get_tracer("gatehouse").start_as_current_span(name, context=context, attributes=attributes):
        yield
