"""From what a caller says to a description that the domain takes: checked, merged with what is known, sealed."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.intake.domain.commands import Description
from services.intake.domain.state import Active, round_of
from services.intake.handlers.requests import Edits, Told
from services.intake.handlers.systems import Seen
from services.intake.handlers.texts import Texts
from shared.events.fact import Answer
from shared.policy.bundle import Bundle
from shared.refusals import Refused
from shared.runtime.people import People


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Checked answers: the choices, and the words of the texts."""

    answers: Mapping[str, Answer]
    texts: Mapping[str, str]


class Checking:
    """Checks by the form and the regions of one bundle."""

    def __init__(self, bundle: Bundle, people: People) -> None:
        self._bundle = bundle
        self._texts = Texts(bundle.form, people)

    @property
    def default_region(self) -> str:
        """The region of a system that names none."""
        return self._bundle.regions.default_region

    def told(self, told: Told) -> Content:
        """The content of a whole description. Raises `Refused("invalid-answer")` or `Refused("invalid-field")`."""
        self._region(told.region)
        answers, texts = self._bundle.form.divide(self._bundle.form.check(told.answers))
        return Content(answers=answers, texts=texts)

    async def edited(self, seen: Seen, edits: Edits) -> Content:
        """The content of the present round after these edits. Raises as `told` does."""
        self._region(edits.region)
        known = dict(round_of(seen.system).submission.answers) | await self.words(seen)
        after = self._bundle.form.amended(known, edits.answers or {})
        answers, texts = self._bundle.form.divide(after)
        return Content(answers=answers, texts=texts)

    async def words(self, seen: Seen) -> dict[str, str]:
        """The texts as they stand, in words."""
        return await self._texts.opened(seen.past)

    async def sealed(
        self, event_id: str, author: str, content: Content, about: Told | Active, seen: Seen | None = None
    ) -> Description:
        """The description as the event of that id will hold it, each personal text under the key of who wrote it: the
        author, or for words that stood when the system was `seen`, whoever had written them."""
        sealing = await self._texts.sealing(author, content.texts, None if seen is None else seen.past)
        place = about.profile if isinstance(about, Active) else about
        return Description(
            name=place.name,
            owner=place.owner,
            form_version=self._bundle.form.version,
            answers=content.answers,
            texts=sealing.seal(event_id, content.texts),
            region=place.region,
            business_unit=place.business_unit,
            product_area=place.product_area,
            team=place.team,
        )

    def _region(self, region: str | None) -> None:
        if region is not None and region not in self._bundle.regions.calendars:
            wrong = {"detail": "not a region of the policy", "pointer": "#/region"}
            raise Refused("invalid-field", f"the policy has no region {region!r}", [wrong])


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The texts whose words differ, or that are on one side only."""
    return tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))
