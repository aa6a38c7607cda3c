"""The grades of a class as they are before a regrade: journal, results file, and what made them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from autograder.grading.journal import Entry, Run
from autograder.grading.made_with import Difference, MadeWith, differences
from autograder.grading.observe import clean
from autograder.grading.seeds import attempt_with, seed_of_student
from autograder.model import AutograderError
from autograder.reports.class_results import ClassResults, read_results
from autograder.reports.regraded import Regraded, regraded
from autograder.reports.results import levels, results
from autograder.sources.checks import CheckSet
from autograder.sources.predictions import PREDICTIONS
from autograder.verdicts import Report

_RELEASED = ("check", "points", "misconceptions")
"""Kinds of changes that students have to get, too."""


@dataclass(frozen=True)
class EarlierGrades:
    """What a class was graded with, and its reports.

    Attributes:
        run: the last one.
        entries: its reports, by student.
        now: what grades are made with now.
    """

    name: str
    results_file: Path
    run: Run
    entries: Mapping[str, Entry]
    now: MadeWith

    @cached_property
    def results(self) -> ClassResults | None:
        """The results file; None if it cannot be read."""
        try:
            return read_results(self.results_file, self.name)
        except AutograderError:
            return None

    @property
    def made_with(self) -> MadeWith | None:
        """What the grades were made with; None if the results file does not say."""
        return self.results.made_with if self.results else None

    @property
    def per_student(self) -> bool:
        """Whether each student had inputs of their own."""
        # The reports themselves say so: a results file may be missing, or of another run.
        return any(
            attempt_with(seed_of_student(self.run.seed, student), entry.report.seed)
            for student, entry in [*self.entries.items()][:1]
        )

    @property
    def changes(self) -> tuple[Difference, ...]:
        """What has changed since, as far as that is known."""
        return differences(self.made_with, self.now) if self.made_with else ()

    def refuse_other_exercises(self, check_set: CheckSet) -> None:
        """Refuse a regrade by other exercises.

        The gradebook holds grades of cells, and nbgrader allows no other cells then.

        Raises:
            AutograderError: there are others.
        """
        now = {each.name for each in check_set.exercises}
        now |= {PREDICTIONS} if check_set.predictions else set()
        was = {e.name for entry in self.entries.values() for e in entry.report.exercises}
        if was != now:
            new = ", ".join(sorted(now - was)) or "none"
            gone = ", ".join(sorted(was - now)) or "none"
            raise AutograderError(
                f"A regrade cannot add or remove exercises (added: {new}; removed: {gone}), "
                "because the gradebook holds grades of the others. Put them back as they were."
            )

    def content(self) -> dict[str, Any]:
        """The results file as it is; of the journal, if there is none."""
        with suppress(OSError, ValueError):
            content = json.loads(self.results_file.read_bytes())
            if isinstance(content, dict):
                return content
        found = [each.report for each in self.entries.values()]
        return results(self.name, self.run.seed, levels(found), found, per_student=self.per_student)

    def compared(self, reports: Mapping[str, Report]) -> Regraded:
        """The differences between these grades and new reports, by student."""
        before = {student: self.entries[student].report for student in reports}
        return regraded(
            as_results(self.name, before),
            as_results(self.name, reports),
            # Hints are not in results. What protected the grader is no difference.
            [s for s in reports if replace(reports[s], sandbox=before[s].sandbox) != before[s]],
        )

    def notes(self, reports: Mapping[str, Report]) -> list[str]:
        """What to know of certain students, and of the release."""
        again = [s for s, each in reports.items() if each.seed != self.entries[s].report.seed]
        gone = [student for student in self.entries if student not in reports]
        notes = []
        if not self.made_with:
            notes.append(f"{self.results_file} does not say which checks these grades came from.")
        if again:
            notes.append(
                f"Submitted again since, and graded with other inputs: {names(again)}. Not all of "
                "their difference comes from what changed."
            )
        if gone:
            notes.append(
                f"Without a submission now: {names(gone)}. They will be missing in the new "
                "results; the gradebook keeps their grades as they are."
            )
        if any(each.kind in _RELEASED for each in self.changes):
            notes.append(
                "Students still check themselves with the earlier release. Build the new one with: "
                f"autograder build {self.name}"
            )
        return notes


def as_results(name: str, reports: Mapping[str, Report]) -> ClassResults:
    """Reports as a results file would have them."""
    found = list(reports.values())
    return msgspec.convert(results(name, 0, levels(found), found), ClassResults)


def names(students: Sequence[str]) -> str:
    """The first few ids, and how many more there are."""
    shown = ", ".join(map(clean, students[:8]))
    return f"{shown} and {len(students) - 8} more" if len(students) > 8 else shown
