"""What a mapping says: how one published format of AI inventories speaks of what our form asks. A mapping is data."""

from datetime import date
from functools import cached_property

import msgspec

from services.intake.mappings.spelling import plain, spellings
from shared.policy.form import Form


class _Data(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """A piece of a mapping as it stands in YAML."""


class Source(_Data, frozen=True, kw_only=True):
    """Where an attribute's answer stands and how its choices are spelled.

    `separators`: characters between several answers in one cell. With `several` they are all taken, else the one that
    this table names first. `alone`: choices that exclude the others; a cell that mixes them says nothing certain.
    """

    column: str
    choices: dict[str, tuple[str, ...]]
    separators: str = ""
    several: bool = False
    alone: tuple[str, ...] = ()

    @cached_property
    def table(self) -> dict[str, str]:
        """Plain spelling to choice."""
        return spellings(self.choices)


class Stage(_Data, frozen=True, kw_only=True):
    """Which attribute tells the phase of life, and which of its choices mean in use, and out of use."""

    attribute: str
    live: tuple[str, ...]
    retired: tuple[str, ...]


class Dates(_Data, frozen=True, kw_only=True):
    """Which columns hold dates, in which formats (of `strptime`); earlier ones than `earliest` are slips of the pen."""

    formats: tuple[str, ...]
    earliest: date
    columns: dict[str, str]
    years_as_days: bool = False


class Labels(_Data, frozen=True, kw_only=True):
    """A label that the source itself gives, to compare our tiers with: which spellings say yes, and which say no."""

    column: str
    impacting: tuple[str, ...]
    not_impacting: tuple[str, ...]

    @cached_property
    def table(self) -> dict[str, bool]:
        """Plain spelling to whether it says yes."""
        yes = {plain(text): True for text in self.impacting}
        return yes | {plain(text): False for text in self.not_impacting}


class Format(_Data, frozen=True, kw_only=True):
    """The whole mapping. `withheld` columns are those that no attribute may read."""

    name: str
    title: str
    encoding: str
    key: tuple[str, ...]
    name_column: str
    owner: tuple[str, ...]
    purpose: str
    stage: Stage
    attributes: dict[str, Source]
    region: str | None = None
    texts: dict[str, str] = {}
    absent: tuple[str, ...] = ()
    dates: Dates | None = None
    labels: tuple[Labels, ...] = ()
    withheld: tuple[str, ...] = ()

    @cached_property
    def says_nothing(self) -> frozenset[str]:
        """Plain spellings that are no answer."""
        return frozenset({"", *map(plain, self.absent)})

    def columns(self) -> tuple[str, ...]:
        """Every column that is read, each once."""
        named = [*self.key, self.name_column, *self.owner, self.purpose, *self.texts.values()]
        named += [source.column for source in self.attributes.values()]
        named += list(self.dates.columns.values()) if self.dates else []
        return tuple(dict.fromkeys([*named, *(label.column for label in self.labels)]))

    def contradictions(self) -> list[str]:
        """What is wrong with the mapping in itself."""
        withheld = {plain(column) for column in self.withheld}
        wrong = [
            f"{attribute} reads a column that is withheld from triage: {source.column!r}"
            for attribute, source in self.attributes.items()
            if plain(source.column) in withheld
        ]
        if self.purpose not in self.texts.values():
            wrong.append("the purpose is kept as no text: told again, nothing would tell namesakes apart")
        labels = {plain(label.column) for label in self.labels}
        wrong += [f"the label {column!r} is not withheld" for column in sorted(labels - withheld)]
        if not _is_encoding(self.encoding):
            wrong.append(f"there is no encoding {self.encoding!r}")
        stage = self.attributes.get(self.stage.attribute)
        if stage is None or not {*self.stage.live, *self.stage.retired} <= set(stage.choices):
            wrong.append(f"the stage is not among the choices of {self.stage.attribute!r}")
        for attribute, source in self.attributes.items():
            try:
                spellings(source.choices)
            except ValueError as error:
                wrong.append(f"{attribute}: {error}")
        return wrong

    def misfits(self, form: Form) -> list[str]:
        """What this mapping answers that the form does not ask."""
        wrong = []
        for name, source in self.attributes.items():
            attribute = form.by_id.get(name)
            if attribute is None or attribute.kind == "text":
                wrong.append(f"the form has no choice {name!r}")
                continue
            wrong += [f"{name} has no choice {one!r}" for one in source.choices if one not in attribute.choices]
            if source.several != (attribute.kind == "multi"):
                wrong.append(f"{name} is of the kind {attribute.kind} in the form")
            if attribute.kind == "multi" and set(source.alone) != set(attribute.alone) & set(source.choices):
                wrong.append(f"{name}: other choices stand alone than in the form")
        for name in self.texts:
            if name not in form.by_id or form.by_id[name].kind != "text":
                wrong.append(f"the form has no text {name!r}")
        return wrong


def _is_encoding(name: str) -> bool:
    try:
        return "a".encode(name) != b""
    except (LookupError, ValueError):
        return False
