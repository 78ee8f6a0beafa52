"""What a record is, before anybody tries to give it an effect."""

from shared.events.catalogue import MalformedFact, UnknownType
from shared.events.envelope import MalformedEvent
from shared.log.port import CHECKPOINT_TYPE, Record


def is_event(record: Record) -> bool:
    """Checkpoints are no events: the newest simply replaces the one before, so a repeat of it does no harm."""
    return record.headers.get("content-type") != CHECKPOINT_TYPE


def holds_a_fact(record: Record) -> bool:
    """Whether the record carries a fact that this build knows, as a relay publishes it."""
    if not is_event(record):
        return False
    try:
        _ = record.fact, record.position
    except (MalformedEvent, MalformedFact, UnknownType, KeyError, ValueError):
        return False
    return True
