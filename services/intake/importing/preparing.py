"""What can be known of an import without a server, and is therefore known before anything is sent."""

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass

from services.intake.importing.options import Options
from services.intake.importing.plan import Plan, plan
from services.intake.mappings import Mapping, Row, Unusable, load_mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A portfolio that was read to its end and can be imported as the options say."""

    options: Options
    mapping: Mapping
    rows: Sequence[Row | Unusable]
    plan: Plan


def prepare(options: Options) -> Prepared:
    """Read the portfolio and hold it against what is asked for.

    Raises `UnusableMapping`, also for a label to compare that the mapping does not know, `UnreadablePortfolio`,
    `UnusableOptions`, and `OSError`, also where there is no folder for the report.
    """
    mapping = load_mapping(options.mapping)
    if options.compare_label is not None:
        mapping.label(options.compare_label)
    if options.report is not None and not options.report.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(options.report.parent))
    rows = list(mapping.read(options.file))
    planned = plan((row for row in rows if isinstance(row, Row)), mapping.name)
    options.reviews.check(sum(not one.row.retired for one in planned.systems))
    return Prepared(options=options, mapping=mapping, rows=rows, plan=planned)
