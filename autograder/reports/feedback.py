"""What a student reads about an exercise: one table of verdicts, as HTML and as plain text.

Of a hidden check, students see the result and the points, and nothing about what it checks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from autograder.reports.told_once import messages
from autograder.verdicts import ExerciseReport, Status, Verdict

MARKS: dict[Status, str] = {"passed": "✓", "failed": "✗", "error": "!", "ungraded": "?"}

HIDDEN_CLAIM = "Hidden check"


@dataclass(frozen=True)
class _Row:
    mark: str
    status: Status
    claim: str
    message: str
    hint: str
    points: str


def verdict_table(exercise: ExerciseReport) -> str:
    """The verdicts on one exercise as an HTML table: escaped, without scripts or external files."""
    return _template().render(
        exercise=exercise,
        total=total(exercise),
        rows=_rows(exercise),
    )


def verdict_text(exercise: ExerciseReport) -> str:
    """The same table as plain text."""
    lines = [f"{exercise.name}: {total(exercise)}"]
    for row in _rows(exercise):
        lines.append(f"  {row.mark} {row.status:<8}  {row.points:>9}  {row.claim}")
        lines += [f"      {line}" for line in row.message.splitlines()]
        if row.hint:
            lines.append(f"      Hint: {row.hint}")
    return "\n".join(lines)


def total(exercise: ExerciseReport) -> str:
    """The points of an exercise in words: ``7.5 of 10 points``."""
    if exercise.ungraded:
        return "not graded yet: the autograder failed here, and an instructor will look at it"
    points = f"{number(exercise.score)} of {number(exercise.max_score)} points"
    return f"{points} (bonus)" if exercise.bonus else points


def number(points: float) -> str:
    """Points with at most two decimals: ``10``, ``7.5``, ``3.33``."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _rows(exercise: ExerciseReport) -> list[_Row]:
    """One row per verdict; a message or hint appears only under the first check that has it."""
    hinted: set[str] = set()
    rows = []
    told = messages(exercise.verdicts, hidden=False)
    for verdict, message in zip(exercise.verdicts, told, strict=True):
        row = _row(verdict, message)
        if row.hint in hinted:
            row = replace(row, hint="")
        hinted.add(row.hint)
        rows.append(row)
    return rows


def _row(verdict: Verdict, message: str) -> _Row:
    if verdict.status == "ungraded":
        points = f"? / {number(verdict.max_points)}"
    else:
        points = f"{number(verdict.points)} / {number(verdict.max_points)}"
    shown = not verdict.hidden
    return _Row(
        mark=MARKS[verdict.status],
        status=verdict.status,
        claim=verdict.claim if shown else HIDDEN_CLAIM,
        message=message,
        hint=verdict.hint if shown and verdict.misconception else "",
        points=points,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("verdicts.html.j2")
