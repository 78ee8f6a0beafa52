"""The pages over HTTP: who sees what, and that they say the same as the API."""

from collections.abc import Callable

import httpx2

from tests.services.reporting.fixtures import Tell
from tests.services.reporting.site import ReportingSite
from tests.services.reporting.stories import portfolio

Headers = Callable[..., dict[str, str]]
NOW = "2026-02-24 12:00"


async def page(site: ReportingSite, path: str, headers: dict[str, str] | None = None, status: int = 200) -> str:
    answer = await site.client.get(path, headers=headers or {})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


async def test_without_a_session_there_is_only_the_way_in(make_site: Callable[..., ReportingSite], tell: Tell) -> None:
    await tell(portfolio())
    site = make_site(NOW)
    shown = await page(site, "/")
    assert "Sign in to Gatehouse" in shown
    for path, status in (("/", 200), ("/portfolio", 401), ("/trail", 401), ("/kpis/coverage", 401)):
        shown = await page(site, path, status=status)
        assert "System s-1" not in shown
        assert "Coverage" not in shown


async def test_a_session_that_ended_leads_to_the_way_in(make_site: Callable[..., ReportingSite]) -> None:
    site = make_site(NOW)
    site.client.cookies.set("gatehouse_session", "not a session")
    assert "Sign in to Gatehouse" in await page(site, "/")


async def test_the_overview_shows_the_whole_programme(
    make_site: Callable[..., ReportingSite], tell: Tell, token_of: Headers
) -> None:
    await tell(portfolio())
    shown = await page(make_site(NOW), "/", token_of("auditors"))
    for words in (
        "System s-4",
        "Priya Raman",
        "reminder at 50",
        "clock of triage ran out",
        "A log failed its verification",
    ):
        assert words in shown, words
    assert "entry 3 was changed" in shown
    assert "Example data" not in shown
    assert "<script" not in shown


async def test_example_data_is_marked_on_every_page(
    make_site: Callable[..., ReportingSite], tell: Tell, token_of: Headers
) -> None:
    await tell(portfolio())
    site = make_site(NOW, example=True)
    for path in ("/", "/portfolio", "/trail", "/kpis/coverage", "/kpis/nothing"):
        shown = await site.client.get(path, headers=token_of("auditors"))
        assert "Example data." in shown.text, path
    answers = [
        await site.client.get(path, headers=token_of("auditors"))
        for path in ("/reporting/v1/kpis", "/reporting/v1/portfolio")
    ]
    assert [answer.json()["example"] for answer in answers] == [True, True]


async def test_every_link_on_the_pages_leads_somewhere(
    make_site: Callable[..., ReportingSite], tell: Tell, token_of: Headers
) -> None:
    import re

    await tell(portfolio())
    site, headers = make_site(NOW), token_of("auditors")
    seen: set[str] = set()
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = await site.client.get(path, headers=headers)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            found = re.findall(r'(?:href|src)="(/[^"#]*)', answer.text)
            waiting += [one.replace("&amp;", "&") for one in found if "/log/proof/" not in one]
    assert len(seen) > 40


async def test_pages_refuse_in_words(make_site: Callable[..., ReportingSite], token_of: Headers) -> None:
    site, headers = make_site(NOW), token_of("auditors")
    assert "Nothing here by that name" in await page(site, "/kpis/nothing", headers, 404)
    for path in (
        "/?as_of=2027-01-01",
        "/?as_of=soon",
        "/?time=never",
        "/trail?period=2026",
        "/portfolio?show=all",
        "/trail?cursor=x",
        "/trail?system=%00",
        "/?tier=%00",
    ):
        assert "A query parameter is not allowed" in await page(site, path, headers, 422), path


async def test_a_form_sent_blank_is_the_present_of_everything(
    make_site: Callable[..., ReportingSite], tell: Tell, token_of: Headers
) -> None:
    await tell(portfolio())
    site, headers = make_site(NOW), token_of("auditors")
    plain = await page(site, "/", headers)
    assert await page(site, "/?as_of=&time=true&tier=&product_area=", headers) == plain


async def test_pages_bring_no_scripts_and_take_none(make_site: Callable[..., ReportingSite], token_of: Headers) -> None:
    site = make_site(NOW)
    answer: httpx2.Response = await site.client.get("/", headers=token_of("auditors"))
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert answer.headers["cache-control"] == "no-store"
