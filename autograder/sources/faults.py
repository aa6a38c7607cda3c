"""Collect what is wrong with an assignment, so that its author reads everything at once."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from autograder.model import AutograderError, Calls


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong at one line of a course's file, and how to fix it. Line 0: the whole file."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        here = Path.cwd()
        path = self.path.relative_to(here) if self.path.is_relative_to(here) else self.path
        return f"{path}{f', line {self.line}' if self.line else ''}: {self.message}"


class CourseFaults(AutograderError):  # noqa: N818 - it says what was found, as Unmet does
    """Everything that is wrong with a course's files: each once, sorted by file and line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


class Faults:
    """The faults found so far."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, path: Path, line: int, message: str) -> None:
        """Add a fault; ``line`` is 0 for the whole file."""
        self.found.append(Fault(path, line, message))

    def raise_any(self) -> None:
        """Raises: CourseFaults with everything that was found, if there is anything."""
        if self.found:
            raise CourseFaults(self.found)


def place_of(declared: Calls, path: Path) -> tuple[Path, int]:
    """The file and line where an exercise or a check is declared.

    A table in a shared module declares checks for several assignments; what counts then is the line
    of the assignment's own file that asks for it.

    Args:
        declared: the calls that led to the declaration, innermost first.
        path: the assignment's own file, returned with line 0 if no call is known.
    """
    for file, line in declared:
        if Path(file).parent == path.parent:
            return Path(file), line
    return (Path(declared[0][0]), declared[0][1]) if declared else (path, 0)


def place_of_function(
    function: Callable[..., Any], otherwise: tuple[Path, int]
) -> tuple[Path, int]:
    """The file and line of a function's definition; those of ``otherwise`` if it has none."""
    while isinstance(function, functools.partial):
        function = function.func
    code = getattr(function, "__code__", None)
    return (Path(code.co_filename), code.co_firstlineno) if code else otherwise


def suggestion(name: str, known: Iterable[str]) -> str:
    """The words " Did you mean 'walk'?" if one of the known names is similar, else nothing."""
    close = get_close_matches(name, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def is_file_name(name: str) -> bool:
    """Whether nbgrader, shells and browsers all accept a name: letters, digits, _ and -."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name) is not None
