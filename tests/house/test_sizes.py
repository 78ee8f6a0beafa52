"""A function fits 30 lines and a file 200, or the list below says why it does not.

Blank lines and comments count. Docstrings do not: what is long there is explanation. A function within a function
counts for itself.
"""

import ast
from pathlib import Path

import yaml

from tests.house.tree import ROOT, sources

LONGEST_FILE, LONGEST_FUNCTION = 200, 30
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
EXCEPTIONS: dict[str, str] = yaml.safe_load((Path(__file__).with_name("sizes.yaml")).read_text()) or {}


def too_long() -> dict[str, int]:
    """`path` or `path::function` to its lines, of everything over its limit."""
    found = {}
    for path in sources("shared", "services", "deploy"):
        name = str(path.relative_to(ROOT))
        text = path.read_text()
        tree = ast.parse(text)
        lines = len(text.splitlines()) - sum(docstring_lines(node) for node in ast.walk(tree))
        if lines > LONGEST_FILE:
            found[name] = lines
        functions = [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]
        found |= {f"{name}::{node.name}": length(node) for node in functions if length(node) > LONGEST_FUNCTION}
    return found


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    within = [node for node in ast.walk(function) if isinstance(node, FUNCTIONS) and node is not function]
    outermost = [node for node in within if not any(node in set(ast.walk(other)) - {other} for other in within)]
    return span(function) - docstring_lines(function) - sum(span(node) for node in outermost)


def span(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
    return (function.end_lineno or function.lineno) - first + 1


def docstring_lines(node: ast.AST) -> int:
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return 0
    first = node.body[0] if node.body else None
    is_text = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return (first.end_lineno or first.lineno) - first.lineno + 1 if is_text and first else 0


def test_what_is_long_has_a_written_reason() -> None:
    assert {name: lines for name, lines in too_long().items() if name not in EXCEPTIONS} == {}


def test_no_reason_outlives_its_cause() -> None:
    assert EXCEPTIONS.keys() - too_long().keys() == set()


def test_a_reason_is_a_sentence() -> None:
    assert [name for name, reason in EXCEPTIONS.items() if len(reason.split()) < 5] == []
