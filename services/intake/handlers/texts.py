"""Free text on its way into and out of facts: what the form calls personal is sealed under its author's key."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.events.fact import Sealed
from shared.events.intake import IntakeAmended, IntakeSubmitted
from shared.policy.form import Form
from shared.runtime.people import People
from shared.runtime.sealing import Sealer
from shared.store.port import Past


@dataclass(frozen=True, slots=True)
class Sealing:
    """One author's key in hand, to seal what the form calls personal; None where there is nothing to seal."""

    form: Form
    sealer: Sealer | None

    def seal(self, event_id: str, texts: Mapping[str, str]) -> dict[str, str | Sealed]:
        """The texts as the event of that id may hold them."""
        return {name: self._sealed(event_id, name, text) for name, text in texts.items()}

    def _sealed(self, event_id: str, name: str, text: str) -> str | Sealed:
        if self.sealer is None or not self.form.personal(name):
            return text
        return self.sealer.seal(event_id, name, text)


class Texts:
    """The texts of intakes."""

    def __init__(self, form: Form, people: People) -> None:
        self._form, self._people = form, people

    async def sealing(self, author: str, texts: Mapping[str, str]) -> Sealing:
        """What it takes to seal these texts; the directory is asked only if one of them is personal."""
        personal = any(self._form.personal(name) for name in texts)
        return Sealing(self._form, await self._people.sealer(author) if personal else None)

    async def opened(self, past: Past) -> dict[str, str]:
        """The words of the newest description on a stream; what its author took along when forgotten is missing."""
        for stored in reversed(past.events):
            if isinstance(stored.fact, IntakeSubmitted | IntakeAmended):
                return await self._words(stored.id, stored.fact.texts)
        return {}

    async def _words(self, event_id: str, texts: Mapping[str, str | Sealed]) -> dict[str, str]:
        plain = {name: text for name, text in texts.items() if isinstance(text, str)}
        sealed = [(event_id, name, text) for name, text in texts.items() if not isinstance(text, str)]
        words = await self._people.unseal(sealed) if sealed else []
        opened = {name: word for (_, name, _), word in zip(sealed, words, strict=True) if word is not None}
        return {name: (plain | opened)[name] for name in texts if name in plain or name in opened}
