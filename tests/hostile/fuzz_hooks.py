"""What Schemathesis is told about this product: who may ask, what is there, and bodies that are taken.

Loaded by its own process (`SCHEMATHESIS_HOOKS`). Left to itself it would ask as one person for things that are not
there: so one of several people makes each call, and some calls carry an id that leads somewhere, or a body that is
taken. The draws come from one generator with the run's seed, in the order of the calls.
"""

import copy
import json
import os
import random
from pathlib import Path
from typing import Any, Final

import schemathesis

from tests.hostile.bodies import BODIES

KNOWN_ID, GOOD_BODY, OWN_STEP = 0.5, 0.3, 0.5
ANONYMOUS: Final = ""

_told: Final = json.loads(Path(os.environ["SCHEMATHESIS_TOLD"]).read_text())
_draw: Final = random.Random(_told["seed"])


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Put a person, and now and then something real, into a call."""
    token = _draw.choice([*_told["tokens"].values(), ANONYMOUS])
    if token:
        case.headers["Authorization"] = f"Bearer {token}"
    # In a chain of calls half of the ids are those that the call before was answered with.
    chance = KNOWN_ID * (OWN_STEP if case.meta is not None and case.meta.phase.name == "stateful" else 1)
    for name in sorted(case.path_parameters):
        if name in _told["ids"] and _draw.random() < chance:
            case.path_parameters[name] = _told["ids"][name]
    good = BODIES.get((case.method.upper(), case.path))
    if good is not None and _draw.random() < GOOD_BODY:
        case.body = copy.deepcopy(dict(good))


@schemathesis.serializer("application/x-ndjson", "*/*")
def as_it_is(context: Any, value: Any) -> bytes:
    """A batch or an upload as it was drawn; what is not text already goes as one line of JSON."""
    if isinstance(value, bytes):
        return value
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()
