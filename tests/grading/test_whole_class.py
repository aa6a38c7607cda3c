"""A class is graded once: a later run over the same code starts no process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType

import pytest

from autograder.grading.cache import observation_cache
from autograder.grading.observe import probing_sandbox
from autograder.grading.trial import Known
from autograder.grading.whole_class import _in_turn, grade_class
from autograder.sandbox.interface import Sandbox
from autograder.sandbox.process import Child
from autograder.sources.assignment import Assignment
from autograder.sources.submission import Submission, read_submission
from autograder.verdicts import Report

pytestmark = pytest.mark.slow

WROTE = {
    "right": "def average(numbers):\n    return sum(numbers) / len(numbers)\n",
    "alike": "#\ndef average(numbers):\n    'Mean.'\n    return (sum(numbers)/len(numbers))\n",
    "wrong": "def average(numbers):\n    return sum(numbers)\n",
    "raises": "def average(numbers):\n    return numbers.mine\n",
    "hostile": "class Lie(dict):\n    items = None\n\n\ndef average(numbers):\n    return Lie()\n",
}


class Counting:
    """A sandbox that counts the children it starts."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self.level, self.started = sandbox, sandbox.level, 0

    def child(self) -> Child:
        self.started += 1
        return self._sandbox.child()

    def close(self) -> None:
        self._sandbox.close()


def graded(
    submissions: Sequence[Submission],
    assignment: Assignment,
    sandbox: Counting,
    known: Known | None,
    seeds: Mapping[str, int] = MappingProxyType({}),
) -> dict[str, Report]:
    class_ = {each.student: each for each in submissions}
    reports = grade_class(class_, assignment, sandbox, jobs=2, seed=7, seeds=seeds, known=known)
    return {submission.student: report for submission, report in reports}


def test_what_has_been_observed_is_not_run_again(assignment: Assignment, tmp_path: Path) -> None:
    for student, text in WROTE.items():
        (tmp_path / f"{student}.py").write_text(text)
    submissions = [read_submission(tmp_path / f"{student}.py") for student in WROTE]
    with observation_cache(tmp_path) as known, probing_sandbox() as confined:
        sandbox = Counting(confined)
        first = graded(submissions, assignment, sandbox, known)
        assert sandbox.started > 0
        assert first["right"].score == first["alike"].score > first["wrong"].score
        assert first["right"].score > first["raises"].score
        assert first["right"].score > first["hostile"].score

        sandbox.started = 0
        assert graded(submissions, assignment, sandbox, known) == first
        assert sandbox.started == 0

        # Who gets other inputs is observed for itself, and judged by a reference of its own.
        again = graded(submissions, assignment, sandbox, known, {"right": 8})
        assert sandbox.started > 0
        assert again["right"].seed == 8
        assert again["right"].score == first["right"].score
        assert {**again, "right": first["right"]} == first

        # The same without anything known: nothing that is kept changes a verdict.
        assert graded(submissions, assignment, sandbox, None) == first


def test_no_more_is_under_way_than_the_caller_can_take() -> None:
    def work(student: str) -> tuple[Submission, Report]:
        return Submission(student, None), Report(student, "walks", (), 7, "none")

    students = [f"s{number}" for number in range(50)]
    waiting = iter(students)
    with ThreadPoolExecutor(2) as threads:
        graded = _in_turn(threads, work, waiting, 4)
        taken = [next(graded)[0].student for _ in range(3)]
        left = list(waiting)
        # Those that were taken, and four more at most.
        assert len(students) - len(left) <= 7
        taken += [submission.student for submission, _ in graded]
    assert sorted([*taken, *left]) == sorted(students)
