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
    """The keys of a description's authors in hand, by text, to seal what the form calls personal."""

    sealers: Mapping[str, Sealer]

    def seal(self, event_id: str, texts: Mapping[str, str]) -> dict[str, str | Sealed]:
        """The texts as the event of that id may hold them."""
        return {
            name: self.sealers[name].seal(event_id, name, text) if name in self.sealers else text
            for name, text in texts.items()
        }


class Texts:
    """The texts of intakes."""

    def __init__(self, form: Form, people: People) -> None:
        self._form, self._people = form, people

    async def sealing(self, author: str, texts: Mapping[str, str], past: Past | None = None) -> Sealing:
        """What it takes to seal these texts by that author; one that stands in `past` in these very words stays under
        the key of who wrote it. The directory is asked only if one of them is personal."""
        personal = [name for name in texts if self._form.personal(name)]
        if not personal:
            return Sealing({})
        standing = {} if past is None else await self._standing(past, texts)
        wrote = {name: standing.get(name, author) for name in personal}
        keys = {person: await self._people.sealer(person) for person in sorted({*wrote.values()})}
        return Sealing({name: keys[person] for name, person in wrote.items()})

    async def opened(self, past: Past) -> dict[str, str]:
        """The words of the newest description on a stream; what its author took along when forgotten is missing."""
        return await self._words(*_newest(past))

    async def _standing(self, past: Past, texts: Mapping[str, str]) -> dict[str, str]:
        """Who wrote those of the texts that the newest description says in the same words."""
        event_id, before = _newest(past)
        words = await self._words(event_id, before)
        return {
            name: text.person
            for name, text in before.items()
            if not isinstance(text, str) and name in words and words[name] == texts.get(name)
        }

    async def _words(self, event_id: str, texts: Mapping[str, str | Sealed]) -> dict[str, str]:
        plain = {name: text for name, text in texts.items() if isinstance(text, str)}
        sealed = [(event_id, name, text) for name, text in texts.items() if not isinstance(text, str)]
        words = await self._people.unseal(sealed) if sealed else []
        opened = {name: word for (_, name, _), word in zip(sealed, words, strict=True) if word is not None}
        return {name: (plain | opened)[name] for name in texts if name in plain or name in opened}


def _newest(past: Past) -> tuple[str, Mapping[str, str | Sealed]]:
    """The texts of the newest description, and the event under whose id they are sealed."""
    for stored in reversed(past.events):
        if isinstance(stored.fact, IntakeSubmitted | IntakeAmended):
            return stored.id, stored.fact.texts
    return "", {}
