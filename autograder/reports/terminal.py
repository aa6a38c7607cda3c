"""What a person reads in a terminal: verdicts, class tables, progress, errors."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from autograder.grading.grade import UNWRITTEN
from autograder.grading.observe import clean
from autograder.grading.verify import Proof
from autograder.model import ExerciseReport, Report, Status
from autograder.reports.feedback import MARKS, number, total
from autograder.sources.assignment import Assignment

LINES = 20
SHORT = 80
WIDE = 120
"""Columns from which a class table shows every exercise."""

_STYLES: dict[Status, str] = {
    "passed": "green",
    "failed": "red",
    "error": "red",
    "ungraded": "yellow",
}


def show_report(console: Console, report: Report, path: Path | str) -> None:
    """One submission in full: a line per check, and under a failed one what to do about it."""
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
    said: set[str] = set()
    hinted: set[str] = set()
    for verdict in exercise.verdicts:
        style = _STYLES[verdict.status]
        points = f"{number(verdict.points)}/{number(verdict.max_points)}"
        line = Text.assemble((f"{MARKS[verdict.status]} ", style), f"{points:>5}  {verdict.claim}")
        console.print(Padding(line, (0, 2), expand=False))
        # What was said once is not said again under every other check.
        if verdict.message and verdict.message not in said:
            said.add(verdict.message)
            console.print(Padding(Text(verdict.message, style=style), (0, 2, 0, 11), expand=False))
        if verdict.misconception and verdict.misconception not in hinted:
            hinted.add(verdict.misconception)
            name = verdict.misconception.replace("_", " ")
            hint = Text.assemble((f"Looks like: {name}. ", "bold"), verdict.hint)
            console.print(Padding(hint, (0, 2, 0, 11), expand=False))


def new_console() -> Console:
    """The console of every command: as wide as the terminal, and wide enough in a file."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDE)


def class_table(reports: Sequence[Report], width: int) -> Table:
    """A row per student: the score, what went wrong, and, if there is room, each exercise."""
    table = Table(header_style="bold", pad_edge=False, box=SIMPLE_HEAD)
    table.add_column("student", overflow="fold", max_width=30)
    table.add_column("score", justify="right", no_wrap=True)
    exercises = reports[0].exercises if reports and width >= WIDE else ()
    for exercise in exercises:
        name = f"{exercise.name}{'*' if exercise.bonus else ''}"
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("what was found", overflow="fold")
    for report in reports:
        points = ["?" if e.ungraded else number(e.score) for e in report.exercises]
        table.add_row(
            Text(clean(report.student)),
            f"{number(report.score)}/{number(report.max_score)}",
            *(points if exercises else ()),
            Text(finding(report)),
        )
    if any(exercise.bonus for exercise in exercises):
        table.caption = "* bonus: adds to the score, not to the points one can have"
        table.caption_justify = "left"
    return table


def finding(report: Report) -> str:
    """The few words of a class table: the named mistakes, else the first thing that went wrong."""
    named = dict.fromkeys(
        f"{exercise.name}: {verdict.misconception.replace('_', ' ')}"
        for exercise in report.exercises
        for verdict in exercise.verdicts
        if verdict.misconception
    )
    first = {
        exercise.name: problem.message
        for exercise in report.exercises
        if (problem := next((v for v in exercise.verdicts if v.status != "passed"), None))
    }
    unwritten = [name for name, message in first.items() if message.startswith(UNWRITTEN)]
    if named:
        return _few([*named, *([f"not written: {', '.join(unwritten)}"] if unwritten else [])])
    others = {name: message for name, message in first.items() if name not in unwritten}
    found = list(dict.fromkeys(others.values()))
    if len(found) > 1 or len(others) == 1:
        found = [f"{name}: {message}" for name, message in others.items()]
    if unwritten:
        found.append(f"not written: {', '.join(unwritten)}")
    remarks = [remark for remark in report.remarks if not any(remark[:30] in f for f in found)]
    return _few([*found, *remarks[:1]])


def _few(found: Sequence[str]) -> str:
    """At most two things, each cut to what a table has room for."""
    shown = [text if len(text) <= SHORT else f"{text[:SHORT]}..." for text in found[:2]]
    more = f"; and {len(found) - 2} more" if len(found) > 2 else ""
    return "; ".join(text.rstrip(".") if len(text) <= SHORT else text for text in shown) + more


def show_proof(console: Console, assignment: Assignment, proof: Proof) -> None:
    """What ``verify`` found: which checks catch which misconception, and every problem."""
    for exercise in assignment.check_set.exercises:
        checks = [check.name for check in assignment.check_set.of(exercise.name)]
        table = Table(
            title=f"{exercise.name}: which checks catch which misconception",
            title_justify="left",
            title_style="bold",
            header_style="bold",
            box=None,
            padding=(0, 1, 0, 0),
        )
        table.add_column("")
        for column in range(1, len(checks) + 1):
            table.add_column(str(column), justify="right", min_width=2)
        for misconception in assignment.of(exercise.name):
            caught = proof.caught.get(misconception, ())
            marks = ["x" if check in caught else "·" for check in checks]
            table.add_row(escape(misconception.name), *marks)
        console.print(table)
        for column, check in enumerate(checks, 1):
            console.print(f"{column:>4} {check}", style="dim")
        console.print()
    counts = ", ".join(f"{count} {what}" for what, count in proof.counts.items())
    if proof.problems:
        for problem in proof.problems:
            console.print(Text(f"{MARKS['failed']} {problem}", style="red"))
        console.print(f"{proof.assignment}: {len(proof.problems)} problems ({counts}).")
    else:
        console.print(
            f"{MARKS['passed']} {proof.assignment}: the reference earns every point, the stub "
            f"none; every misconception is caught and named as itself; every variant passes "
            f"({counts})."
        )


@contextlib.contextmanager
def progress(console: Console, what: str, count: int) -> Iterator[Callable[[str], None]]:
    """A progress bar on a terminal; elsewhere plain lines, at most ``LINES`` of them.

    Yields a function to call after each of ``count`` steps, with what was done.
    """
    if not console.is_terminal:
        done = 0

        def line(text: str) -> None:
            nonlocal done
            done += 1
            if done * LINES // count > (done - 1) * LINES // count:
                console.print(f"{what} {done}/{count}: {text}", markup=False, highlight=False)

        yield line
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[last]}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=count, last="")

        def step(text: str) -> None:
            bar.update(task, advance=1, last=escape(text))

        yield step
