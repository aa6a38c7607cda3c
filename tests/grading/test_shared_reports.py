"""Reports that submissions share. Nothing is run: a report is made by a function that counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from autograder.grading.shared_reports import Graded, SharedReports
from autograder.programs import Definitions, SourceFile
from autograder.verdicts import ExerciseReport

WROTE = SourceFile("cell_7.py", "cell 7", "def walk(): pass", (0,), ((0, "walk"),))
ALIKE = Definitions((WROTE,))


def shared(
    reports: SharedReports, exercise: str, definitions: Definitions, grade: Callable[[str], Graded]
) -> ExerciseReport:
    return reports.all({exercise: definitions}, grade)[exercise]


class Grading:
    """Makes a new report each time."""

    def __init__(self, *, lasts: bool = True) -> None:
        self.made: list[ExerciseReport] = []
        self.lasts = lasts

    def __call__(self, exercise: str) -> Graded:
        self.made.append(ExerciseReport(exercise, False, ()))
        return self.made[-1], self.lasts


def test_those_who_wrote_the_same_share_a_report() -> None:
    reports, grade = SharedReports(), Grading()
    first = shared(reports, "walk", ALIKE, grade)
    again = Definitions((replace(WROTE),))
    assert shared(reports, "walk", again, grade) is first
    assert len(grade.made) == 1


def test_of_many_reports_those_are_kept_that_were_asked_for_last() -> None:
    reports, grade = SharedReports(most=2), Grading()
    for exercise in ("walk", "run", "walk", "swim", "walk", "run"):
        shared(reports, exercise, ALIKE, grade)
    assert [each.name for each in grade.made] == ["walk", "run", "swim", "run"]


@pytest.mark.parametrize(
    "other",
    [
        Definitions((replace(WROTE, text="def walk(): return 1"),)),
        Definitions((replace(WROTE, label="cell 8"),)),
        Definitions((replace(WROTE, keep=(0, 1)),)),
        Definitions((replace(WROTE, defines=()),)),
        Definitions((WROTE, replace(WROTE, name="cell_9.py"))),
        Definitions((WROTE,), (("np", "it is not imported"),)),
    ],
    ids=["text", "label", "keep", "defines", "another file", "undefined"],
)
def test_whatever_differs_is_graded_for_itself(other: Definitions) -> None:
    reports, grade = SharedReports(), Grading()
    first = shared(reports, "walk", ALIKE, grade)
    assert shared(reports, "walk", other, grade) is not first


def test_another_exercise_in_the_same_words_is_graded_for_itself() -> None:
    reports, grade = SharedReports(), Grading()
    assert shared(reports, "walk", ALIKE, grade) is not shared(reports, "average", ALIKE, grade)


def test_what_depends_on_chance_is_shared_with_nobody_else() -> None:
    reports, grade = SharedReports(), Grading(lasts=False)
    assert shared(reports, "walk", ALIKE, grade) is not shared(reports, "walk", ALIKE, grade)
    grade.lasts = True
    third = shared(reports, "walk", ALIKE, grade)
    assert shared(reports, "walk", ALIKE, grade) is third
    assert len(grade.made) == 3


def test_a_grader_that_fails_leaves_nothing_behind() -> None:
    reports, grade = SharedReports(), Grading()

    def fail(exercise: str) -> Graded:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk"):
        shared(reports, "walk", ALIKE, fail)
    assert shared(reports, "walk", ALIKE, grade) is grade.made[0]


@pytest.mark.parametrize("lasts", [True, False])
def test_a_report_that_another_thread_is_making_is_waited_for(lasts: bool) -> None:
    reports, own = SharedReports(), Grading()
    begun, go = threading.Event(), threading.Event()
    theirs = Grading(lasts=lasts)

    def slowly(exercise: str) -> Graded:
        begun.set()
        assert go.wait(30)
        return theirs(exercise)

    with ThreadPoolExecutor(2) as executor:
        first = executor.submit(shared, reports, "walk", ALIKE, slowly)
        assert begun.wait(30)
        second = executor.submit(shared, reports, "walk", ALIKE, own)
        go.set()
        assert (second.result(30) is first.result(30)) is lasts
    assert len(own.made) == (0 if lasts else 1)


def test_what_another_thread_is_making_goes_last() -> None:
    reports, own = SharedReports(), Grading()
    begun, go = threading.Event(), threading.Event()

    def slowly(exercise: str) -> Graded:
        begun.set()
        assert go.wait(30)
        return ExerciseReport("theirs", False, ()), True

    def then_go(exercise: str) -> Graded:
        graded = own(exercise)
        go.set()
        return graded

    with ThreadPoolExecutor(1) as executor:
        first = executor.submit(shared, reports, "walk", ALIKE, slowly)
        assert begun.wait(30)
        found = reports.all({"walk": ALIKE, "average": ALIKE}, then_go)
        assert found["walk"] is first.result(30)
    assert [report.name for report in own.made] == ["average"]
