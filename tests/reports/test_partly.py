"""What is said beside a name that is not all that is wrong."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from autograder.reports.partly import partly
from autograder.reports.report import show_report
from autograder.reports.verdict_table import verdict_table, verdict_text
from autograder.verdicts import ExerciseReport, Report, Verdict


def named(**more: Any) -> Verdict:
    return Verdict("moves", "It moves.", "failed", 0, 1, "No.", "uphill", "Which way?", **more)


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (named(explains=(5, 5)), ""),
        (named(explains=(3, 5)), "This explains 3 of 5 failed checks."),
        (
            named(explains=(3, 5), together_with="late"),
            "This is one of two mistakes here, and explains 3 of 5 failed checks.",
        ),
        (named(explains=(1, 1), together_with="late"), "This is one of two mistakes here."),
        (named(together_with="late"), "Both together give these numbers."),
        (Verdict("moves", "It moves.", "failed", 0, 1), ""),
    ],
)
def test_a_part_is_called_a_part(verdict: Verdict, sentence: str) -> None:
    assert partly(verdict) == sentence


def test_it_is_said_after_the_hint() -> None:
    exercise = ExerciseReport("Adam", False, (named(explains=(3, 5)),))
    console = Console(file=StringIO(), width=100)
    show_report(console, Report("ada", "optimizers", (exercise,), 7, "none"), "mine.py")
    assert isinstance(console.file, StringIO)
    said = "Which way? This explains 3 of 5 failed checks."
    assert f"Looks like: uphill. {said}" in console.file.getvalue()
    assert said in verdict_text(exercise)
    assert "Which way? <em>This explains 3 of 5 failed checks.</em>" in verdict_table(exercise)
