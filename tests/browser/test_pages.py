"""The pages in a real Chromium: without scripts, in light and dark, accessible, printable, and telling the truth."""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, Page

from tests.browser.conftest import Window, served
from tests.services.reporting.fixtures import Tell
from tests.services.reporting.site import ReportingSite
from tests.services.reporting.stories import portfolio
from tests.services.reporting.years import two_years

pytestmark = pytest.mark.browser
MakeSite = Callable[..., ReportingSite]
Opened = Callable[..., AbstractAsyncContextManager[Window]]
Headers = Callable[..., dict[str, str]]
NOW = "2026-02-24 12:00"
PAGES = ("/", "/kpis/review-sla", "/kpis/time-to-decision", "/portfolio", "/trail", "/trail?system=s-3")


@pytest.fixture
async def site(make_site: MakeSite, tell: Tell) -> ReportingSite:
    await tell(portfolio())
    return make_site(NOW, example=True)


async def background(page: Page) -> str:
    return str(await page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_are_accessible_in_light_and_in_dark(site: ReportingSite, window: Opened, scheme: str) -> None:
    async with served(site) as base, window(site, base, color_scheme=scheme) as opened:
        for path in PAGES:
            page = await opened.page(path)
            found = await Axe().run(page)
            assert found.violations_count == 0, f"{path}: {found.generate_report()}"


async def test_pages_are_accessible_on_a_phone(site: ReportingSite, window: Opened) -> None:
    async with served(site) as base, window(site, base, viewport={"width": 360, "height": 740}) as opened:
        for path in PAGES:
            page = await opened.page(path)
            assert (await Axe().run(page)).violations_count == 0, path
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


async def test_nothing_sticks_out_of_the_smallest_phone(site: ReportingSite, window: Opened) -> None:
    async with served(site) as base, window(site, base, viewport={"width": 320, "height": 640}) as opened:
        for path in PAGES:
            page = await opened.page(path)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


async def test_the_way_in_is_accessible_and_shows_nothing_else(site: ReportingSite, chromium: Browser) -> None:
    context = await chromium.new_context(bypass_csp=True)
    page = await context.new_page()
    async with served(site) as base:
        await page.goto(base)
        assert (await Axe().run(page)).violations_count == 0
        assert await page.locator("table, svg.chart, .kpi, nav").count() == 0
        assert await page.locator("h1").inner_text() == "Sign in to Gatehouse"
    await context.close()


async def test_dark_follows_the_reader_and_both_schemes_differ(site: ReportingSite, window: Opened) -> None:
    seen = []
    async with served(site) as base:
        for scheme in ("light", "dark"):
            async with window(site, base, color_scheme=scheme) as opened:
                seen.append(await background(await opened.page("/")))
    assert seen == ["rgb(246, 245, 242)", "rgb(19, 21, 24)"]


async def test_every_number_on_the_overview_is_the_apis(site: ReportingSite, window: Opened, token_of: Headers) -> None:
    headers = token_of("auditors")
    kpis = (await site.client.get("/reporting/v1/kpis", headers=headers)).json()["items"]
    tiers = (await site.client.get("/reporting/v1/portfolio", headers=headers)).json()["tiers"]
    async with served(site) as base, window(site, base, java_script_enabled=False) as opened:
        page = await opened.page("/")
        for kpi in kpis:
            shown = page.locator(f"#{kpi['id']}")
            assert number(await shown.locator(".reading").inner_text(), kpi["unit"]) == rounded(
                kpi["value"], kpi["unit"]
            )
            beside = [await shown.locator(".beside .strong").inner_text()] if kpi["beside"] else []
            assert [number(text, kpi["unit"]) for text in beside] == (
                [rounded(kpi["beside"]["value"], kpi["unit"])] if kpi["beside"] else []
            )
            values = await shown.locator(".tiers dd:nth-of-type(1)").all_inner_texts()
            order = ["low", "medium", "high", "prohibited", "none"]
            by_tier = sorted(kpi["by_tier"], key=lambda one: order.index(one["tier"]))
            assert [number(text, kpi["unit"]) for text in values] == [
                rounded(one["value"], kpi["unit"]) for one in by_tier
            ]
        rows = await page.locator("table.even tbody tr").count()
        assert rows == len(tiers)
        cells = await page.locator("table.even tfoot td").all_inner_texts()
        columns = ("systems", "confirmed", "waiting", "in_review", "live", "unreviewed", "before")
        assert [int(cell) for cell in cells] == [sum(row[name] for row in tiers) for name in columns]


async def test_a_number_leads_to_its_facts_without_scripts(site: ReportingSite, window: Opened) -> None:
    async with served(site) as base, window(site, base, java_script_enabled=False) as opened:
        page = await opened.page("/")
        await page.locator("#evidence-completeness .reading a").click()
        assert page.url == f"{base}/kpis/evidence-completeness#facts"
        rows = page.locator("section[aria-labelledby=facts] tbody tr")
        assert await rows.count() == 3
        await rows.nth(0).locator("th a").click()
        assert "/trail?system=s-3" in page.url
        assert await page.locator("tbody tr").count() == 11
        assert await page.locator("tbody a", has_text="proof").count() == 11


async def test_the_past_is_asked_by_a_plain_form(site: ReportingSite, window: Opened) -> None:
    async with served(site) as base, window(site, base, java_script_enabled=False) as opened:
        page = await opened.page("/")
        assert await page.locator("#coverage .reading").inner_text() == "60.0\N{NO-BREAK SPACE}%"
        await page.locator("input[name=as_of]").fill("2026-01-31")
        await page.locator("select[name=time]").select_option("known")
        await page.locator("button", has_text="Show").click()
        assert "As of 31 Jan 2026" in await page.locator(".lead").inner_text()
        assert await page.locator("#coverage .reading").inner_text() == "100\N{NO-BREAK SPACE}%"
        await page.locator("select[name=time]").select_option("true")
        await page.locator("button", has_text="Show").click()
        assert await page.locator("#coverage .reading").inner_text() == "66.7\N{NO-BREAK SPACE}%"


async def test_a_log_that_failed_turns_the_page_red(site: ReportingSite, window: Opened) -> None:
    async with served(site) as base, window(site, base) as opened:
        for path in ("/", "/portfolio", "/trail", "/kpis/coverage"):
            page = await opened.page(path)
            alarm = page.locator("[role=alert]")
            assert "first at entry 3" in await alarm.inner_text()
            color = await alarm.evaluate("node => getComputedStyle(node).color")
            red, green, blue = (int(part) for part in re.findall(r"\d+", color)[:3])
            assert red > 2 * max(green, blue)


async def test_sound_logs_raise_no_alarm(make_site: MakeSite, tell: Tell, window: Opened) -> None:
    await tell(two_years(12, end="2025-12-01"))
    site = make_site("2025-12-01")
    async with served(site) as base, window(site, base) as opened:
        page = await opened.page("/")
        assert await page.locator("[role=alert]").count() == 0
        assert await page.locator(".lead a", has_text="Logs verified intact").count() == 1
        assert await page.locator("aside.strip").count() == 0


async def test_an_empty_installation_says_so(make_site: MakeSite, window: Opened) -> None:
    site = make_site(NOW)
    async with served(site) as base, window(site, base) as opened:
        page = await opened.page("/")
        assert await page.locator(".kpi .reading").all_inner_texts() == ["no data"] * 5
        assert "No AI system is registered yet." in await page.locator("main").inner_text()
        assert (await Axe().run(page)).violations_count == 0


async def test_example_data_is_marked(site: ReportingSite, window: Opened) -> None:
    async with served(site) as base, window(site, base) as opened:
        for path in PAGES:
            page = await opened.page(path)
            assert "Example data." in await page.locator("aside.strip").inner_text()
            assert await page.locator("aside.strip").is_visible()


async def test_print_leaves_out_what_can_only_be_clicked(site: ReportingSite, window: Opened) -> None:
    async with served(site) as base, window(site, base, color_scheme="dark") as opened:
        page = await opened.page("/")
        await page.emulate_media(media="print")
        assert not await page.locator("nav").is_visible()
        assert not await page.locator("form.ask").is_visible()
        assert await background(page) == "rgb(255, 255, 255)"
        assert await page.locator("#coverage .reading").is_visible()


async def test_leaving_ends_the_session(site: ReportingSite, window: Opened) -> None:
    async with served(site) as base, window(site, base, java_script_enabled=False) as opened:
        page = await opened.page("/")
        await page.locator("button", has_text="Leave").click()
        assert await page.locator("h1").inner_text() == "Sign in to Gatehouse"


def number(text: str, unit: str) -> float | None:
    """The number in a text of the page."""
    found = re.search(r"-?[\d.]+", text)
    return float(found[0]) if found else None


def rounded(value: float | None, unit: str) -> float | None:
    """A value of the API as the page rounds it."""
    return None if value is None else float(f"{value * (100 if unit == 'share' else 1):.1f}")
