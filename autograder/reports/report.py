"""One submission in a terminal: a line per check, and what to do about a failed one."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from autograder.reports.depending import depending, note
from autograder.reports.feedback import DEPENDING_MARK, FURTHER, MARKS, number, total
from autograder.reports.partly import partly
from autograder.reports.told_once import messages
from autograder.verdicts import ExerciseReport, Report, Status

_STYLES: dict[Status, str] = {
    "passed": "green",
    "failed": "red",
    "error": "red",
    "ungraded": "yellow",
}


def show_report(console: Console, report: Report, path: Path | str, *, hints: int = 1) -> None:
    """Print one submission: a line per check, and under a failed one what to do about it.

    Args:
        hints: how many of a hint's three steps are shown.
    """
    console.print(Text(str(path), style="bold"))
    for remark in report.remarks:
        console.print(Padding(Text(remark, style="yellow"), (0, 2), expand=False))
    for exercise in report.exercises:
        console.print()
        _show_exercise(console, exercise, hints)
    console.print()
    console.print(Text(f"Score: {_score(report)}", style="bold"))


def _score(report: Report) -> str:
    bonus = sum(exercise.score for exercise in report.exercises if exercise.bonus)
    score = f"{number(report.score)} of {number(report.max_score)} points"
    return f"{score}, {number(bonus)} of them bonus" if bonus else score


def _show_exercise(console: Console, exercise: ExerciseReport, hints: int) -> None:
    console.print(Text.assemble((exercise.name, "bold"), f": {total(exercise)}"))
    hinted: set[str] = set()
    shown, rest = depending(exercise.verdicts)
    told = messages(shown, hidden=True)
    # A grid, so that what is too long for a line goes on below itself.
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, justify="right", min_width=5)
    grid.add_column()  # a second space
    grid.add_column()
    for verdict, message in zip(shown, told, strict=True):
        style = _STYLES[verdict.status]
        earned = "?" if verdict.status == "ungraded" else number(verdict.points)
        points = f"{earned}/{number(verdict.max_points)}"
        grid.add_row(Text(MARKS[verdict.status], style), points, "", Text(verdict.claim))
        # A message or hint appears only under the first check that has it.
        if message:
            grid.add_row("", "", "", Text(message, style))
        elif note(verdict):
            grid.add_row("", "", "", Text(note(verdict), "dim"))
        if verdict.misconception and verdict.misconception not in hinted:
            hinted.add(verdict.misconception)
            name = verdict.misconception.replace("_", " ")
            said = f"{verdict.hint} {partly(verdict)}".rstrip()
            grid.add_row("", "", "", Text.assemble((f"Looks like: {name}. ", "bold"), said))
            for title, step in zip(FURTHER[: hints - 1], verdict.further, strict=False):
                grid.add_row("", "", "", Text.assemble((f"{title}: ", "bold"), step))
    if rest:
        grid.add_row(
            Text(DEPENDING_MARK, "dim"),
            Text(f"0/{number(rest.max_points)}", "dim"),
            "",
            Text(rest.sentence, "dim"),
        )
    console.print(Padding(grid, (0, 2), expand=False))
