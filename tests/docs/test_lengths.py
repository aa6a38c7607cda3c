"""What CONTRIBUTING.md promises about the length of modules and functions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[2] / "autograder"
MODULES = sorted(ENGINE.rglob("*.py"))


def long_functions(text: str) -> list[str]:
    """Functions of more than 50 lines that have no comment with the reason above them."""
    lines = text.splitlines()
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
        long = (node.end_lineno or first) - node.lineno >= 50
        if long and not lines[first - 2].strip().startswith("# Longer than 50 lines because"):
            found.append(node.name)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ENGINE)))
def test_modules_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300
    assert long_functions(text) == []


def test_a_long_function_needs_its_reason() -> None:
    body = "\n".join(["def long():", *["    pass"] * 50])
    assert long_functions(body) == ["long"]
    assert long_functions(f"# Longer than 50 lines because it is an example.\n{body}") == []
    assert long_functions("\n".join(["def short():", *["    pass"] * 49])) == []
