"""An endpoint's mapping is YAML that somebody typed: what can't be used is told, whatever it is."""

import pytest

from services.intake.adapters.field_mapping import read_mapping
from shared.policy.bundle import load_bundle
from shared.refusals import Refused

FORM = load_bundle().form


@pytest.mark.parametrize(
    "text",
    ["[" * 3000, "- " * 3000, f"a: {'9' * 5000}", "? [a]\n: b", "name: summary\nname: other", "a: [", "\x00", "7", ""],
)
def test_a_text_that_is_no_mapping_is_an_invalid_field(text: str) -> None:
    with pytest.raises(Refused, match="invalid-field"):
        read_mapping(text, FORM)


def test_words_of_a_mapping_stay_words() -> None:
    text = "name: 2026-13-45\nattributes: {personal_data: {field: f, choices: {yes: [Yes, on], no: [no]}}}"
    mapping = read_mapping(text, FORM)
    assert (mapping.name, mapping.attributes["personal_data"].choices) == (
        "2026-13-45",
        {"yes": ("Yes", "on"), "no": ("no",)},
    )
