"""What a list may show, told to a query. Apart from the principals: a command names those and asks no database."""

from typing import Any

from sqlalchemy import ColumnElement, false, or_, true

from shared.runtime.principals import Reach


def reached(
    reach: Reach,
    *,
    system: ColumnElement[Any] | None = None,
    business_unit: ColumnElement[Any] | None = None,
    product_area: ColumnElement[Any] | None = None,
) -> ColumnElement[bool]:
    """The reach as a condition on the columns a table has; a scope whose column is not given opens nothing."""
    if reach.everything:
        return true()
    pairs = ((system, reach.systems), (business_unit, reach.business_units), (product_area, reach.product_areas))
    conditions = [column.in_(sorted(names)) for column, names in pairs if column is not None and names]
    return or_(*conditions) if conditions else false()
