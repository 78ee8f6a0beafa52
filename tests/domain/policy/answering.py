"""Answers for tests: a system that is mild in every respect, and whatever the form allows."""

from collections.abc import Callable

from hypothesis import strategies as st

from shared.events.fact import Answer
from shared.policy.attribute import Attribute
from shared.policy.bundle import Bundle

MILD: dict[str, Answer] = {
    "phase": "initiated",
    "technique": ("rules",),
    "everyday_use": "writing",
    "output": ("content",),
    "prohibited_practices": ("none",),
    "sector": "internal-operations",
    "exposure": "internal",
    "vulnerable_groups": ("none",),
    "autonomy": "assists",
    "personal_data": "no",
    "impact_rights": "none",
    "impact_safety": "none",
    "impact_money": "none",
    "reversibility": "easily",
    "consequential_decisions": ("none",),
    "annex_iii_area": ("none",),
    "regulated_product": "no",
    "special_categories": ("none",),
}


def mild(**others: Answer) -> dict[str, Answer]:
    """A fully described system without any risk, but for what is named."""
    return MILD | others


def any_answers(bundle: Bundle) -> st.SearchStrategy[dict[str, Answer]]:
    """Any choices that the form allows, in their normal form; any attribute may be missing."""
    questions = [attribute for attribute in bundle.form.attributes if attribute.kind != "text"]
    return st.fixed_dictionaries({}, optional={one.id: _any_answer(one) for one in questions}).map(_checked(bundle))


def _checked(bundle: Bundle) -> Callable[[dict[str, Answer]], dict[str, Answer]]:
    return lambda answers: bundle.form.check({k: list(v) if isinstance(v, tuple) else v for k, v in answers.items()})


def _any_answer(attribute: Attribute) -> st.SearchStrategy[Answer]:
    choices = [choice for choice in attribute.choices if choice not in attribute.alone]
    if attribute.kind == "choice":
        return st.sampled_from([*choices, "unknown"])
    several = st.lists(st.sampled_from([*choices, "unknown"]), unique=True, max_size=4).map(tuple)
    return several if not attribute.alone else several | st.sampled_from([(one,) for one in attribute.alone])
