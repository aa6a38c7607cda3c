"""Cut the definitions of the exercises out of cells: keep what they need, run nothing else.

A student's notebook trains models and draws plots at the top level. For grading, only the
statements that define the exercises matter, and those that define what these refer to.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property, lru_cache

from autograder.programs import Definitions, SourceFile
from autograder.sources.closure import Providers, find_exercises
from autograder.sources.dependencies import Statement, apparent_names, apparent_scopes, statement_of
from autograder.sources.magics import plain_python
from autograder.sources.name_remarks import Places, on_exercises, on_helpers, on_methods
from autograder.sources.newer_python import newer_syntax
from autograder.sources.parsing import UNPARSABLE, parsed
from autograder.sources.scratch import Needed, Scratch
from autograder.verdicts import PARTS

_ALIKE = 0.85
"""How alike two names are, by `difflib`, of which one may be a slip for the other."""


_KEPT, _LONGEST_KEPT = 64, 4_000
"""How many cells' statements are kept in memory, and the characters of the longest: a course's own
are shorter. A hostile class fills some 120 MB with them."""


@dataclass(frozen=True)
class Cell:
    """One code cell, or a whole module.

    Attributes:
        label: its name for people: "cell 7".
        text: its source.
        exercise: the exercise whose own cell it is; "" if there is none, or if that is unknown.
        magics: whether IPython reads it, as a notebook's cells; Python alone reads a module.
    """

    label: str
    text: str
    exercise: str = ""
    magics: bool = True


_SHOWN = 80
"""Characters of a line in a message."""


@dataclass(frozen=True)
class BrokenCell:
    """A cell that is not valid Python, with the line and the message of the first error.

    As text, it has the line as the student wrote it, too.
    """

    label: str
    line: int
    message: str
    text: str

    def __str__(self) -> str:
        place = f"{self.label}, line {self.line}: "
        lines = self.text.split("\n")
        line = lines[self.line - 1] if 0 < self.line <= len(lines) else ""
        shown = "".join(filter(str.isprintable, line)).strip()[:_SHOWN]
        return f"{place}`{shown}`{PARTS}{self.message}" if shown else f"{place}{self.message}"


def definitions(
    cells: Sequence[Cell], names: Iterable[str]
) -> tuple[Definitions, frozenset[str], tuple[BrokenCell, ...]]:
    """The statements that define ``names``, which of these are defined, and the broken cells."""
    outline = Outline(cells, names)
    return outline.definitions(), outline.defined, outline.broken


class Outline:
    """The top-level statements of cells, and what they do to the names of the exercises.

    Magics and shell lines are skipped. A later class or function of an exercise's name replaces an
    earlier one, as in Python; an import or a result of that name does not. The module `scratch` has
    the rule for the names of helpers and modules.

    Attributes:
        names: the exercises.
        broken: the cells that are not valid Python.
    """

    def __init__(self, cells: Sequence[Cell], names: Iterable[str]) -> None:
        self.names = tuple(names)
        self._files: list[tuple[Cell, str]] = []
        self._statements: list[Statement] = []
        broken: list[BrokenCell] = []
        for cell in cells:
            try:
                read = _read if len(cell.text) <= _LONGEST_KEPT else _read.__wrapped__
                text, found = read(cell.text, cell.label, cell.magics)
            except UNPARSABLE as error:
                broken.append(_broken(cell, error))
                continue
            self._statements += [replace(each, file=len(self._files)) for each in found]
            self._files.append((cell, text))
        self.broken = tuple(broken)
        files = [(cell.label, text) for cell, text in self._files]
        self._places = Places(files, self._statements)
        own = {cell.exercise: number for number, (cell, _) in enumerate(self._files)}
        self._exercises = find_exercises(self._statements, self.names, own)
        self._scratch = Scratch(Providers(self._statements, self._exercises), self.names)
        self._needed: dict[tuple[str, ...], Needed] = {}

    @cached_property
    def _bound(self) -> dict[str, int]:
        """For each name, the position of the first statement that binds it."""
        first: dict[str, int] = {}
        for position, statement in enumerate(self._statements):
            for name in statement.binds:
                first.setdefault(name, position)
        return first

    @cached_property
    def _apparent(self) -> dict[str, str]:
        """For each name that only a broken cell seems to bind, what is wrong with the cell."""
        return {
            name: str(cell) for cell in reversed(self.broken) for name in apparent_names(cell.text)
        }

    @cached_property
    def defined(self) -> frozenset[str]:
        """The exercises that have a definition.

        An import does not count where a broken cell has the class or function.
        """
        lost = {name for cell in self.broken for name in apparent_scopes(cell.text)}
        return frozenset(
            name
            for name in self.names
            if name in self._exercises.definers or (name in self._bound and name not in lost)
        )

    def definitions(self, *names: str) -> Definitions:
        """The statements that define these exercises, or all, and what these need."""
        kept_positions = self._needs(*(names or self.names)).kept
        defines: dict[int, list[str]] = {}
        for name, positions in self._exercises.definers.items():
            for position in positions:
                defines.setdefault(position, []).append(name)
        keep: dict[int, list[int]] = {}
        defining: dict[int, list[tuple[int, str]]] = {}
        for position in sorted(kept_positions):
            statement = self._statements[position]
            keep.setdefault(statement.file, []).append(statement.index)
            defining.setdefault(statement.file, []).extend(
                (statement.index, name) for name in defines.get(position, ())
            )
        files = [
            SourceFile(
                f"{_identifier(self._files[number][0].label)}.py",
                self._files[number][0].label,
                self._files[number][1],
                tuple(kept),
                tuple(defining[number]),
            )
            for number, kept in keep.items()
        ]
        return Definitions(tuple(files), tuple(self._undefined(kept_positions).items()))

    def _needs(self, *names: str) -> Needed:
        if names not in self._needed:
            self._needed[names] = self._scratch.needed(names)
        return self._needed[names]

    def _undefined(self, kept: frozenset[int]) -> dict[str, str]:
        """Names that kept statements read and that nothing above them defines, and why."""
        reasons: dict[str, str] = {}
        for position in sorted(kept):
            statement = self._statements[position]
            for name in sorted(statement.uses):
                first = self._bound.get(name)
                if first is None and name in self._apparent:
                    reasons[name] = self._apparent[name]
                elif first is not None and first > position and name in statement.now:
                    reasons[name] = (
                        f"{name!r} is first defined below, in {self._places.place(first)}"
                    )
        return reasons

    def resembling(self, name: str, others: Iterable[str] = ()) -> str:
        """Where a class or function of nearly this name is, for an exercise that is missing.

        A class may have the name in its own ("MomentumOptimizer"). A function may not: `train_all`
        is seldom meant to be `train`. "" if there is none.

        Args:
            others: exercises of the same assignment, which are meant to be themselves.
        """
        exercises = {*self.names, *others}
        for position, statement in enumerate(self._statements):
            for other in sorted(statement.defines - exercises):
                if _resemble(name, other):
                    return f"{other} ({self._places.place(position)})"
        return ""

    def remarks(self) -> tuple[str, ...]:
        """What later cells do to names of the exercises and of what these need."""
        needed = {name: self._needs(name) for name in self.names if name in self.defined}
        return (
            *on_exercises(self._statements, self._exercises, self.names, self._places),
            *on_methods(self._statements, self._exercises, needed, self._places),
            *on_helpers(needed, self._places),
        )


def _resemble(name: str, other: str) -> bool:
    bare, found = (each.replace("_", "").lower() for each in (name, other))
    if name[0].isupper() and other[0].isupper() and bare in found:
        return True
    return bool(get_close_matches(bare, [found], cutoff=_ALIKE))


def cut_out(text: str, name: str) -> str:
    """The source of one top-level function of a module and of what it refers to, nothing else.

    Raises:
        SyntaxError: the module is not valid Python.
        KeyError: the module does not define the function.
    """
    found, bound, broken = definitions([Cell("module", text)], [name])
    if broken:
        raise SyntaxError(str(broken[0]))
    if name not in bound:
        raise KeyError(name)
    body = parsed(text, "module").body
    lines = text.split("\n")  # `splitlines` also ends a line at a form feed
    return "\n".join(
        "\n".join(lines[_first_line(body[index]) - 1 : body[index].end_lineno])
        for index in found.files[0].keep
    )


def statements(text: str) -> list[tuple[int, int, Statement]]:
    """The top-level statements of a cell or module, each with its first and last line.

    Raises:
        SyntaxError, or another of `UNPARSABLE`: the text is not valid Python.
    """
    return [
        (_first_line(node), node.end_lineno or node.lineno, statement_of(0, index, node))
        for index, node in enumerate(parsed(text, "cell").body)
    ]


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _identifier(label: str) -> str:
    return re.sub(r"\W+", "_", label).strip("_") or "cell"


@lru_cache(maxsize=_KEPT)
def _read(text: str, label: str, magics: bool) -> tuple[str, tuple[Statement, ...]]:
    """A cell as plain Python, and its statements, as those of file 0.

    Most cells are read over and over: those that are given in a class, and all but one in the
    misconceptions of an assignment.

    Raises:
        one of UNPARSABLE: the text is not valid Python.
    """
    if magics:
        text = plain_python(text)
    body = parsed(text, label).body
    return text, tuple(statement_of(0, index, node) for index, node in enumerate(body))


def _broken(cell: Cell, error: BaseException) -> BrokenCell:
    if isinstance(error, SyntaxError):
        message = newer_syntax(cell.text, _parses) or f"{error.msg}"
        return BrokenCell(cell.label, error.lineno or 1, message, cell.text)
    if isinstance(error, RecursionError | MemoryError):
        return BrokenCell(cell.label, 1, "the code is too deeply nested to be parsed", cell.text)
    return BrokenCell(cell.label, 1, str(error), cell.text)


def _parses(text: str) -> bool:
    try:
        parsed(text, "cell")
    except UNPARSABLE:
        return False
    return True
