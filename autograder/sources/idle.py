"""Implementations that do nothing: a stub whose every ``raise`` is a plain ``return``.

No exercise may be worth points to them, whatever holds of code that does nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from autograder.sources.definitions import Cell
from autograder.sources.parsing import UNPARSABLE, parsed
from autograder.sources.stubs import Definition, Function, stubs_of
from autograder.sources.submission import Submission

KINDS = {
    "does nothing": "return None",
    "returns its argument": "return {first}",
    "returns zeros": "return 0 * {first}",
    "returns a constant": "return 1.0",
}
"""What each does, and its statement; ``first`` is the function's first argument."""


def idle(stub: Submission, exercise: str) -> Iterator[tuple[str, Submission]]:
    """The stub of an exercise without its ``raise``, once for each of `KINDS`, with its name."""
    for what, statement in KINDS.items():
        cells = tuple(_idle_cell(cell, exercise, statement) for cell in stub.cells)
        yield what, replace(stub, cells=cells)


def _idle_cell(cell: Cell, exercise: str, statement: str) -> Cell:
    try:
        body = parsed(cell.text, "").body
    except UNPARSABLE:  # a line of IPython's
        return cell
    lines = cell.text.splitlines()
    found = [node for node in body if isinstance(node, Definition) and node.name == exercise]
    for definition in found:
        for stub in stubs_of(definition):
            line = lines[stub.first - 1]
            indent = line[: len(line) - len(line.lstrip())]
            first = _first_argument(definition, stub.first)
            returned = statement.format(first=first) if first else "return None"
            lines[stub.first - 1] = indent + returned
            lines[stub.first : stub.last] = [""] * (stub.last - stub.first)
    return replace(cell, text="\n".join(lines))


def _first_argument(definition: Definition, line: int) -> str:
    """The first argument of the function that holds a line, after ``self``; "" if it has none."""
    is_class = isinstance(definition, ast.ClassDef)
    for function in definition.body if is_class else [definition]:
        if isinstance(function, Function) and function.lineno <= line <= (function.end_lineno or 0):
            names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
            return next(iter(names[is_class:]), "")
    return ""
