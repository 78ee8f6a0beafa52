"""Reading a request's body within bounds: the declared media type, no hidden encoding, no more bytes than allowed."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from starlette.requests import Request

from shared.refusals import Refused
from shared.runtime import strict_json

JSON: Final = ("application/json",)
MAX_JSON: Final = 1024 * 1024
_TREE: Final = "gatehouse.tree"


async def read_body(request: Request, *, limit: int = MAX_JSON, media_types: Sequence[str] = JSON) -> bytes:
    """The whole body.

    Raises `Refused`: `unsupported-media-type` for another Content-Type or any Content-Encoding, `body-too-large`
    beyond `limit` bytes, with or without a Content-Length.
    """
    _announced(request, limit, media_types)
    chunks: list[bytes] = []
    taken = 0
    async for chunk in request.stream():
        taken = _taken(taken, chunk, limit)
        chunks.append(chunk)
    return b"".join(chunks)


async def stream_body(request: Request, *, limit: int, media_types: Sequence[str]) -> AsyncIterator[bytes]:
    """The body chunk by chunk, under the promises of `read_body`; an empty `media_types` takes any type."""
    _announced(request, limit, media_types)
    taken = 0
    async for chunk in request.stream():
        taken = _taken(taken, chunk, limit)
        yield chunk


async def read_json(request: Request, *, limit: int = MAX_JSON, media_types: Sequence[str] = JSON) -> Any:
    """The body as strict JSON, for endpoints that take more than `application/json` and so declare no model."""
    tree = strict_json.parse(await read_body(request, limit=limit, media_types=media_types))
    remember(request, tree)
    return tree


def remember(request: Request, tree: Any) -> None:
    """Keep the parsed body beside the request, so that the idempotency digest need not parse it again."""
    request.scope[_TREE] = tree


def remembered(request: Request) -> Any:
    """The body parsed for this request; None where there was none."""
    return request.scope.get(_TREE)


def has_body(request: Request) -> bool:
    """Whether the request announces a body."""
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


def media_type(request: Request) -> str:
    """The Content-Type without its parameters, in lower case; empty where there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _announced(request: Request, limit: int, media_types: Sequence[str]) -> None:
    _check_type(request, media_types)
    if int(request.headers.get("content-length", "0")) > limit:
        raise _too_large(limit)


def _taken(before: int, chunk: bytes, limit: int) -> int:
    taken = before + len(chunk)
    if taken > limit:
        raise _too_large(limit)
    return taken


def _too_large(limit: int) -> Refused:
    return Refused("body-too-large", f"at most {limit} bytes are taken")


def _check_type(request: Request, media_types: Sequence[str]) -> None:
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Refused("unsupported-media-type", "a compressed or otherwise encoded body is not taken")
    kind = media_type(request)
    if media_types and kind not in media_types:
        raise Refused("unsupported-media-type", f"the Content-Type must be {' or '.join(media_types)}")
    if "json" in kind and _charset(request) not in ("", "utf-8", "utf8"):
        raise Refused("unsupported-media-type", "JSON is UTF-8 (RFC 8259 section 8.1)")


def _charset(request: Request) -> str:
    parameters = request.headers.get("content-type", "").lower().split(";")[1:]
    values = [
        value.strip(' "') for name, _, value in (one.partition("=") for one in parameters) if name.strip() == "charset"
    ]
    return values[0] if values else ""
