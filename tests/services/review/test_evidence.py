"""Evidence through HTTP: streamed, checked, kept by content, given back as a file."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from services.review.api.evidence import MAX_BYTES
from shared.events.review import CompletenessScored
from tests.services.review.test_walk import OTHER, code
from tests.services.review.world import World, link

CARD = b"# System card\n\nowner and purpose\n"


async def upload(
    review: World, review_id: str, content: bytes, key: str | None = None, who: str = "rita", **about: Any
) -> httpx2.Response:
    query = {"artefact": "system-card", "title": "Card", "digest": hashlib.sha256(content).hexdigest(), **about}
    headers = review.as_(who, key) | {"Content-Type": "text/html"}
    path = f"/review/v1/reviews/{review_id}/evidence"
    return await review.client.post(path, params=query, content=content, headers=headers)


async def test_what_is_uploaded_comes_back_as_a_file_to_save(review: World) -> None:
    review_id = await review.opened()
    answer = await upload(review, review_id, CARD, sections=["owner", "purpose"])
    assert answer.status_code == 201, answer.text
    found = await review.get(f"/reviews/{review_id}/evidence/{answer.json()['artefact_id']}", "audit")
    assert (found.content, found.headers["content-type"]) == (CARD, "text/html; charset=utf-8")
    assert found.headers["content-disposition"].startswith("attachment;")
    assert found.headers["x-content-type-options"] == "nosniff"
    page = await review.page(review_id)
    assert page["on_table"][0]["sections"] == {"owner": True, "purpose": True}
    assert page["on_table"][0]["size"] == len(CARD)


async def test_a_retry_of_an_upload_attaches_nothing_twice(review: World) -> None:
    review_id = await review.opened()
    first, again = [await upload(review, review_id, CARD, "key-1") for _ in range(2)]
    assert first.json()["artefact_id"] == again.json()["artefact_id"]
    assert len((await review.page(review_id))["on_table"]) == 1
    assert code(await upload(review, review_id, CARD + b"!", "key-1")) == "idempotency-reused"


async def test_content_that_is_not_what_was_stated_is_refused_and_not_kept(review: World) -> None:
    review_id = await review.opened()
    wrong = "0" * 64
    assert code(await upload(review, review_id, CARD, digest=wrong)) == "evidence-digest-mismatch"
    folder = review.parts.settings.path("evidence_folder")
    assert [path for path in folder.rglob("*") if path.is_file()] == []


async def test_more_than_twenty_five_mebibytes_are_refused_also_without_a_stated_length(review: World) -> None:
    review_id = await review.opened()
    assert code(await upload(review, review_id, b"x" * (MAX_BYTES + 1))) == "body-too-large"

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(26):
            yield b"y" * 1024 * 1024

    query = {"artefact": "system-card", "title": "Card", "digest": "1" * 64}
    path = f"/review/v1/reviews/{review_id}/evidence"
    answer = await review.client.post(path, params=query, content=chunks(), headers=review.as_("rita"))
    assert code(answer) == "body-too-large"
    assert [one for one in review.parts.settings.path("evidence_folder").rglob("*") if one.is_file()] == []


@pytest.mark.parametrize(
    "about",
    [
        {"artefact": "../x"},
        {"title": "a\r\nb"},
        {"title": "a\0b"},
        {"owner": "a\0b"},
        {"sections": ["owner\x1b[2J"]},
        {"digest": "short"},
        {"approved_by": "me"},
    ],
)
async def test_what_is_said_of_evidence_is_checked(review: World, about: dict[str, Any]) -> None:
    assert (await upload(review, await review.opened(), CARD, **about)).status_code == 422


async def test_a_link_says_where_the_content_is_kept(review: World) -> None:
    review_id = await review.opened()
    attached = await review.posted(f"/reviews/{review_id}/evidence/links", link(), "rita")
    found = await review.get(f"/reviews/{review_id}/evidence/{attached['artefact_id']}", "rita")
    assert found.json() == {"link": "https://wiki.example.org/card", "digest": link()["digest"]}
    plain = await review.post(f"/reviews/{review_id}/evidence/links", link(link="http://wiki.example.org"), "rita")
    assert plain.status_code == 422


async def test_only_the_systems_own_people_attach(review: World) -> None:
    review_id = await review.opened()
    assert code(await upload(review, review_id, CARD, who="rev-product")) == "forbidden"


async def test_another_systems_text_is_a_gap(review: World) -> None:
    other = await review.opened("low", system_id=OTHER)
    await review.posted(f"/reviews/{other}/evidence/links", link(), "rita")
    await review.settled()
    await review.submitted("low")
    scored = (await review.facts(CompletenessScored))[0]
    assert scored.items[0].gaps == ("the very same text is on file for another system",)


async def test_evidence_of_another_review_is_not_found(review: World) -> None:
    review_id = await review.opened()
    assert (await review.get(f"/reviews/{review_id}/evidence/{OTHER}", "rita")).status_code == 404


async def test_what_may_not_be_attached_is_not_kept(review: World) -> None:
    review_id = await review.opened()
    assert code(await upload(review, review_id, CARD, who="audit")) == "forbidden"
    folder = review.parts.settings.path("evidence_folder")
    assert [path for path in folder.rglob("*") if path.is_file()] == []


async def test_a_requester_has_no_say_over_the_evidence_of_what_others_requested(review: World) -> None:
    people = {"requester": await review.person("helena"), "owner": await review.person("omar")}
    review_id = await review.opened(**people)
    path = f"/reviews/{review_id}"
    assert code(await review.post(f"{path}/evidence/links", link(), "rita")) == "forbidden"
    assert code(await review.post(f"{path}/submission", None, "rita")) == "forbidden"
    assert (await review.post(f"{path}/evidence/links", link(), "omar")).status_code == 201
    assert (await review.post(f"{path}/submission", None, "helena")).status_code == 201
