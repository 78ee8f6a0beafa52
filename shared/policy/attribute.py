"""One attribute of the form."""

from typing import Literal

from shared.policy.condition import UNKNOWN, Data, When


class Attribute(Data, frozen=True, kw_only=True):
    """A question. `choices` are ids with labels; `alone` are those that exclude every other choice.

    `needed`: triage depends on it, so an unknown answer elevates. `critical`, or `critical_when` the other answers
    say so: an unknown answer elevates further. Text declares whether it is about people (`personal`).
    """

    id: str
    group: str
    label: str
    kind: Literal["choice", "multi", "text"]
    choices: dict[str, str] = {}
    alone: tuple[str, ...] = ()
    needed: bool = False
    critical: bool = False
    critical_when: When = ()
    personal: bool | None = None
    format: Literal["plain", "date", "uri"] = "plain"
    max_length: int = 2000
    help: str = ""

    def __post_init__(self) -> None:
        if self.kind == "text":
            if self.choices or self.personal is None or self.needed or self.critical or self.critical_when:
                raise ValueError(f"{self.id}: text declares `personal`, has no choices, and is never needed by triage")
        elif not self.choices or self.personal is not None:
            raise ValueError(f"{self.id}: a choice has choices and no `personal`")
        if UNKNOWN in self.choices or not set(self.alone) <= set(self.choices):
            raise ValueError(f"{self.id}: `unknown` is always legal and not listed; `alone` names choices")
