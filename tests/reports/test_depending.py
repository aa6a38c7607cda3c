"""What students read if a rule is wrong: one fault first, what holds nevertheless, and the rest."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from autograder.grading.carry import DEPENDS, NO_IDEA
from autograder.reports.depending import depending
from autograder.reports.report import show_report
from autograder.reports.verdict_table import verdict_table, verdict_text
from autograder.verdicts import ExerciseReport, Report, Verdict

SLIP = Verdict(
    *("every_update", "It follows the rule.", "failed", 0.0, 4.0, "Expected 1, got 2."),
    misconception="rate_twice",
    hint="By what factor?",
    further=("The rate counts <once>.", "The step."),
)
GIVEN = Verdict(*("instances", "They share nothing.", "passed", 1.0, 1.0), judged_against="mistake")
ITSELF = replace(GIVEN, check="compiled", claim="It compiles.", judged_against="itself")
REST = Verdict(*("saved", "It is saved.", "failed", 0.0, 0.5, DEPENDS), judged_against="nothing")
EXERCISE = ExerciseReport("Momentum", False, (SLIP, GIVEN, ITSELF, REST, replace(REST)))


def printed(
    exercise: ExerciseReport, hints: int = 1, width: int = 100, *, everything: bool = False
) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    report = Report("ada", "optimizers", (exercise,), 1, "none")
    show_report(console, report, "mine.py", hints=hints, everything=everything)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_what_depends_on_the_rule_is_one_line() -> None:
    lines = printed(EXERCISE)
    assert "  ·   0/1  2 more checks depend on the rule. Get that right first." in lines
    assert "  ✓     2  2 checks hold, given your rule." in lines
    everything = "\n".join(printed(EXERCISE, everything=True))
    for shown in (verdict_text(EXERCISE), verdict_table(EXERCISE), everything):
        assert "2 more checks depend on the rule." in shown
        assert "Right, given your rule." in shown
        assert "It is saved." not in shown
        assert DEPENDS not in shown


@pytest.mark.parametrize(
    ("rest", "sentence"),
    [
        ((REST,), "1 more check depends on the rule. Get that right first."),
        (
            (replace(REST, message=NO_IDEA),),
            "1 more check says nothing yet: the idea of the exercise is still missing.",
        ),
        (
            (replace(REST, message=NO_IDEA),) * 3,
            "3 more checks say nothing yet: the idea of the exercise is still missing.",
        ),
    ],
)
def test_the_line_counts(rest: tuple[Verdict, ...], sentence: str) -> None:
    shown, left = depending([SLIP, *rest])
    assert shown == [SLIP]
    assert left is not None
    assert left.sentence == sentence
    assert left.max_points == 0.5 * len(rest)


def test_where_the_rule_is_right_there_is_no_such_line() -> None:
    right = replace(GIVEN, judged_against="reference")
    assert depending([right]) == ([right], None)
    assert "Right" not in verdict_text(replace(EXERCISE, verdicts=(right,)))


@pytest.mark.parametrize("hints", [1, 2, 3])
def test_a_terminal_shows_as_many_steps_of_a_hint_as_asked_for(hints: int) -> None:
    text = "\n".join(printed(EXERCISE, hints))
    steps = ("By what factor?", "The idea: The rate counts <once>.", "Where to look: The step.")
    assert [step in text for step in steps] == [number < hints for number in range(3)]


def test_a_notebook_opens_the_further_steps_at_a_click() -> None:
    table = verdict_table(EXERCISE)
    assert table.count("<details") == 3  # one has the checks that hold
    assert "The idea</summary>The rate counts &lt;once&gt;.</details>" in table
    hidden = replace(EXERCISE, verdicts=(replace(SLIP, hidden=True),))
    assert "<details" not in verdict_table(hidden)


def test_what_is_too_long_for_a_line_goes_on_below_itself() -> None:
    long = replace(SLIP, claim="After each of 20 updates, a vector and a matrix are right.")
    lines = printed(replace(EXERCISE, verdicts=(long,)), width=60)
    (first,) = [number for number, line in enumerate(lines) if "After each" in line]
    assert lines[first + 1].startswith(" " * lines[first].index("After") + "are right.")
