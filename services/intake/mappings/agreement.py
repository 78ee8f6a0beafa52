"""How our tiers agree with a label that the source gave its own systems."""

from collections.abc import Iterable
from collections.abc import Mapping as Cells

import msgspec

from services.intake.mappings.spelling import plain


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """Over the rows that carry a label: `table` counts them by label (impacting, not-impacting) and tier.

    `recall_high`: of the impacting ones, the part at a high-risk tier. `share_high`: of all, the part at a high-risk
    tier. Both are None where there is nothing to count: no data is no data. `left_out`: rows without a label.
    """

    table: dict[str, dict[str, int]]
    recall_high: float | None
    share_high: float | None
    labelled: int
    left_out: int


def agreement(rows: Iterable[tuple[str, bool | None]], tiers: Iterable[str], high_risk: Iterable[str]) -> Agreement:
    """The agreement over pairs of (tier, label), where the label None means that the row carries none.

    `tiers` are all tiers in their order, `high_risk` those that count as high.
    """
    order, high = tuple(tiers), set(high_risk)
    table = {label: dict.fromkeys(order, 0) for label in ("impacting", "not-impacting")}
    left_out = 0
    for tier, label in rows:
        if label is None:
            left_out += 1
        else:
            table["impacting" if label else "not-impacting"][tier] += 1
    impacting, everything = sum(table["impacting"].values()), sum(sum(row.values()) for row in table.values())
    found = sum(count for tier, count in table["impacting"].items() if tier in high)
    flagged = sum(count for row in table.values() for tier, count in row.items() if tier in high)
    return Agreement(
        table=table,
        recall_high=found / impacting if impacting else None,
        share_high=flagged / everything if everything else None,
        labelled=everything,
        left_out=left_out,
    )


def labelled(table: Cells[str, bool], cell: str) -> bool | None:
    """What a label's cell says by its table of plain spellings; None where it says neither yes nor no."""
    return table.get(plain(cell))
