"""One submission in a terminal: what is wrong and what to do about it, then what holds, folded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from autograder.grading.decide import UNWRITTEN
from autograder.reports.beside import NOTHING, Beside
from autograder.reports.counts import held
from autograder.reports.depending import depending, note
from autograder.reports.feedback import DEPENDING_MARK, FURTHER, MARKS, number, total
from autograder.reports.partly import partly
from autograder.reports.told_once import messages
from autograder.reports.unwritten import is_unwritten, unmade
from autograder.verdicts import ExerciseReport, Report, Status, Verdict

_STYLES: dict[Status, str] = {
    "passed": "green",
    "failed": "red",
    "error": "red",
    "ungraded": "yellow",
}

_CELL = re.compile(r"\((cell \d+)")


class ReportLines:
    """Prints a submission piece by piece, each as soon as it is known.

    Args:
        hints: how many of a hint's three steps are shown.
        everything: list the checks that hold one by one, too.
        first: of an exercise, show only the first check that fails.
    """

    def __init__(
        self, console: Console, *, hints: int = 1, everything: bool = False, first: bool = False
    ) -> None:
        self._console = console
        self._hints = hints
        self._everything = everything
        self._first = first
        self._remarks: Sequence[str] = ()
        self._short = False  # whether the last exercise took one line

    def head(self, path: Path | str, remarks: Sequence[str]) -> None:
        """The file, and plain sentences about it."""
        self._console.print(Text(str(path), style="bold"))
        self._remarks = remarks
        for remark in remarks:
            self._console.print(Padding(Text(remark, style="yellow"), (0, 2), expand=False))
        self._short = False

    def exercise(
        self,
        exercise: ExerciseReport,
        beside: Mapping[str, Beside] | None = None,
        wrong: Sequence[str] = (),
    ) -> None:
        """One line if nothing is written or nothing is wrong; otherwise a line per failed check.

        Args:
            beside: what is shown below a check's message, by the check's name.
            wrong: other exercises that it uses and that are not right themselves.
        """
        line = self._line(exercise)
        if line is None or not self._short:
            self._console.print()
        self._short = line is not None
        if line is not None:
            self._console.print(line)
            return
        self._console.print(Text.assemble((exercise.name, "bold"), f": {total(exercise)}"))
        if exercise.score < exercise.max_score:
            self.uses(wrong)
        self.below(exercise, beside)

    def uses(self, wrong: Sequence[str]) -> None:
        """That other exercises, which are not right themselves, are used where something is wrong.

        What fails here may be their fault, and so may the name of a mistake be.
        """
        if wrong:
            are = "is" if len(wrong) == 1 else "are"
            said = f"It uses your {' and '.join(wrong)}, which {are} not right yet: fix that first."
            self._console.print(Padding(Text(said, "yellow"), (0, 2), expand=False))

    def below(self, exercise: ExerciseReport, beside: Mapping[str, Beside] | None = None) -> None:
        """What is printed below the name of an exercise in which something is wrong.

        Args:
            beside: what is shown below a check's message, by the check's name.
        """
        grid = self._grid(exercise, _Beside(beside or {}, self._console))
        self._console.print(Padding(grid, (0, 2), expand=False))

    def _line(self, exercise: ExerciseReport) -> Text | None:
        points = total(exercise)
        if is_unwritten(exercise):
            place = _CELL.search(exercise.verdicts[0].message)
            where = f" ({place[1]})" if place else ""
            return Text(f"{DEPENDING_MARK} {exercise.name}: {UNWRITTEN}{where}, {points}", "dim")
        if (names := unmade(exercise)) and not self._everything:
            line = f"{exercise.name}: not made yet ({', '.join(names)}), {points}"
            return Text(f"{DEPENDING_MARK} {line}", "dim")
        cause = _only_cause(exercise)
        if cause and cause.message in self._remarks:  # such as that the file cannot be read
            return Text.assemble((MARKS["failed"], "red"), f" {exercise.name}: {points}")
        if all(verdict.status == "passed" for verdict in exercise.verdicts):
            if self._everything:
                return None
            mark, name = (MARKS["passed"], "green"), (exercise.name, "bold")
            return Text.assemble(mark, " ", name, f": {points}")
        return None

    def _grid(self, exercise: ExerciseReport, beside: _Beside) -> Table:
        # A grid, so that what is too long for a line goes on below itself.
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(no_wrap=True, justify="right", min_width=5)
        grid.add_column()  # a second space
        grid.add_column()
        shown, rest = depending(exercise.verdicts)
        wrong = [verdict for verdict in shown if verdict.status != "passed"]
        holding = [verdict for verdict in shown if verdict.status == "passed"]
        if (verdict := _only_cause(exercise)) and not self._everything:
            mark = Text(MARKS[verdict.status], _STYLES[verdict.status])
            grid.add_row(mark, "", "", Text(verdict.message, _STYLES[verdict.status]))
            beside.add(grid, verdict)
            return grid
        self._add_wrong(grid, wrong, beside)
        if rest and not self._first:
            points = Text(f"0/{number(rest.max_points)}", "dim")
            grid.add_row(Text(DEPENDING_MARK, "dim"), points, "", Text(rest.sentence, "dim"))
        if self._everything:
            for verdict in holding:
                grid.add_row(*_check(verdict))
                if note(verdict):
                    grid.add_row("", "", "", Text(note(verdict), "dim"))
                beside.add(grid, verdict)
        elif holding and not self._first:
            mark = Text(MARKS["passed"], _STYLES["passed"])
            points = Text(number(sum(verdict.points for verdict in holding)))
            grid.add_row(mark, points, "", Text(_folded(holding), "dim"))
        return grid

    def _add_wrong(self, grid: Table, wrong: Sequence[Verdict], beside: _Beside) -> None:
        hinted: set[str] = set()
        told = messages(wrong, hidden=True)
        for verdict, message in zip(wrong, told, strict=True):
            # One cause of many is told once, with how many more checks it fails.
            if not message and verdict.message and not self._everything:
                continue
            grid.add_row(*_check(verdict))
            if message:
                grid.add_row("", "", "", Text(message, _STYLES[verdict.status]))
            if verdict.misconception and verdict.misconception not in hinted:
                hinted.add(verdict.misconception)
                name = verdict.misconception.replace("_", " ")
                said = f"{verdict.hint} {partly(verdict)}".rstrip()
                grid.add_row("", "", "", Text.assemble((f"Looks like: {name}. ", "bold"), said))
                for title, step in zip(FURTHER[: self._hints - 1], verdict.further, strict=False):
                    grid.add_row("", "", "", Text.assemble((f"{title}: ", "bold"), step))
            beside.add(grid, verdict)
            if self._first:
                return

    def score(self, report: Report, later: float = 0.0) -> None:
        """The points of all exercises together, and how to read more of a hint.

        Args:
            later: points for checks that run only when students are graded.
        """
        self._console.print()
        self._console.print(Text(f"Score: {_score(report)}", style="bold"))
        if later:
            self._console.print(Text(later_points(later)))
        more = any(v.further[self._hints - 1 :] for e in report.exercises for v in e.verdicts)
        if more and self._hints <= len(FURTHER):
            self._console.print(Text(f"To read more of the hints: --hint {self._hints + 1}", "dim"))


class _Beside:
    """Adds to a grid what is shown below a check's message."""

    def __init__(self, beside: Mapping[str, Beside], console: Console) -> None:
        self._beside = beside
        self._blocks = not (console.options.ascii_only or console.legacy_windows)
        self._told: set[tuple[str, ...]] = set()

    def add(self, grid: Table, verdict: Verdict) -> None:
        """Two curves where a terminal has the characters for it; what was printed."""
        shown = self._beside.get(verdict.check, NOTHING)
        if (curves := shown.curves) and self._blocks:
            lines = f"yours     {curves.yours}\nexpected  {curves.expected}"
            grid.add_row("", "", "", Text(lines))
            grid.add_row("", "", "", Text(curves.words, "dim"))
        if not shown.lines:
            return
        again = shown.lines in self._told
        self._told.add(shown.lines)
        grid.add_row("", "", "", Text(f"Printed{' the same again.' if again else ':'}", "dim"))
        if not again:
            said = Text("\n".join(shown.lines), overflow="fold")
            grid.add_row("", "", "", Padding(said, (0, 0, 0, 2)))


def show_report(
    console: Console, report: Report, path: Path | str, *, hints: int = 1, everything: bool = False
) -> None:
    """Print one submission: what is wrong and what to do about it, then what holds, folded.

    Args:
        hints: how many of a hint's three steps are shown.
        everything: list the checks that hold one by one, too.
    """
    lines = ReportLines(console, hints=hints, everything=everything)
    lines.head(path, report.remarks)
    for exercise in report.exercises:
        lines.exercise(exercise)
    lines.score(report)


def later_points(points: float) -> str:
    """A sentence about the points of checks that run only when students are graded."""
    are = "point is" if points == 1 else "points are"
    return f"{number(points)} more {are} for checks that run only when you are graded."


def _score(report: Report) -> str:
    bonus = sum(exercise.score for exercise in report.exercises if exercise.bonus)
    score = f"{number(report.score)} of {number(report.max_score)} points"
    return f"{score}, {number(bonus)} of them bonus" if bonus else score


def _only_cause(exercise: ExerciseReport) -> Verdict | None:
    """The first of several verdicts, if all say the same; which check it is tells nothing then."""
    first, *others = exercise.verdicts
    same = bool(others) and all(verdict.message == first.message for verdict in others)
    return first if same and first.message and not first.misconception else None


def _check(verdict: Verdict) -> tuple[Text, str, str, Text]:
    earned = "?" if verdict.status == "ungraded" else number(verdict.points)
    mark = Text(MARKS[verdict.status], _STYLES[verdict.status])
    return mark, f"{earned}/{number(verdict.max_points)}", "", Text(verdict.claim)


def _folded(holding: Sequence[Verdict]) -> str:
    """ "12 more checks hold", and how many of them given a rule that is wrong."""
    text = f"{held(holding)}."
    if any(map(note, holding)):
        return text
    return f"{text} --all lists {'it' if len(holding) == 1 else 'them'}."
