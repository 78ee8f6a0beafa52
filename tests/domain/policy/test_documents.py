"""YAML is read as the words that people wrote."""

from pathlib import Path

import pytest

from shared.policy.documents import UnreadableDocument, read_document


def _read(folder: Path, text: str) -> object:
    (folder / "one.yaml").write_text(text, encoding="utf-8")
    return read_document(folder / "one.yaml")


def test_words_stay_words(tmp_path: Path) -> None:
    text = "{yes: no, on: off, hours: 17:00, day: 2026-01-01, version: 1.10, octal: 010}"
    words = {"yes": "no", "on": "off", "hours": "17:00", "day": "2026-01-01", "version": "1.10", "octal": "010"}
    assert _read(tmp_path, text) == words


def test_null_truth_and_whole_numbers_are_themselves(tmp_path: Path) -> None:
    assert _read(tmp_path, "[~, null, true, false, 0, -12, 3]") == [None, None, True, False, 0, -12, 3]


def test_a_key_that_stands_twice_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match=r"one\.yaml: the key 'a' twice.*line 2"):
        _read(tmp_path, "a: 1\na: 2\n")


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "!!python/object:os.system {}",
        "a: !!binary x y",
        "? [a]\n: b",
        "[" * 200_000,
        "[" * 200_000 + "]" * 200_000,
        f"a: {'9' * 5000}",
    ],
)
def test_what_is_not_plain_yaml_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableDocument, match=r"one\.yaml"):
        _read(tmp_path, text)


def test_a_missing_file_and_a_file_of_other_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match=r"none\.yaml"):
        read_document(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    with pytest.raises(UnreadableDocument, match=r"latin\.yaml"):
        read_document(tmp_path / "latin.yaml")
