"""What `autograder watch` prints: what a save changed, the first thing to fix, what comes next."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.padding import Padding
from rich.status import Status
from rich.text import Text

from autograder.reports.beside import Beside
from autograder.reports.feedback import MARKS, total
from autograder.reports.now import Now
from autograder.reports.progress import AssignmentStatus, way
from autograder.reports.report import ReportLines
from autograder.reports.unwritten import is_unwritten, unmade
from autograder.verdicts import ExerciseReport

KEYS = {"n": "next hint", "r": "run again", "e": "next exercise", "q": "quit"}

MOST_HINTS = 3

_NEWS = 3
"""How many checks that hold now, or fail now, are named after a save."""


class Watching:
    """Prints the course of a watch; on a terminal with a line at the bottom.

    Args:
        hints: how many of a hint's three steps are shown at first.
    """

    def __init__(self, console: Console, hints: int = 1) -> None:
        self._console = console
        self._first_hints = self._hints = hints
        self._stack = ExitStack()
        self._status: Status | None = None
        self._told = False
        self._now = Now("Reading the checks")
        self._remarks: dict[Path, Sequence[str]] = {}

    @property
    def interactive(self) -> bool:
        """Whether there are keys to read."""
        import sys

        return self._console.is_terminal and sys.stdin.isatty()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            status = self._console.status(self._now.text(), spinner_style="dim")
            self._status = self._stack.enter_context(status)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def say(self, line: str) -> None:
        """A line that the user should read before any code runs."""
        self._console.print(line, style="yellow")

    def doing(self, what: str) -> None:
        """What takes time now."""
        self._now = Now(what)
        if self._status:
            self._status.update(self._now.text())
            self._status.start()

    def decided(self, claim: str, holds: bool | None, checks: int) -> None:
        """A check of what takes time now is decided."""
        self._now.decided(claim, holds, checks)
        if self._status:
            self._status.update(self._now.text())

    def waiting(self, files: int) -> None:
        """Nothing is done until the next save or key."""
        if not self._told:
            self._told = True
            named = "1 file" if files == 1 else f"{files} files"
            self._console.print(f"Watching {named}. Save to check; Ctrl-C stops.", style="dim")
        if self._status:
            # It moves, so it would draw itself all the time that nothing happens.
            self._status.stop()
        if self.interactive:
            named = "   ".join(f"[bold]{key}[/] {what}" for key, what in KEYS.items())
            self._console.print(named, style="dim")

    def unreadable(self, reason: str) -> None:
        """A file was saved, and cannot be read."""
        self._console.print(Text(f"{time.strftime('%H:%M:%S')}  {reason}", "red"))

    def readable_again(self, file: Path) -> None:
        """A file that could not be read can be read, and is what it was before."""
        line = f"{time.strftime('%H:%M:%S')}  {file.name} can be read again. Nothing has changed."
        self._console.print(Text(line, "dim"))

    def begins(self, file: Path, remarks: Sequence[str]) -> None:
        """A file was read. What is plain about it is told when it is new."""
        self._console.print()
        self._console.print(Text(f"{time.strftime('%H:%M:%S')}  {file}", "dim"))
        told = self._remarks.get(file, ())
        self._remarks[file] = remarks
        for remark in remarks:
            if remark not in told:
                self._console.print(Text(f"  {remark}", "yellow"))
        self._hints = self._first_hints

    def judged(self, report: ExerciseReport, before: ExerciseReport | None) -> bool:
        """An exercise was judged. Returns whether it is shown: not if nothing is written in it.

        Args:
            before: what is known of the code before this save.
        """
        if _is_untouched(report) and (before is None or _is_untouched(before)):
            return False
        if self._status:
            self._status.update(" ")
        done = report.score == report.max_score
        mark = (MARKS["passed"], "green") if done else (MARKS["failed"], "red")
        was = f" (was {before.score:g})" if before and before.score != report.score else ""
        name = (report.name, "bold")
        self._console.print(Text.assemble(mark, " ", name, f": {total(report)}{was}"))
        if before:
            self._news(report, before)
        return True

    def _news(self, report: ExerciseReport, before: ExerciseReport) -> None:
        passed = {verdict.check for verdict in before.verdicts if verdict.status == "passed"}
        for holds, word, style in ((True, "holds now", "green"), (False, "fails now", "red")):
            new = [
                verdict
                for verdict in report.verdicts
                if (verdict.status == "passed") == holds and (verdict.check in passed) != holds
            ]
            for verdict in new[:_NEWS]:
                line = Text.assemble((f"{word}: ", style), verdict.claim)
                self._console.print(Padding(line, (0, 0, 0, 2)))
            if more := len(new[_NEWS:]):
                checks = "1 more check" if more == 1 else f"{more} more checks"
                self._console.print(Text(f"  {word}: {checks}", style))

    def first_failure(
        self,
        report: ExerciseReport,
        beside: Mapping[str, Beside] | None = None,
        *,
        named: bool = False,
        wrong: Sequence[str] = (),
    ) -> None:
        """The first thing to fix in an exercise.

        Args:
            beside: what is shown below a check's message, by the check's name.
            named: say which exercise it is, because the one shown last is another.
            wrong: other exercises that it uses and that are not right themselves.
        """
        if report.score < report.max_score:
            if named:
                self._console.print(Text.assemble(("Fix first: ", "bold"), report.name))
            lines = ReportLines(self._console, hints=self._hints, first=True)
            lines.uses(wrong)
            lines.below(report, beside)

    def next_hint(self, report: ExerciseReport) -> None:
        """The first thing to fix, with one step more of its hint."""
        first = next((v for v in report.verdicts if v.status != "passed"), None)
        if first is None:
            self._console.print(f"{report.name} holds.", style="green")
        elif self._hints > len(first.further):
            self._console.print("There are no more hints.", style="dim")
        else:
            self._hints += 1
            self._console.print()
            self._console.print(Text(report.name, "bold"))
            self.first_failure(report)

    def goes_to(
        self,
        file: Path,
        exercise: str,
        report: ExerciseReport | None,
        beside: Mapping[str, Beside] | None = None,
    ) -> None:
        """The keys are about this exercise now."""
        self._hints = self._first_hints
        self._console.print()
        points = f", {total(report)}" if report else ""
        self._console.print(Text.assemble(("Next: ", "bold"), f"{exercise} in {file}{points}"))
        if report and not _is_untouched(report):
            self.first_failure(report, beside)

    def nothing_yet(self) -> None:
        """A key was pressed, and there is no exercise that it could be about."""
        self._console.print("Nothing is written yet.", style="dim")

    def all_done(self) -> None:
        """No exercise is left."""
        self._console.print("Every exercise holds.", style="green")

    def ends(
        self, course: Sequence[AssignmentStatus], here: AssignmentStatus | None, seconds: float
    ) -> None:
        """All that a save changed is judged.

        Args:
            here: the assignment of the file, if it is the usual file of it.
        """
        if here:
            self._console.print(way(course, here))
        self._console.print(Text(f"{seconds:.1f} s", "dim"))


def _is_untouched(report: ExerciseReport) -> bool:
    return is_unwritten(report) or bool(unmade(report))
