"""Templates to responses: the environment with its filters, the assets, and the headers that pages need."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from services.reporting.page import words
from shared.policy.tiers import Tiers
from shared.refusals import Refused

_HERE: Final = Path(__file__).parent
_ASSETS: Final[Mapping[str, str]] = {"gatehouse.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the pages; its digest is part of its address, so it may be kept for ever."""

    name: str
    content: bytes
    media_type: str

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"/assets/{sha256(self.content).hexdigest()[:12]}/{self.name}"

    def response(self) -> Response:
        """The file."""
        return Response(self.content, media_type=self.media_type, headers=_FOR_EVER)


class Renderer:
    """The templates, with filters that speak of this policy's tiers."""

    def __init__(self, tiers: Tiers) -> None:
        self.assets = {
            name: Asset(name, (_HERE / "static" / name).read_bytes(), kind) for name, kind in _ASSETS.items()
        }
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(_filters(tiers))
        self._environment.globals.update(
            link=link,
            stylesheet=self.assets["gatehouse.css"].address,
            icon=self.assets["icon.svg"].address,
        )

    def page(self, template: str, context: Mapping[str, Any], status: int = 200) -> HTMLResponse:
        """The page of a template."""
        text = self._environment.get_template(template).render(context)
        return HTMLResponse(text, status, headers=_HEADERS)

    def entrance(self, status: int, *, example: bool) -> HTMLResponse:
        """The page for those who have no session: it shows nothing but the way in."""
        return self.page("entrance.html", {"reader": None, "here": "", "example": example}, status)

    def refusal(self, refused: Refused, reader: str | None, *, example: bool) -> HTMLResponse:
        """A refusal in words, for people."""
        heading, detail = refused.title, refused.detail or "Check the address, or go back to where you came from."
        context = {"reader": reader, "here": "", "example": example, "heading": heading, "detail": detail}
        return self.page("refused.html", context, refused.status)


def link(path: str, **params: object) -> str:
    """An address with those parameters that are set."""
    query = urlencode({name: value for name, value in params.items() if value})
    return f"{path}?{query}" if query else path


def _filters(tiers: Tiers) -> dict[str, Callable[..., object]]:
    labels = {tier.id: tier.label for tier in tiers.tiers}
    return {
        "ago": words.ago,
        "amount": words.amount,
        "a_minute_later": lambda instant: instant + timedelta(minutes=1),
        "capital": lambda text: text[:1].upper() + text[1:],
        "clock_words": lambda clock, kind: words.clock_words(kind, clock),
        "day": words.day,
        "due": words.due,
        "escalation_words": lambda notice: words.escalation_words(notice.clock, notice.reason),
        "fact_words": words.fact_words,
        "goal_words": lambda goal, unit: words.goal_words(unit, goal.at_least, goal.below),
        "moment": words.moment,
        "month": words.month,
        "scale_words": lambda value, unit: f"{value:.0%}" if unit == "share" else f"{value:g}",
        "short_month": lambda name: f"{datetime.fromisoformat(f'{name}-01'):%b %y}",
        "tier_words": lambda tier: labels.get(tier, "No tier yet" if tier == "none" else tier),
        "value_in": lambda value, unit: words.value_in(unit, value),
        "with": lambda params, **more: {**params, **more},
    }
