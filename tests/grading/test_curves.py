"""The losses that a verdict keeps: worked out by the grader, few, and all of them finite."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from autograder.grading.curves import MOST_EPOCHS, curves_of
from autograder.grading.decide import judge_exercises
from autograder.grading.journal import Journal
from autograder.grading.oracle import Oracle
from autograder.model import Arrays, Check, Exercise, Failure, Inputs, Observation, Unmet
from autograder.reports.class_results import ClassResults
from autograder.reports.results import results
from autograder.sources.checks import CheckSet
from autograder.verdicts import Curve, Curves, Report

FALLING = np.array([2.0, 1.0, 0.5])


@dataclass(frozen=True)
class Losses:
    """A judge with curves, like those of a course."""

    band: float = 1e-3
    along = "epoch"

    def curves(self, measured: Arrays) -> Arrays:
        return {f"on {name}": losses for name, losses in measured.items()}

    def __call__(self, measured: Arrays, wanted: Arrays) -> None:
        if not np.allclose(measured["seen"], wanted["seen"]):
            raise Unmet("It is not the loss that the rule gives.")


CHECK = Check(
    name="losses",
    exercise="Walk",
    claim="It falls.",
    points=1.0,
    probe="walked",
    inputs=lambda rng: {},
    judge=Losses(),
    measure=lambda observed, inputs: {"seen": observed["weights"], "unseen": inputs["x"] / 3},
    aspect="convergence",
)

Observed = Callable[..., Curves | None]


@pytest.fixture
def oracle(oracle_of: Callable[..., Oracle]) -> Oracle:
    return oracle_of(
        {CHECK.id: Observation({"weights": FALLING})}, inputs={CHECK.id: {"x": FALLING}}
    )


@pytest.fixture
def observed(oracle: Oracle) -> Observed:
    """The curves of a submission that returned these weights."""

    def curves(weights: Any, check: Check = CHECK) -> Curves | None:
        return curves_of(check, Observation({"weights": np.array(weights)}), oracle)

    return curves


def test_the_losses_are_kept_with_the_digits_that_matter(observed: Observed) -> None:
    found = observed([2.0, 1.23456789, 0.5])
    thirds = (0.666667, 0.333333, 0.166667)
    assert found == Curves(
        "epoch",
        1e-3,
        (
            Curve("on seen", (2.0, 1.23457, 0.5), (2.0, 1.0, 0.5)),
            Curve("on unseen", thirds, thirds),
        ),
    )


@pytest.mark.parametrize("lost", [math.nan, math.inf, -math.inf, 1e200, -1e300])
def test_what_is_no_number_to_draw_is_none(lost: float, observed: Observed) -> None:
    found = observed([2.0, lost, 0.5])
    assert found is not None
    assert found.losses[0].observed == (2.0, None, 0.5)


@pytest.mark.parametrize("weights", [FALLING[:2], FALLING[:, None], 1.0, ["a", "b", "c"]])
def test_arrays_of_another_shape_or_kind_have_no_curves(weights: Any, observed: Observed) -> None:
    assert observed(weights) is None


def test_a_fault_of_the_course_costs_the_curves_alone(observed: Observed) -> None:
    def broken(observed: Arrays, inputs: Inputs) -> Arrays:
        raise ZeroDivisionError

    assert observed(FALLING, replace(CHECK, measure=broken)) is None
    assert observed(FALLING, replace(CHECK, aspect="rule")) is None
    assert observed(FALLING, replace(CHECK, judge=lambda measured, wanted: None)) is None


def test_too_many_epochs_are_not_kept(oracle_of: Callable[..., Oracle]) -> None:
    for epochs, kept in ((MOST_EPOCHS, True), (MOST_EPOCHS + 1, False), (1, False)):
        seen = Observation({"weights": np.ones(epochs)})
        oracle = oracle_of({CHECK.id: seen}, inputs={CHECK.id: {"x": np.ones(epochs)}})
        assert (curves_of(CHECK, seen, oracle) is not None) is kept


def reports(oracle: Oracle, seen: Observation) -> Report:
    walks = CheckSet("walks", (Exercise("Walk"),), (CHECK,), {})
    exercises = judge_exercises(walks, {CHECK.id: seen}, oracle)
    return Report("ada", "walks", exercises, 7, "none")


def test_journal_and_results_file_give_them_back(oracle: Oracle, tmp_path: Path) -> None:
    report = reports(oracle, Observation({"weights": np.array([2.0, np.nan, 7.0])}))
    (verdict,) = report.exercises[0].verdicts
    assert verdict.status == "failed"
    assert verdict.curves is not None
    with Journal(tmp_path, "walks") as journal:
        journal.add("digest", report)
        kept = journal.entries()["ada"].report
    assert kept.exercises[0].verdicts[0].curves == verdict.curves

    written = msgspec.json.encode(results("walks", 7, "none", [kept]))
    (student,) = msgspec.json.decode(written, type=ClassResults).students
    assert student.exercises[0].checks[0].curves == verdict.curves


def test_code_that_returned_nothing_has_none(oracle: Oracle) -> None:
    report = reports(oracle, Observation(failure=Failure("raised", "boom")))
    assert report.exercises[0].verdicts[0].curves is None
    assert (
        "curves"
        not in results("walks", 7, "none", [report])["students"][0]["exercises"][0]["checks"][0]
    )


@pytest.mark.parametrize(
    "losses",
    [
        [],
        [{"name": "x", "observed": [1.0], "expected": [1.0, 2.0]}],
        [{"name": "x", "observed": [1.0], "expected": [1.0]}],
        [{"name": "x", "observed": [1.0, math.inf], "expected": [1.0, 2.0]}],
        [
            {"name": "x", "observed": [1.0, 2.0], "expected": [1.0, 2.0]},
            {"name": "y", "observed": [1.0, 2.0, 3.0], "expected": [1.0, 2.0, 3.0]},
        ],
    ],
)
def test_curves_that_cannot_be_drawn_are_not_read(losses: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"along": "epoch", "band": 0.1, "losses": losses}, Curves)
