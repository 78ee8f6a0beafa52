"""Bodies that no declared model covers: one line of a batch, the data of a CloudEvent."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from shared.runtime.problems import unfit

M = TypeVar("M", bound=BaseModel)


def model_in(kind: type[M], raw: bytes) -> M:
    """The model in these bytes, which have passed `strict_json`, read as strictly as any other body.

    Raises `Refused` (`unknown-field`, `invalid-field`) for what does not fit.
    """
    try:
        return kind.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise unfit(error) from error
