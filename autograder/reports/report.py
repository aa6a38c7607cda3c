"""One submission in a terminal: a line per check, and what to do about a failed one."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from autograder.reports.feedback import MARKS, number, total
from autograder.reports.told_once import messages
from autograder.verdicts import ExerciseReport, Report, Status

_STYLES: dict[Status, str] = {
    "passed": "green",
    "failed": "red",
    "error": "red",
    "ungraded": "yellow",
}


def show_report(console: Console, report: Report, path: Path | str) -> None:
    """Print one submission: a line per check, and under a failed one what to do about it."""
    console.print(Text(str(path), style="bold"))
    for remark in report.remarks:
        console.print(Padding(Text(remark, style="yellow"), (0, 2), expand=False))
    for exercise in report.exercises:
        console.print()
        _show_exercise(console, exercise)
    console.print()
    console.print(Text(f"Score: {_score(report)}", style="bold"))


def _score(report: Report) -> str:
    bonus = sum(exercise.score for exercise in report.exercises if exercise.bonus)
    score = f"{number(report.score)} of {number(report.max_score)} points"
    return f"{score}, {number(bonus)} of them bonus" if bonus else score


def _show_exercise(console: Console, exercise: ExerciseReport) -> None:
    console.print(Text.assemble((exercise.name, "bold"), f": {total(exercise)}"))
    hinted: set[str] = set()
    told = messages(exercise.verdicts, hidden=True)
    for verdict, message in zip(exercise.verdicts, told, strict=True):
        style = _STYLES[verdict.status]
        earned = "?" if verdict.status == "ungraded" else number(verdict.points)
        points = f"{earned}/{number(verdict.max_points)}"
        line = Text.assemble((f"{MARKS[verdict.status]} ", style), f"{points:>5}  {verdict.claim}")
        console.print(Padding(line, (0, 2), expand=False))
        # A message or hint appears only under the first check that has it.
        if message:
            console.print(Padding(Text(message, style=style), (0, 2, 0, 11), expand=False))
        if verdict.misconception and verdict.misconception not in hinted:
            hinted.add(verdict.misconception)
            name = verdict.misconception.replace("_", " ")
            hint = Text.assemble((f"Looks like: {name}. ", "bold"), verdict.hint)
            console.print(Padding(hint, (0, 2, 0, 11), expand=False))
