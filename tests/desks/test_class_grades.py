"""What a graded class leaves for a person to look at."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from autograder.desks.class_grades import ClassGrades, show
from autograder.desks.kept_usage import KeptUsage
from autograder.gradebook.record import Recorded
from autograder.sandbox.sandbox import Statistics
from autograder.sources.predictions import PREDICTIONS
from autograder.sources.submission import read_submission
from autograder.verdicts import ExerciseReport, Report, Verdict


def exercise(name: str, message: str) -> ExerciseReport:
    verdicts = [Verdict(each, each, "failed", 0, 1, message) for each in ("one", "two")]
    return ExerciseReport(name, False, tuple(verdicts))


def test_the_file_of_another_assignment_is_pointed_out(tmp_path: Path) -> None:
    path = tmp_path / "descent.py"
    path.write_text("def walked(start):\n    return start\n")
    missing = read_submission(path).definitions(["walk", "average"]).missing
    predicted = exercise(PREDICTIONS, "No choice was made.")
    other = [predicted, *(exercise(name, why) for name, why in missing.items())]
    some = [*other[:2], exercise("average", "not written yet")]
    reports = [
        Report(student, "descent", tuple(exercises), 7, "landlock")
        for student, exercises in (("ada", other), ("ben", some), ("cleo", [predicted]))
    ]
    recorded = Recorded("gradebook.db", tmp_path, tmp_path, tmp_path, ())
    grades = ClassGrades(tuple(reports), recorded, tmp_path, Statistics())
    (problem,) = grades.problems
    assert problem.startswith("ada: none of the exercises of descent is in the submission.")


def test_one_line_says_who_took_far_more_than_the_class(tmp_path: Path) -> None:
    reports = tuple(
        Report(each, "descent", (exercise("walk", "wrong"),), 7, "none") for each in ("ada", "ben")
    )
    recorded = Recorded("gradebook.db", tmp_path, tmp_path, tmp_path, ())

    def said(*outliers: str, problem: str = "") -> str:
        usage = KeptUsage(outliers, problem)
        console = Console(file=io.StringIO(), width=200)
        show(ClassGrades(reports, recorded, tmp_path, Statistics(), usage=usage), 7, console)
        return console.file.getvalue()  # type: ignore[attr-defined]

    assert (
        "1 submission took far more time or memory than the class: ben. See: autograder report "
        "descent\n"
    ) in said("ben")
    assert "2 submissions took far more time or memory than the class: ada, ben." in said(
        "ada", "ben"
    )
    assert "far more" not in said("not graded now")  # with --only
    assert "! No space.\n" in said(problem="No space.")


def test_an_earlier_grade_stays_where_the_submission_cannot_be_opened(tmp_path: Path) -> None:
    recorded = Recorded("gradebook.db", tmp_path, tmp_path, tmp_path, ())
    grades = ClassGrades(
        (),
        recorded,
        tmp_path,
        Statistics(),
        absent={"ada": "It cannot be opened.", "ben": "It is empty."},
        closed={"ada": "It cannot be opened."},
    )
    assert grades.problems == [
        "ben: It is empty.",
        "ada: It cannot be opened. Until then, the gradebook keeps an earlier grade.",
    ]
