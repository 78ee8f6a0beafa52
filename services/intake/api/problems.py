"""A refusal inside an answer: of one line of a batch, of one item of a bulk request."""

from typing import Any

from shared.refusals import Refused


def problem_of(refused: Refused) -> dict[str, Any]:
    """The refusal as the members of problem details (RFC 9457) that hold within a larger answer."""
    hidden = refused.code == "not-found"
    return {
        "type": f"/problems/{refused.code}",
        "title": refused.title,
        "status": refused.status,
        "detail": "there is nothing here by that name" if hidden else refused.detail,
        **({"errors": list(refused.errors)} if refused.errors else {}),
    }
