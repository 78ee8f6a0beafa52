"""The offline verifier: re-hashes every byte of a log and holds the result against everything that was ever signed.

Roots alone prove little about what lies in the folder, so nothing is taken over: entries give leaf hashes, leaf hashes
give tiles, tiles give the root, and each stored copy is compared on the way. What a log can't show about itself
(an old copy, a fork, another key) shows against heads that somebody else remembers, and against a policy.
"""

from collections.abc import Callable, Iterable

from .checkpoint import Checkpoint, peek
from .failures import Absent, Malformed, Unproven
from .hashes import EMPTY_ROOT
from .keys import read_verifier
from .policy import NONE, Party, Policy, Verdict
from .report import KeySource, Problem, Report, essential
from .tile_source import CHECKPOINT, VKEY, TileSource
from .tile_walk import TileWalk
from .walk import EntryWalk, Mark, Walk, Watch

Remembered = tuple[str, bytes]
"""A label for people ("the auditor's checkpoint"), and a signed checkpoint of the same log from elsewhere."""


def verify_log(
    source: TileSource,
    policy: Policy | None = None,
    remembered: Iterable[Remembered] = (),
    watch: Watch | None = None,
) -> Report:
    """Verify one log from its tiles, entries included.

    `remembered` are heads that others saw: the auditor's last checkpoint, a witness's latest. Without a policy the key
    comes from the source, and the report says so. `watch(position, entry)` sees every entry in order and answers what
    it finds wrong with it, or None. Faults of the log go into the report; only faults of reading, an `OSError` or a
    network's, are raised.
    """
    case = _Case(policy, lambda: source.read(VKEY))
    claimed = case.take(lambda: source.read(CHECKPOINT))
    if claimed is None:
        return case.nothing()
    return case.walked(TileWalk(source, claimed, case.marks(remembered), watch))


def verify_entries(
    entries: Iterable[bytes],
    signed: bytes,
    policy: Policy | None = None,
    vkeys: bytes = b"",
    remembered: Iterable[Remembered] = (),
    watch: Watch | None = None,
) -> Report:
    """Verify entries that come without tiles, in the order of their positions: a topic, a table, a dump.

    The more heads are remembered, the narrower a fault is placed. Entries beyond the checkpoint's size are not covered
    by it and are not read. `vkeys` are the source's own keys, one per line, for when there is no policy.
    """
    case = _Case(policy, lambda: vkeys)
    claimed = case.take(lambda: signed)
    if claimed is None:
        return case.nothing()
    return case.walked(EntryWalk(entries, claimed, case.marks(remembered), watch))


class _Case:
    """One verification: whom to believe, what was claimed, what was found."""

    def __init__(self, policy: Policy | None, own_keys: Callable[[], bytes]) -> None:
        self._problems: list[Problem] = []
        self._key_source: KeySource = "source" if policy is None else "policy"
        self._policy = self._own_policy(own_keys) if policy is None else policy
        self._claimed = Checkpoint("", 0, EMPTY_ROOT)
        self._verdict: Verdict | None = None

    def take(self, read: Callable[[], bytes]) -> Checkpoint | None:
        """The checkpoint under test; None if there is none that can be read."""
        try:
            signed = read()
            self._claimed = peek(signed)
        except (Absent, Malformed) as error:
            self._problems.append(Problem(f"the checkpoint: {error}"))
            return None
        self._verdict = self._judged("the checkpoint", signed)
        if self._verdict is not None and not self._verdict.quorum:
            self._problems.append(Problem(f"too few witnesses cosigned the checkpoint: {len(self._verdict.cosigned)}"))
        return self._claimed

    def marks(self, remembered: Iterable[Remembered]) -> list[Mark]:
        """What the remembered heads demand of the log; those that can't be used become problems."""
        marks: list[Mark] = []
        for label, signed in remembered:
            verdict = self._judged(label, signed)
            if verdict is None:
                continue
            head = verdict.head.checkpoint
            if head.origin != self._claimed.origin:
                self._problems.append(Problem(f"{label} is of another log: {head.origin}"))
            elif head.size > self._claimed.size:
                reason = f"rolled back: {label} has size {head.size}, the log {self._claimed.size}"
                self._problems.append(Problem(reason, self._claimed.size, head.size - 1))
            else:
                marks.append(Mark(label, head.size, head.root))
        return marks

    def nothing(self) -> Report:
        """The report of a log without a readable checkpoint."""
        return self._report(0, (), ())

    def walked(self, walk: Walk) -> Report:
        """Run the walk and report."""
        walk.run()
        return self._report(walk.checked, walk.passed, walk.problems)

    def _report(self, checked: int, passed: Iterable[str], problems: Iterable[Problem]) -> Report:
        asked = self._policy.quorum != NONE
        return Report(
            origin=self._claimed.origin,
            size=self._claimed.size,
            root=self._claimed.root,
            key_source=self._key_source,
            checked=checked,
            quorum=self._verdict is not None and self._verdict.quorum if asked else None,
            cosigned={} if self._verdict is None else self._verdict.cosigned,
            compared=tuple(passed),
            problems=essential([*self._problems, *problems]),
        )

    def _judged(self, label: str, signed: bytes) -> Verdict | None:
        try:
            return self._policy.check(signed)
        except (Malformed, Unproven) as error:
            self._problems.append(Problem(f"{label}: {error}"))
            return None

    def _own_policy(self, own_keys: Callable[[], bytes]) -> Policy:
        try:
            keys = [read_verifier(line) for line in own_keys().decode().splitlines()]
        except (Absent, Malformed, UnicodeDecodeError) as error:
            self._problems.append(Problem(f"the source's own keys: {error}"))
            keys = []
        return Policy(tuple(Party(key) for key in dict.fromkeys(keys)))
