"""Two gradings side by side: who gains, who loses, in which checks."""

from __future__ import annotations

import io
from typing import Any

import msgspec
from class_results import check, content, student
from rich.console import Console

from autograder.reports.class_results import ClassResults
from autograder.reports.regraded import Regraded, regraded, show_regraded, signed


def results(**points: list[float]) -> ClassResults:
    """Students with these points in the checks of Momentum; -1 is the grader's own failure."""
    students = [
        student(name, [graded(number, each) for number, each in enumerate(earned)])
        for name, earned in points.items()
    ]
    return msgspec.convert(content(students), ClassResults)


def graded(number: int, points: float) -> dict[str, Any]:
    status = "ungraded" if points < 0 else "passed" if points else "failed"
    return check(number, status) | {"points": max(points, 0.0)}


def printed(found: Regraded, *words: str) -> str:
    console = Console(file=io.StringIO(), width=100)
    show_regraded(console, found, words, ["A note."])
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_summary_counts_who_gains_and_who_loses() -> None:
    before = results(ada=[3, 2, 1], ben=[0, 2, 0], cleo=[3, 2, 1], dan=[3, 0, 0])
    after = results(ada=[3, 2, 1], ben=[3, 2, 0], cleo=[3, 2, 0], dan=[0, 2, 1])
    found = regraded(before, after)
    assert found.summary == "2 of 4 students change: 1 gain, 1 lose; class mean +0.5"
    # Whose score is the same from other checks is shown, too.
    assert [each.student for each in found.changed] == ["ben", "cleo", "dan"]
    said = printed(found, "check x was changed")
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "- check x was changed" in lines
    assert "ben 2/6 5/6 +3 Momentum.follows_the_rule 0 → 3" in lines
    assert "cleo 6/6 5/6 -1 Momentum.converges 1 → 0" in lines
    assert "Momentum.follows_the_rule 1 1 0" in lines
    assert "! A note." in lines


def test_a_grade_that_was_not_final_is_neither_gained_nor_lost() -> None:
    found = regraded(results(ada=[-1, 2, 1], ben=[3, 2, 1]), results(ada=[3, 2, 1], ben=[3, 2, -1]))
    assert found.summary == (
        "2 of 2 students change: 0 gain, 0 lose, 1 had no final score before, 1 have none now"
    )
    assert "ada ?/6 6/6 ?" in " ".join(printed(found).split())


def test_other_words_are_a_change_and_nothing_else_is() -> None:
    one = results(ada=[3, 2, 1])
    assert regraded(one, one).same
    found = regraded(one, one, ["ada"])
    assert not found.same
    assert "1 student keeps every point, and the feedback says something else." in printed(found)


def test_who_is_in_one_grading_only_is_not_compared() -> None:
    found = regraded(results(ada=[3, 2, 1]), results(ada=[3, 2, 1], ben=[3, 2, 1]))
    assert [each.student for each in found.students] == ["ada"]


def test_differences_have_a_sign() -> None:
    assert [signed(each) for each in (0.5, -2, 0, -0.001)] == ["+0.5", "-2", "0", "0"]
