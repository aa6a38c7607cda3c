"""Find what students would lack: a helper that only the solution of another exercise defines."""

from __future__ import annotations

from autograder.sources.assignment import Assignment
from autograder.sources.cells import exercise_of
from autograder.sources.definitions import statements
from autograder.sources.dependencies import Statement
from autograder.sources.faults import Faults
from autograder.sources.magics import without_magics
from autograder.sources.regions import inside


def examine_helpers(assignment: Assignment, faults: Faults) -> None:
    """Every function, class, constant and import that a cell needs is in what students get.

    Except the exercises themselves: students write these, and one may build on another.
    """
    exercises = set(assignment.cells)
    visible = set[str]()
    hidden: dict[str, tuple[int, int]] = {}  # by name, the cell and the line of its definition
    needed: list[tuple[int, Statement]] = []
    for number, cell in enumerate(assignment.notebook.cells, 1):
        if cell.cell_type != "code":
            continue
        solution = {line for line, _ in inside(cell.source)}
        for first, last, statement in statements(without_magics(cell.source)):
            needed.append((number, statement))
            if set(range(first, last + 1)) <= solution:
                for name in statement.binds - exercises:
                    hidden.setdefault(name, (number, first))
            else:
                visible |= statement.binds
    for name, (number, line) in hidden.items():
        if name in visible:
            continue
        for other, statement in needed:
            if other != number and name in statement.uses:
                cells = assignment.notebook.cells
                user = exercise_of(cells[other - 1])
                who = f"exercise {user!r}" if user else "another cell"
                faults.add(
                    assignment.percent.path,
                    assignment.percent.line(number, line),
                    f"{name!r} is defined only in the solution of "
                    f"{exercise_of(cells[number - 1])!r}, and {who} (line "
                    f"{assignment.percent.line(other)}) needs it, so students would lack it. Move "
                    "it out of the solution region, into a cell of its own.",
                )
                break
