"""After grading: keep what submissions used of the machine, and find who used far more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.grading.journal import Journal
from autograder.reports.class_usage import class_usage
from autograder.reports.usage_file import UsedRow, usage_path, write_usage
from autograder.verdicts import Report


@dataclass(frozen=True)
class KeptUsage:
    """What is to be said after grading.

    Attributes:
        outliers: students who used far more time or memory than the class.
        problem: why nothing could be kept; "" if it was.
    """

    outliers: tuple[str, ...] = ()
    problem: str = ""


def keep_usage(course: Path, name: str, journal: Journal, reports: Sequence[Report]) -> KeptUsage:
    """Write ``results/usage/<name>.json``. It costs no grade if that fails.

    Args:
        reports: those of the results file.
    """
    path = usage_path(course, name)
    digests, used = journal.digests(), journal.used()
    rows = {
        student: UsedRow(digests[student], used.get(student, {}))
        for student in (report.student for report in reports)
    }
    problem = ""
    try:
        write_usage(path, name, rows)
    except OSError as error:
        problem = (
            f"{path} could not be written ({error.strerror}). All grades are saved, but the class "
            "report lacks time and memory. Fix that and run the same command again."
        )
    found = class_usage(
        [rows[report.student].used for report in reports],
        [passing(report) for report in reports],
        list(dict.fromkeys(each.name for report in reports for each in report.exercises)),
    )
    positions = dict.fromkeys(each.student for each in found.outliers)
    return KeptUsage(tuple(reports[at].student for at in sorted(positions)), problem)


def passing(report: Report) -> frozenset[str]:
    """The exercises of which a check is passed."""
    return frozenset(
        exercise.name
        for exercise in report.exercises
        if any(verdict.status == "passed" for verdict in exercise.verdicts)
    )
