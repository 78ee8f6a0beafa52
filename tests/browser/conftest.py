"""A real Chromium, and reporting's pages served to it over HTTP."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from deploy.local.process import EngineMissing
from shared.runtime.serving import server
from tests.engines import or_missing
from tests.services.reporting.fixtures import (
    database,
    key,
    log,
    logged,
    make_site,
    people,
    projector,
    tell,
    token_of,
    views,
)
from tests.services.reporting.site import ReportingSite

__all__ = ["database", "key", "log", "logged", "make_site", "people", "projector", "tell", "token_of", "views"]

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NAMES = ("chromium", "chromium-browser", "google-chrome")
Open = Callable[..., Awaitable[Page]]


def chromium_path() -> str:
    """The system's Chromium."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise EngineMissing("Chromium (Debian package: chromium)")
    return found


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    path = or_missing(chromium_path)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@dataclass
class Window:
    """A browser with a session at the served site."""

    context: BrowserContext
    base: str

    async def page(self, path: str) -> Page:
        """The page at that path."""
        page = await self.context.new_page()
        answer = await page.goto(f"{self.base}{path}")
        assert answer is not None
        assert answer.status == 200, path
        return page


@asynccontextmanager
async def served(site: ReportingSite) -> AsyncIterator[str]:
    """The site on a free port of this machine."""
    serving = server(site.app, "127.0.0.1", 0)
    task = asyncio.create_task(serving.main())
    async with asyncio.timeout(10):
        while not serving.started:  # noqa: ASYNC110 - uvicorn tells nobody that it has started
            await asyncio.sleep(0.01)
    host, port = serving.servers[0].sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        serving.should_exit = True
        await task


@pytest.fixture
def window(chromium: Browser) -> Callable[..., object]:
    """Open a window on a served site, signed in by a link that works once; options are Playwright's of a context."""

    @asynccontextmanager
    async def opened(site: ReportingSite, base: str, **options: object) -> AsyncIterator[Window]:
        context = await chromium.new_context(bypass_csp=True, **options)  # type: ignore[arg-type]
        page = await context.new_page()
        await page.goto(f"{base}/entry/{site.links.issue('operator')}")
        await page.close()
        yield Window(context, base)
        await context.close()

    return opened
