"""How far a student is, in a terminal: a line per assignment and per exercise begun."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.columns import Columns
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

State = Literal["done", "wrong", "changed", "unchecked", "broken", "unwritten"]


@dataclass(frozen=True)
class ExerciseStatus:
    """How far one exercise is.

    Attributes:
        state: what is known of the code as it is now. "changed": since the last check.
        score: the points of the last check.
        max_score: those that a self-check can earn.
        said: why it is broken, or what failed first at the last check.
    """

    name: str
    state: State
    score: float
    max_score: float
    bonus: bool
    said: str = ""


@dataclass(frozen=True)
class AssignmentStatus:
    """How far one assignment is.

    Attributes:
        file: what the student works in; None if there is nothing.
        said: why nothing is known of it.
    """

    name: str
    file: Path | None
    exercises: tuple[ExerciseStatus, ...]
    said: str = ""

    @property
    def untouched(self) -> bool:
        """Whether nothing is written."""
        return all(exercise.state == "unwritten" for exercise in self.exercises)

    @property
    def done(self) -> bool:
        """Whether all that is no bonus holds."""
        return all(e.state == "done" for e in self.exercises if not e.bonus)


_MARKS: dict[State, tuple[str, str]] = {
    "done": ("✓", "green"),
    "wrong": ("✗", "red"),
    "changed": ("~", "yellow"),
    "unchecked": ("?", "yellow"),
    "broken": ("!", "red"),
    "unwritten": ("·", "dim"),
}


def show_status(
    console: Console, course: Sequence[AssignmentStatus], upcoming: str, command: str
) -> None:
    """Print how far a student is, and what comes next.

    Args:
        upcoming: the next exercise in words; "" if there is none.
        command: what checks it.
    """
    for assignment in course:
        _show_assignment(console, assignment)
    console.print()
    if not upcoming:
        if not any(assignment.exercises for assignment in course):
            return
        console.print("Every exercise holds.", style="green")
        return
    console.print(Text.assemble(("Next: ", "bold"), upcoming))
    console.print(Text(f"  {command}", "dim"), soft_wrap=True)


def _show_assignment(console: Console, assignment: AssignmentStatus) -> None:
    required = [each for each in assignment.exercises if not each.bonus]
    most = f"{math.fsum(each.max_score for each in required):g}"
    count = len(assignment.exercises)
    if assignment.file is None or not count:
        console.print(Text(f"! {assignment.name}: {assignment.said}", "yellow"))
    elif assignment.untouched:
        exercises = "1 exercise" if count == 1 else f"{count} exercises"
        console.print(Text(f"· {assignment.name}: {exercises}, {most} points", "dim"))
    else:
        score = math.fsum(each.score for each in assignment.exercises if each.state != "unwritten")
        mark = ("✓", "green") if assignment.done else (">", "bold")
        name = (assignment.name, "bold")
        console.print(Text.assemble(mark, " ", name, f": {score:g} of {most} points"))
        if not assignment.done:
            console.print(Padding(_grid(assignment.exercises), (0, 2), expand=False))


def _grid(exercises: Sequence[ExerciseStatus]) -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0))
    for _ in range(3):
        grid.add_column()
    for exercise in exercises:
        mark, style = _MARKS[exercise.state]
        dim = "dim" if exercise.state == "unwritten" else ""
        grid.add_row(Text(mark, style), Text(exercise.name, dim), Text(_words(exercise), dim))
    return grid


def _words(exercise: ExerciseStatus) -> str:
    points = f"{exercise.score:g} of {exercise.max_score:g}"
    words = {
        "done": points,
        "wrong": f"{points}. {exercise.said}",
        "changed": f"changed since the last check, which gave {points}",
        "unchecked": "written, not checked yet",
        "broken": exercise.said,
        "unwritten": "not written yet",
    }[exercise.state]
    return f"bonus: {words}" if exercise.bonus else words


def way(course: Sequence[AssignmentStatus], here: AssignmentStatus) -> Group:
    """The points of an assignment, how many assignments are done, and below it its exercises."""
    required = [each for each in here.exercises if not each.bonus]
    score = math.fsum(each.score for each in here.exercises if each.state != "unwritten")
    most = math.fsum(each.max_score for each in required)
    marked = [Text.assemble(_MARKS[each.state], f" {each.name}") for each in here.exercises]
    done = sum(assignment.done for assignment in course)
    points = f"{here.name}: {score:g} of {most:g} points"
    line = Text.assemble(points, (f", {done} of {len(course)} assignments done", "dim"))
    return Group(line, Padding(Columns(marked, padding=(0, 2)), (0, 2), expand=False))
