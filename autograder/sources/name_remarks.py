"""Remarks on names that a later cell gives another value, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from autograder.sources.closure import Exercises
from autograder.sources.dependencies import Statement
from autograder.sources.scratch import Needed

_LINE_CHARS = 70
"""How much of a line of the submission a remark shows."""

_NAMED = 3
"""How many exercises a remark lists by name."""


class Places:
    """Where statements are, for people.

    Args:
        files: for each `Statement.file`, its label and its text.
    """

    def __init__(self, files: Sequence[tuple[str, str]], statements: Sequence[Statement]) -> None:
        self._files = files
        self._statements = statements

    def place(self, position: int) -> str:
        """The cell and line of a statement: "cell 7, line 2"."""
        statement = self._statements[position]
        return f"{self._files[statement.file][0]}, line {statement.line}"

    def line(self, position: int) -> str:
        """The first line of a statement, cut to 70 characters."""
        statement = self._statements[position]
        line = self._files[statement.file][1].split("\n")[statement.line - 1].strip()
        return line if len(line) <= _LINE_CHARS else f"{line[: _LINE_CHARS - 1]}…"


def on_exercises(
    statements: Sequence[Statement], exercises: Exercises, names: Sequence[str], places: Places
) -> Iterator[str]:
    """What happens to the exercises' names after their definition."""
    place, line = places.place, places.line
    for name in names:
        definers = exercises.definers.get(name, ())
        if not definers:
            continue
        scoped = [p for p in definers if name in statements[p].defines]
        if len(scoped) > 1:
            yield (
                f"{name} is defined in {place(scoped[-2])}, and again in "
                f"{place(scoped[-1])}. The later definition counts, as in Python, "
                "unless it raises an error."
            )
        for position in exercises.reuses[name][:1]:
            yield (
                f"{name} is graded as defined in {place(definers[-1])}. "
                f"`{line(position)}` ({place(position)}) does not change that: only "
                "another `class` or `def` of this name would. Use another name there."
            )


def on_methods(
    statements: Sequence[Statement],
    exercises: Exercises,
    needed: Mapping[str, Needed],
    places: Places,
) -> Iterator[str]:
    """Which later cells replace methods of an exercise's class.

    A method that the class does not have is what some students write in a cell of its own.
    """
    for name, needs in needed.items():
        scoped = [p for p in exercises.definers.get(name, ()) if name in statements[p].defines]
        if not scoped:
            continue
        last = statements[scoped[-1]]
        replaced = {
            attribute: position
            for position in sorted(needs.kept)
            for owner, attribute in statements[position].puts
            if owner == name and statements[position].file > last.file and attribute in last.members
        }
        for attribute, position in replaced.items():
            yield (
                f"`{attribute}` of {name} ({places.place(scoped[-1])}) is replaced by "
                f"`{places.line(position)}` ({places.place(position)}). The later definition "
                "counts, as in Python, unless it raises an error."
            )


def on_helpers(needed: Mapping[str, Needed], places: Places) -> Iterator[str]:
    """Which cells replace helpers and modules, or only reuse their names: one remark for each."""
    place = places.place
    again: dict[tuple[str, int, int], list[str]] = {}
    users: dict[tuple[str, int | None, int], list[str]] = {}
    for exercise, needs in needed.items():
        for name, (first, last) in needs.replaced.items():
            again.setdefault((name, first, last), []).append(exercise)
        for name, (provider, position) in needs.scratch.items():
            users.setdefault((name, provider, position), []).append(exercise)
    for (name, first, last), exercises in again.items():
        yield (
            f"`{name}`, which {_listed(exercises, 'uses', 'use')}, is defined in {place(first)}, "
            f"and again in {place(last)}. The later definition counts, as in Python, unless it "
            "raises an error."
        )
    for (name, provider, position), exercises in users.items():
        used = f"Python's own `{name}`"
        if provider is not None:
            used = f"`{name}` of {place(provider)}"
        yield (
            f"{_listed(exercises, 'is', 'are')} graded with {used}. `{places.line(position)}` "
            f"({place(position)}) does not change that; a `class`, `def` or `import` of "
            "this name would. Use another name there."
        )


def _listed(names: Sequence[str], one: str, several: str) -> str:
    if len(names) == 1:
        return f"{names[0]} {one}"
    more = len(names) - _NAMED
    shown = [*names[:_NAMED], f"{more} more"] if more > 0 else [*names]
    return f"{', '.join(shown[:-1])} and {shown[-1]} {several}"
