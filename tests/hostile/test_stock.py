"""The control: FastAPI as it comes fails rows 1 to 3 and 6, so the probes can fail."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from shared.runtime.bodies import MAX_JSON
from tests.hostile.cases import CASES


class Note(BaseModel):
    """What a service takes."""

    text: str
    count: float = 0


@pytest.fixture
def stock() -> httpx2.AsyncClient:
    app = FastAPI()

    @app.post("/notes")
    async def add(note: Note) -> dict[str, Any]:
        return note.model_dump()

    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://stock.test")


@pytest.mark.parametrize(
    ("case", "body"),
    [
        ("number", b'{"text": "a", "count": NaN}'),
        ("number", b'{"text": "a", "count": 1e400}'),
        ("text", rb'{"text": "\ud800"}'),
        ("text", rb'{"text": "\u0000"}'),
        ("twice", b'{"text": "a", "text": "b"}'),
        ("field", b'{"text": "a", "status": "approved"}'),
        ("large", b'{"text": "' + b"a" * MAX_JSON + b'"}'),
        ("media", b'{"text": '),
    ],
)
async def test_fastapi_as_it_comes_fails_what_we_pass(stock: httpx2.AsyncClient, case: str, body: bytes) -> None:
    answer = await stock.post("/notes", content=body, headers={"content-type": "application/json"})
    assert not CASES[case].holds(answer)


async def test_it_is_the_answers_that_differ_and_not_the_requests(stock: httpx2.AsyncClient) -> None:
    assert (await stock.post("/notes", json={"text": "a"})).json() == {"text": "a", "count": 0}
