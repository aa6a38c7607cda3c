"""A self-check in a terminal while it goes on: each exercise as soon as it is judged."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console

from autograder.reports.now import Now

if TYPE_CHECKING:
    from autograder.reports.beside import Beside
    from autograder.reports.report import ReportLines
    from autograder.verdicts import ExerciseReport, Report


class Live:
    """Shows a self-check: what it does now, in a line that goes away, and what it has found.

    What draws a report is imported only when that line is shown.

    Args:
        hints: how many of a hint's three steps are shown.
        everything: list the checks that hold one by one, too.
        first: stop at the first exercise that is wrong, and show only what fails there first.
    """

    def __init__(
        self, console: Console, *, hints: int = 1, everything: bool = False, first: bool = False
    ) -> None:
        self._console = console
        self._options = {"hints": hints, "everything": everything, "first": first}
        self._first = first
        self._stopped = False
        self._files = 0
        self._lines: ReportLines | None = None
        self._stack = contextlib.ExitStack()
        self._now = Now("Reading the checks")
        self._status = console.status(self._now.text(), spinner_style="dim")

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._stack.enter_context(self._status)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stack.close()

    def say(self, line: str) -> None:
        """A line that the user should read before any code runs."""
        self._console.print(line, style="yellow")

    def doing(self, what: str) -> None:
        """What takes time now."""
        self._now = Now(what)
        self._status.update(self._now.text())

    def decided(self, claim: str, holds: bool | None, checks: int) -> None:
        """A check of what takes time now is decided."""
        self._now.decided(claim, holds, checks)
        self._status.update(self._now.text())

    def begins(self, file: Path, remarks: Sequence[str]) -> None:
        """A file is read; what is plain about it without running it."""
        if self._files:
            self._console.rule()
        self._files += 1
        self._drawn().head(file, remarks)

    def judged(
        self,
        exercise: ExerciseReport,
        beside: Mapping[str, Beside] | None = None,
        wrong: Sequence[str] = (),
    ) -> bool:
        """An exercise is judged. Returns whether to go on with the next one.

        Args:
            beside: what is shown below a check's message, by the check's name.
            wrong: other exercises that it uses and that are not right themselves.
        """
        from autograder.reports.unwritten import is_unwritten, unmade

        self._status.update(" ")
        self._drawn().exercise(exercise, beside, wrong)
        self._stopped = (
            self._first
            and exercise.score < exercise.max_score
            and not (is_unwritten(exercise) or unmade(exercise))
        )
        return not self._stopped

    def ends(self, report: Report, later: float) -> None:
        """A file is judged.

        Args:
            later: points of these exercises for checks that run only when students are graded.
        """
        if self._stopped:
            self._console.print()
            self._console.print(
                "Stopped at the first failure (--first); the exercises below it were not checked.",
                style="dim",
            )
        else:
            self._drawn().score(report, later)

    def _drawn(self) -> ReportLines:
        from autograder.reports.report import ReportLines

        if self._lines is None:
            self._lines = ReportLines(self._console, **self._options)  # type: ignore[arg-type]
        return self._lines
