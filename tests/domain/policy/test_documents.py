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


@pytest.mark.parametrize(
    "text",
    [
        "!!float 1.5",
        "!!int 0x1F",
        "!!str 1",
        "!!binary aGk=",
        "!!timestamp 2026-01-01",
        "!!set {x}",
        "!!seq [1]",
        "! x",
        "!own x",
    ],
)
def test_a_tag_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableDocument, match=r"one\.yaml: the tag '\S+': a document has none.*line 2"):
        _read(tmp_path, f"a: 1\nb: {text}\n")


def test_an_alias_is_what_it_names(tmp_path: Path) -> None:
    assert _read(tmp_path, "a: &x [1, &y yes]\nb: [*x, *y]\n") == {"a": [1, "yes"], "b": [[1, "yes"], "yes"]}


def test_an_alias_in_what_it_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match=r"the alias 'x' names nothing that ended before it.*line 2"):
        _read(tmp_path, "a: &x\n  - *x\n")


def test_a_document_that_its_aliases_make_deep_is_refused(tmp_path: Path) -> None:
    deep = f"a: &a {'[' * 60}{']' * 60}\nb: "
    assert _read(tmp_path, f"{deep}{'[' * 39}*a{']' * 39}")
    with pytest.raises(UnreadableDocument, match=r"one\.yaml: nested too deeply"):
        _read(tmp_path, f"{deep}{'[' * 40}*a{']' * 40}")


def test_a_document_that_its_aliases_make_huge_is_refused(tmp_path: Path) -> None:
    tenfold = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 5)]
    ten = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"
    assert _read(tmp_path, "\n".join([ten, *tenfold[:3]]))
    with pytest.raises(UnreadableDocument, match=r"one\.yaml: more than 100,000 values, each alias written out"):
        _read(tmp_path, "\n".join([ten, *tenfold]))


def test_a_missing_file_and_a_file_of_other_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match=r"none\.yaml"):
        read_document(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    with pytest.raises(UnreadableDocument, match=r"latin\.yaml"):
        read_document(tmp_path / "latin.yaml")
