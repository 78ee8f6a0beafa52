"""What a search over all sequences of commands came to: objections, facts made, refusals on record."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from shared.events.review import ApprovalRefused, OverrideAttemptRefused
from tests.domain.review.search import BEGINNINGS, ENDS, R


@dataclass
class Searched:
    """`made` counts facts by their type, `refused` the reasons of attempts that are on record."""

    found: list[str] = field(default_factory=list)
    made: Counter[type] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def below(self, floors: Mapping[type, int], reasons: Mapping[str, int]) -> dict[str, int]:
        """What came up less often than it has to for the search to mean anything; reasons by their first words."""
        counted = {words: sum(n for reason, n in self.refused.items() if reason.startswith(words)) for words in reasons}
        few = {words: n for words, n in counted.items() if n < reasons[words]}
        return few | {kind.__name__: self.made[kind] for kind, floor in floors.items() if self.made[kind] < floor}

    def tell(self, what: str, floors: Mapping[type, int]) -> None:
        """Say it to whoever runs the tests."""
        lines = [f"  {count:6} {reason}" for reason, count in self.refused.most_common()]
        told = "\n".join([f"{BEGINNINGS * ENDS} sequences, {len(self.found)} {what}; on record as refused:", *lines])
        sys.stdout.write(f"\n{told}\n  { {kind.__name__: self.made[kind] for kind in floors} }\n")


def searched(runs: Iterable[tuple[R, int]], objections: Callable[[R], list[str]]) -> Searched:
    """Search every sequence, each with the number of things seen that others have shown already."""
    search = Searched()
    for run, known in runs:
        search.found += objections(run)
        new = [one.what for one in run.seen[known:]]
        search.made.update(type(one) for one in new)
        search.refused.update(one.reason for one in new if isinstance(one, ApprovalRefused | OverrideAttemptRefused))
    return search
