"""One text for all definitions that do the same because they are the same code.

Students who write the same solution differ in comments, docstrings, spaces and in the cell that
they write it in. Code cannot see these by honest means, so what it does with the same inputs does
not depend on them.
"""

from __future__ import annotations

import ast
from functools import lru_cache

from autograder.programs import Definitions, SourceFile
from autograder.sources.parsing import UNPARSABLE, parsed

SEES_ITSELF = frozenset(
    {"__code__", "__doc__", "__file__", "_getframe", "inspect", "linecache", "traceback"}
)
"""Names by which code can read its own text, or ask where it stands."""


@lru_cache(maxsize=256)
def normal_form(definitions: Definitions) -> str | None:
    """The statements that run, without comments, docstrings, formatting and the names of cells.

    Returns:
        None if they may see their own text, or cannot be parsed: they are like no others.
    """
    try:
        return repr([_normal(file) for file in definitions.files])
    except UNPARSABLE:
        return None
    except _SeesItselfError:
        return None


class _SeesItselfError(Exception):
    """Code names something by which it can read its own text."""


def _normal(file: SourceFile) -> list[tuple[str, str]]:
    """Each statement that runs, with the exercise that it defines."""
    tree, defines = parsed(file.text, file.label), dict(file.defines)
    kept = [(tree.body[index], defines.get(index, "")) for index in file.keep]
    for statement, _ in kept:
        for node in ast.walk(statement):
            if not SEES_ITSELF.isdisjoint(_names(node)):
                raise _SeesItselfError
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                node.body = _without_docstring(node.body)
    return [(ast.dump(statement, annotate_fields=False), name) for statement, name in kept]


def _names(node: ast.AST) -> list[str]:
    """The names that a node reads or imports, also one that is given as text."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, ast.alias):
        return node.name.split(".")
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return []


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    match body[0]:
        case ast.Expr(value=ast.Constant(value=str())):
            return body[1:]
    return body
