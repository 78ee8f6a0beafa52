"""Bodies that no declared model covers: one line of a batch, the data of a CloudEvent."""

from typing import TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)


def model_in(kind: type[M], raw: bytes) -> M:
    """The model in these bytes, which have passed `strict_json`, read as strictly as any other body.

    Raises FastAPI's `RequestValidationError` for what does not fit.
    """
    try:
        return kind.model_validate_json(raw, strict=True)
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False, include_input=False)]
        raise RequestValidationError(found) from error
