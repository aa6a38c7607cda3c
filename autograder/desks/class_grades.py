"""A graded class: what it came to, and the table that says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from autograder.desks.kept_usage import KeptUsage
from autograder.gradebook.absent import alike
from autograder.gradebook.record import Recorded
from autograder.grading.observe import clean
from autograder.reports.class_table import average, class_table
from autograder.reports.standing import Standing
from autograder.sandbox.sandbox import Statistics
from autograder.sources.predictions import PREDICTIONS
from autograder.verdicts import Report


@dataclass(frozen=True)
class ClassGrades:
    """A graded class, where its outputs are, and what the sandbox used.

    Attributes:
        absent: students without a grade, and why there is nothing to grade; "" if nothing was
            submitted.
        standings: what the gradebook says of each student.
        closed: why the grader cannot open what was submitted, by student.
        usage: who used far more of the machine than the class.
    """

    reports: tuple[Report, ...]
    recorded: Recorded
    results_file: Path
    used: Statistics
    absent: Mapping[str, str] = field(default_factory=dict)
    standings: Mapping[str, Standing] = field(default_factory=dict)
    closed: Mapping[str, str] = field(default_factory=dict)
    usage: KeptUsage = field(default_factory=KeptUsage)

    @property
    def problems(self) -> list[str]:
        """What a person has to look at; empty if all went well."""
        ungraded = [report.student for report in self.reports if report.ungraded]
        found = [*self.recorded.problems, *filter(None, [self.usage.problem])]
        if ungraded:
            found.append(
                f"The grader itself failed on {', '.join(map(clean, ungraded[:8]))}"
                f"{', ...' if len(ungraded) > 8 else ''}: their scores are not final. Run the same "
                "command again to grade them."
            )
        found += [
            f"{clean(student)}: {why}"
            for student, why in self.absent.items()
            if why and student not in self.closed
        ]
        found += [
            f"{clean(student)}: {why} Until then, the gradebook keeps an earlier grade."
            for student, why in self.closed.items()
        ]
        for report in filter(_has_no_exercise, self.reports):
            found.append(
                f"{clean(report.student)}: none of the exercises of {report.assignment} is in the "
                "submission. If it is another assignment's file, replace it and grade again."
            )
        for ids in alike([*(report.student for report in self.reports), *self.absent]):
            found.append(
                f"{' and '.join(map(clean, ids))} differ only in case or encoding. If they are one "
                "student, move the submission to the folder with the right id and grade again."
            )
        return found


def _has_no_exercise(report: Report) -> bool:
    """Whether not even a stub was submitted: probably another assignment's file."""
    written = [each for each in report.exercises if each.name != PREDICTIONS]
    return bool(written) and all(
        verdict.message.startswith(f"There is no class or function named {each.name!r}")
        for each in written
        for verdict in each.verdicts
    )


def show(
    grades: ClassGrades,
    seed: int,
    console: Console,
    *,
    table: bool = True,
    per_student: bool = False,
) -> None:
    """Print the class table, what went wrong, and where everything is."""
    if table:
        console.print(class_table(grades.reports, console.width, grades.standings))
    for line in _summary(grades):
        console.print(line, markup=False)
    for problem in (*grades.problems, *grades.recorded.notices):
        console.print(f"! {problem}", style="yellow", markup=False)
    console.print(f"gradebook  {grades.recorded.database}", soft_wrap=True)
    console.print(f"feedback   {grades.recorded.feedback}", soft_wrap=True)
    console.print(f"grades     {grades.recorded.grades_csv}", soft_wrap=True)
    console.print(f"results    {grades.results_file}", soft_wrap=True)
    how = " --seed-per-student" if per_student else ""
    console.print(f"To reproduce these grades: --seed {seed}{how}", soft_wrap=True)


def _summary(grades: ClassGrades) -> Iterator[str]:
    if said := average(grades.reports, grades.standings):
        yield said
    if nothing := [clean(student) for student, why in grades.absent.items() if not why]:
        yield f"Nothing submitted, no grade ({len(nothing)}): {', '.join(nothing)}"
    graded = {report.student: report.assignment for report in grades.reports}
    if far := [student for student in grades.usage.outliers if student in graded]:
        some = f"{', '.join(map(clean, far[:8]))}{', ...' if len(far) > 8 else ''}"
        yield (
            f"{len(far)} submission{'s' * (len(far) > 1)} took far more time or memory than the "
            f"class: {some}. See: autograder report {graded[far[0]]}"
        )
