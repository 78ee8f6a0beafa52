"""A refusal inside an answer: of one line of a batch, of one item of a bulk request."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from shared.refusals import Refused


class ItemProblem(TypedDict):
    """The members of problem details (RFC 9457) that hold within a larger answer."""

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[Mapping[str, Any]]]


def problem_of(refused: Refused) -> ItemProblem:
    """The refusal of one thing among several."""
    hidden = refused.code == "not-found"
    told: ItemProblem = {
        "type": f"/problems/{refused.code}",
        "title": refused.title,
        "status": refused.status,
        "detail": "there is nothing here by that name" if hidden else refused.detail,
    }
    if refused.errors:
        told["errors"] = list(refused.errors)
    return told
