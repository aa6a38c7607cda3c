"""Whether `check(Momentum)` checks what the newest cell of Momentum says.

A cell that fails leaves the class of an earlier run in place: a check then judges code that is no
longer on the screen. IPython's history tells. Where anything is unclear, nothing is said.
"""

from __future__ import annotations

import ast
import linecache
import re
import sys
import types
from dataclasses import dataclass
from typing import Any

from autograder.sources.parsing import TooMuchCodeError, parsed

_DEFINITIONS = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class _Newest:
    """The newest cell that defines a name.

    Attributes:
        number: of the cell, as the notebook shows it in brackets.
        definition: None if the cell is not valid Python.
    """

    number: int
    definition: ast.stmt | None
    problem: str = ""


def not_the_newest(implementation: Any) -> str:
    """A sentence if what is checked is not what the newest cell of that name defines; or "".

    Args:
        implementation: the class or function that is checked.
    """
    try:
        return _compared(implementation, _cells())
    except Exception:  # a convenience: nothing that goes wrong here may cost a check
        return ""


def _cells() -> list[str]:
    """The cells that ran, or failed, by number, magics translated; none outside IPython."""
    if "IPython" not in sys.modules:
        return []
    from IPython.core.getipython import get_ipython

    history = getattr(get_ipython(), "history_manager", None)
    return list(history.input_hist_parsed) if history else []


def _compared(implementation: Any, cells: list[str]) -> str:
    name, text = implementation.__name__, _cell_of(implementation)
    newest = _newest(name, cells)
    ran = [number for number, cell in enumerate(cells) if text and cell.rstrip() == text.rstrip()]
    if newest is None or not ran or ran[-1] >= newest.number:
        return ""
    checked = _definition(text, name)
    if checked is None:  # it got its name in another way
        return ""
    older = f"What is checked is {name} of cell [{ran[-1]}]"
    if newest.definition is None:
        return f"{older}: the newer one in cell [{newest.number}] did not run ({newest.problem})."
    if _same(checked, newest.definition):
        return ""
    return f"{older}, not the newer one in cell [{newest.number}]. Did that cell run without error?"


def _cell_of(implementation: Any) -> str:
    """The text of the cell that defines it; "" if that is not known."""
    found = vars(implementation).values() if isinstance(implementation, type) else [implementation]
    files = {each.__code__.co_filename for each in found if isinstance(each, types.FunctionType)}
    if len(files) != 1:  # put together from several cells
        return ""
    return "".join(linecache.getlines(files.pop()))


def _newest(name: str, cells: list[str]) -> _Newest | None:
    head = re.compile(rf"^(?:class|(?:async +)?def) +{re.escape(name)}\b", re.MULTILINE)
    for number, cell in reversed(list(enumerate(cells))):
        if not head.search(cell):
            continue
        try:
            definition = _definition(cell, name)
        except TooMuchCodeError:
            return None  # IPython has no such limit
        except SyntaxError as error:
            problem = f"{type(error).__name__}, line {error.lineno}: {error.msg}"
            return _Newest(number, None, problem)
        if definition is not None:
            return _Newest(number, definition)
    return None


def _definition(text: str, name: str) -> ast.stmt | None:
    """The last definition of a name at the top level of a cell.

    Raises:
        SyntaxError: the cell is not valid Python.
    """
    found = [each for each in parsed(text, "cell").body if isinstance(each, _DEFINITIONS)]
    return next((each for each in reversed(found) if each.name == name), None)


def _same(one: ast.stmt, other: ast.stmt) -> bool:
    """Whether two definitions differ at most in comments, docstrings and formatting."""
    return ast.dump(_without_docstrings(one)) == ast.dump(_without_docstrings(other))


def _without_docstrings(definition: ast.stmt) -> ast.stmt:
    for node in ast.walk(definition):
        if isinstance(node, _DEFINITIONS):
            match node.body[0]:
                case ast.Expr(value=ast.Constant(value=str())):
                    node.body = node.body[1:] or [ast.Pass()]
    return definition
