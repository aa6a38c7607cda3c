"""Reports again from a results file: with what the course knows of checks and mistakes."""

from __future__ import annotations

from autograder.model import Check, Misconception
from autograder.reports.class_results import CheckResult, ClassResults, StudentResult
from autograder.sources.assignment import Assignment
from autograder.sources.predictions import PREDICTIONS
from autograder.verdicts import ExerciseReport, Report, Verdict


class KnownReports:
    """Makes reports of the students of a results file.

    A check that the course does not have, or no longer has, counts as hidden: nothing is known of
    what students may read about it.
    """

    def __init__(self, results: ClassResults, assignment: Assignment) -> None:
        self._results = results
        self._checks = {(each.exercise, each.name): each for each in assignment.check_set.checks}
        self._mistakes = {(each.exercise, each.name): each for each in assignment.misconceptions}

    def of(self, student: StudentResult) -> Report:
        """The report on a student."""
        results = self._results
        exercises = tuple(
            ExerciseReport(
                exercise.name,
                exercise.bonus,
                tuple(self._verdict(exercise.name, check) for check in exercise.checks),
            )
            for exercise in student.exercises
        )
        return Report(
            student.student,
            results.assignment,
            exercises,
            int(results.seed if student.seed is None else student.seed),
            results.sandbox,
            student.remarks,
        )

    def _verdict(self, exercise: str, found: CheckResult) -> Verdict:
        check: Check | None = self._checks.get((exercise, found.name))
        mistake: Misconception | None = self._mistakes.get((exercise, found.misconception or ""))
        predicted = exercise == PREDICTIONS
        return Verdict(
            found.name,
            check.claim if check else found.name.replace("_", " "),
            found.status,
            found.points,
            found.max_points,
            found.message,
            found.misconception,
            mistake.hint if mistake else "",
            hidden=not predicted if check is None else check.hidden,
            further=(mistake.idea, mistake.where) if mistake and mistake.idea else (),
            aspect=found.aspect,
            judged_against=found.judged_against,
            together_with=found.together_with,
            explains=found.explains or (0, 0),
            curves=found.curves,
            cause=found.cause,
        )
