"""One file of a student's, as it is now: read, and judged exercise by exercise."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from autograder.desks.beside import Noted, beside
from autograder.desks.released import Worth, locked_cells_in, release_notebook, worths
from autograder.desks.remembered import digest_of
from autograder.desks.untouched import report_without_a_run, untouched_cell
from autograder.grading.decide import judge_check
from autograder.grading.grade import grade_definitions
from autograder.grading.oracle import Oracle
from autograder.grading.predicted import predicted
from autograder.grading.stored import StoredOracle, read_release
from autograder.model import Check, Failure, Observation
from autograder.reports.beside import Beside
from autograder.sandbox.interface import Sandbox
from autograder.sources.checks import CheckSet
from autograder.sources.flags import flags
from autograder.sources.predictions import PREDICTIONS
from autograder.sources.submission import LoadPlan, Submission, bounded, read_submission
from autograder.verdicts import ExerciseReport, Report

HALF_SAVED_SECONDS = 2.0
"""For so long a file that cannot be read may be one that is being saved."""

_AGAIN_SECONDS = 0.1

Decided = Callable[[str, bool | None, int], None]
"""Called with the claim of each check as soon as it has run, whether it holds, and of how many
checks it is one. None where that depends on a rule that is wrong: the report decides it, once all
is known."""

NOTHING_RAN = "not needed: no code ran"
"""The protection of a report on exercises that need no run."""


class Show(Protocol):
    """What shows a self-check while it goes on."""

    def say(self, line: str) -> None:
        """A line that the user should read before any code runs."""

    def doing(self, what: str) -> None:
        """What takes time now."""

    def decided(self, claim: str, holds: bool | None, checks: int) -> None:
        """A check of what takes time now is decided: see `Decided`."""

    def begins(self, file: Path, remarks: Sequence[str]) -> None:
        """A file is read; what is plain about it without running it."""

    def judged(
        self,
        exercise: ExerciseReport,
        beside: Mapping[str, Beside],
        wrong: Sequence[str] = (),
    ) -> bool:
        """An exercise is judged. Returns whether to go on with the next one.

        Args:
            beside: what is shown below a check's message, by the check's name.
            wrong: other exercises that it uses and that are not right themselves.
        """

    def ends(self, report: Report, later: float) -> None:
        """A file is judged.

        Args:
            later: points of these exercises for checks that run only when students are graded.
        """


class Silent:
    """Shows nothing."""

    def say(self, line: str) -> None: ...
    def doing(self, what: str) -> None: ...
    def decided(self, claim: str, holds: bool | None, checks: int) -> None: ...
    def begins(self, file: Path, remarks: Sequence[str]) -> None: ...
    def judged(
        self,
        exercise: ExerciseReport,
        beside: Mapping[str, Beside],
        wrong: Sequence[str] = (),
    ) -> bool:
        return True

    def ends(self, report: Report, later: float) -> None: ...


@dataclass(frozen=True)
class Release:
    """The release that a file belongs to: its checks, and its numbers for the public seed."""

    folder: Path
    check_set: CheckSet
    oracle: StoredOracle

    @cached_property
    def locked(self) -> dict[str, str]:
        """The source of each locked cell, by grade_id."""
        return locked_cells_in(release_notebook(self.folder))

    @cached_property
    def worths(self) -> dict[str, Worth]:
        """What each exercise is worth, as far as the release's notebook says so."""
        return worths(self.locked)

    def later(self, report: Report) -> float:
        """Points, in the exercises of a report, for checks that run only in grading."""
        of = [self.worths.get(e.name) for e in report.exercises if not e.bonus]
        return sum(worth.later for worth in of if worth)


class Deciding:
    """Tells of each check of an exercise as soon as it is observed."""

    def __init__(self, check_set: CheckSet, oracle: Oracle, decided: Decided) -> None:
        self._oracle = oracle
        self._decided = decided
        self._checks = len(check_set.checks)
        self._wrong_rule = False

    def __call__(self, check: Check, seen: Observation) -> None:
        status, _ = judge_check(check, seen, self._oracle)
        holds = status == "passed"
        self._wrong_rule |= check.aspect == "rule" and not holds
        open_ = self._wrong_rule and check.aspect == "behaviour" and not holds
        self._decided(check.claim, None if open_ else holds, self._checks)


class Work:
    """A student's file as it is now, and what its exercises need to run.

    One that cannot be read may be half saved, and is read again for a moment.
    """

    def __init__(self, file: Path, release: Release) -> None:
        self.file = file
        self.release = release
        self.submission: Submission = read_submission(file, locked=release.locked, own=True)
        end = time.monotonic() + HALF_SAVED_SECONDS
        while self.submission.unreadable and time.monotonic() < end:
            time.sleep(_AGAIN_SECONDS)
            self.submission = read_submission(file, locked=release.locked, own=True)
        names = [exercise.name for exercise in release.check_set.exercises]
        self.plan: LoadPlan = self.submission.definitions(names)
        self._beside: dict[str, Mapping[str, Beside]] = {}

    @property
    def exercises(self) -> tuple[str, ...]:
        """Those that are checked, in order; the predictions of a notebook are the last."""
        names = (exercise.name for exercise in self.release.check_set.exercises)
        return (*names, *(report.name for report in self._predicted))

    @cached_property
    def _predicted(self) -> tuple[ExerciseReport, ...]:
        return predicted(self.submission, self.release.check_set.predictions)

    def code(self, exercise: str) -> str:
        """Tells whether what was written for an exercise is still the same."""
        if exercise == PREDICTIONS:
            return repr(self._predicted)
        return digest_of(self.plan.each.get(exercise)) or self.plan.missing[exercise]

    def uses(self, exercise: str) -> frozenset[str]:
        """The other exercises whose definitions one needs."""
        needed = self.plan.each.get(exercise)
        files = needed.files if needed else ()
        return frozenset(name for file in files for _, name in file.defines) - {exercise}

    @property
    def remarks(self) -> tuple[str, ...]:
        """Plain sentences about the file, for its report."""
        plan = self.plan
        remarks = [*self.submission.remarks, *plan.remarks, *flags(plan.each), *plan.skipped]
        return bounded(remarks)

    def judge(
        self, exercise: str, sandbox: Callable[[], Sandbox], decided: Decided | None = None
    ) -> ExerciseReport:
        """The report on one exercise.

        Args:
            sandbox: called only if something has to run.
            decided: told of each check that runs.
        """
        if exercise == PREDICTIONS:
            (report,) = self._predicted
            return report
        own, oracle = self.release.check_set.only(frozenset([exercise])), self.release.oracle
        if exercise in self.plan.missing:
            missing = Failure("missing", self.plan.missing[exercise])
            return report_without_a_run(own, missing, oracle)
        definitions = self.plan.each[exercise]
        if stub := untouched_cell(self.submission, definitions, exercise):
            return report_without_a_run(own, Failure("unwritten", "", stub), oracle)
        noted = Noted(sandbox(), Deciding(own, oracle, decided) if decided else None)
        (report,) = grade_definitions(
            {exercise: definitions}, {}, own, oracle, sandbox(), executor=noted
        )
        self._beside[exercise] = beside(report, own, noted, oracle)
        return report

    def beside(self, exercise: str) -> Mapping[str, Beside]:
        """What is shown below the message of each check of an exercise that was judged."""
        return self._beside.get(exercise, {})

    def report(self, exercises: Sequence[ExerciseReport], level: str) -> Report:
        """The report on the file.

        Args:
            level: the protection that was on.
        """
        name, seed = self.release.check_set.name, self.release.oracle.seed
        student = self.submission.student
        return Report(student, name, tuple(exercises), seed, level, self.remarks)


def read(folder: Path, only: frozenset[str] = frozenset()) -> Release:
    """The release in a folder.

    Args:
        only: names of exercises; empty for all.

    Raises:
        AutograderError: the folder is no release, or a damaged one; an exercise is unknown.
    """
    return Release(folder, *read_release(folder, only))
