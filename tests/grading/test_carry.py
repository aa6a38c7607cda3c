"""Error carried forward: what a slip in the rule costs, and what it does not. Nothing is run.

An exercise of three checks of the rule, three of behaviour and one of convergence; an
implementation is written as the number, or the failure, that it gives in each. The reference gives
1 everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest

from autograder.grading.carry import DEPENDS, NO_IDEA
from autograder.grading.decide import judge_exercises
from autograder.grading.judge import alike_in, close
from autograder.grading.oracle import Oracle
from autograder.model import (
    Arrays,
    Aspect,
    Check,
    Exercise,
    Failure,
    Inputs,
    Misconception,
    Observation,
    Unmet,
)
from autograder.sources.checks import CheckSet
from autograder.verdicts import ExerciseReport, Verdict

Did = float | Failure
OracleOf = Callable[..., Oracle]

RAISED = Failure("raised", "ValueError: no", exception="ValueError")


def of(name: str, aspect: Aspect) -> Check:
    return Check(
        name=name,
        exercise="Momentum",
        claim=f"{name}.",
        points=1.0,
        probe="probe",
        inputs=lambda rng: {},
        judge=close(),
        aspect=aspect,
    )


def as_eager(observed: Arrays, inputs: Inputs, others: Mapping[str, Arrays]) -> None:
    if observed["w"] != others["every_update"]["w"]:
        raise Unmet("compiled, it moves otherwise")


COMPILED = replace(of("compiled", "behaviour"), in_itself=as_eager)
CHECKS = (
    of("first_update", "rule"),
    of("every_update", "rule"),
    of("other_settings", "rule"),
    of("instances", "behaviour"),
    COMPILED,
    of("saved", "behaviour"),
    of("losses", "convergence"),
)
CHECK_SET = CheckSet("optimizers", (Exercise("Momentum"),), CHECKS, {})

# In the order of the checks: rule, rule, rule, instances, compiled, saved, losses.
SLIP = Misconception("rate_twice", "Momentum", "By what factor?", idea="Once.", where="There.")
SLIPS: tuple[Did, ...] = (1.0, 7.0, 8.0, 7.0, 7.0, 9.0, 5.0)
DESCENT = Misconception("plain_descent", "Momentum", "Does it gain speed?", carries=False)
DESCENTS: tuple[Did, ...] = (1.0, 2.0, 2.5, 2.0, 2.0, 1.0, 2.0)
SHARED = Misconception("one_slot", "Momentum", "Which is off?", breaks=("instances",))
SHARES: tuple[Did, ...] = (1.0, 4.0, 4.5, 4.0, 4.0, 4.0, 4.0)
SWAPPED = Misconception("swapped_in_init", "Momentum", "Which is which?")
SWAPS: tuple[Did, ...] = (1.0, 6.0, 6.5, 6.0, 2.0, 6.0, 6.0)

Judged = Callable[..., dict[str, Verdict]]


def saw(doings: tuple[Did, ...]) -> dict[str, Observation]:
    return {
        check.id: Observation(failure=did)
        if isinstance(did, Failure)
        else Observation({"w": np.array(did)})
        for check, did in zip(CHECKS, doings, strict=True)
    }


@pytest.fixture
def judged(oracle_of: OracleOf) -> Judged:
    """The verdicts on what an implementation does in the seven checks, by check."""

    def verdicts(*doings: Did, carry: bool = True) -> dict[str, Verdict]:
        known = {
            SLIP: saw(SLIPS),
            DESCENT: saw(DESCENTS),
            SHARED: saw(SHARES),
            SWAPPED: saw(SWAPS),
        }
        oracle = oracle_of(saw((1.0,) * 7), known, {check.id: {} for check in CHECKS})
        (report,) = judge_exercises(CHECK_SET, saw(doings), oracle, carry=carry)
        return {verdict.check: verdict for verdict in report.verdicts}

    return verdicts


def earned(verdicts: dict[str, Verdict]) -> list[str]:
    return [name for name, verdict in verdicts.items() if verdict.points]


def test_a_slip_costs_the_points_of_the_rule_and_of_what_follows_from_it(judged: Judged) -> None:
    found = judged(*SLIPS)
    assert earned(found) == ["first_update", "instances", "compiled", "saved"]
    assert {found[name].judged_against for name in ("instances", "compiled", "saved")} == {
        "mistake"
    }
    assert found["every_update"].misconception == found["losses"].misconception == SLIP.name
    assert found["every_update"].further == ("Once.", "There.")
    assert found["instances"].misconception is None


def test_without_carrying_everything_is_judged_by_the_reference(judged: Judged) -> None:
    found = judged(*SLIPS, carry=False)
    assert earned(found) == ["first_update"]
    assert {verdict.judged_against for verdict in found.values()} == {"reference"}


def test_what_the_mistake_does_not_explain_is_a_second_fault(judged: Judged) -> None:
    found = judged(1.0, 7.0, 8.0, 7.0, 7.0, 5.5, 5.0)
    assert earned(found) == ["first_update", "instances", "compiled"]
    assert found["saved"].message.startswith("Not explained by the first mistake: w: expected 1")
    assert found["saved"].misconception is None


def test_the_same_slip_in_other_words_is_judged_by_itself(judged: Judged) -> None:
    # Compiled, the known slip moves otherwise than eagerly; this code does not.
    found = judged(1.0, 6.0, 6.5, 6.0, 6.0, 6.0, 6.0)
    assert found["compiled"].judged_against == "itself"
    assert found["instances"].judged_against == "mistake"


def test_a_claim_that_the_mistake_itself_makes_false_is_not_carried(judged: Judged) -> None:
    found = judged(*SHARES)
    assert earned(found) == ["first_update", "compiled", "saved"]
    assert found["instances"].misconception == SHARED.name


def test_without_the_idea_nothing_is_earned(judged: Judged) -> None:
    found = judged(*DESCENTS)
    assert earned(found) == []
    assert found["first_update"].message == found["saved"].message == NO_IDEA
    assert found["every_update"].misconception == DESCENT.name


def test_a_mistake_without_a_name_is_judged_by_itself_where_that_is_possible(
    judged: Judged,
) -> None:
    found = judged(1.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0)
    assert earned(found) == ["first_update", "compiled"]
    assert found["compiled"].judged_against == "itself"
    assert found["instances"].message == found["saved"].message == DEPENDS
    assert found["instances"].judged_against == "nothing"
    assert found["losses"].judged_against == "reference"


def test_of_lost_numbers_nothing_is_said(judged: Judged) -> None:
    found = judged(1.0, 3.0, 3.0, 3.0, np.nan, 3.0, 3.0)
    assert found["compiled"].message == DEPENDS


def test_what_differs_from_itself_fails(judged: Judged) -> None:
    found = judged(1.0, 3.0, 3.0, 3.0, 3.5, 3.0, 3.0)
    assert found["compiled"].message == "compiled, it moves otherwise"
    assert found["compiled"].judged_against == "itself"


def test_without_any_rule_what_holds_holds_of_nothing(judged: Judged) -> None:
    found = judged(0.0, 0.0, 0.0, 1.0, 5.0, 1.0, 1.0)
    assert earned(found) == []
    assert found["instances"].message == found["losses"].message == DEPENDS


def test_an_error_is_never_carried(judged: Judged) -> None:
    found = judged(1.0, 7.0, 8.0, 7.0, RAISED, 9.0, 5.0)
    assert found["compiled"].status == "error"
    assert earned(found) == ["first_update", "instances", "saved"]


def test_a_right_rule_is_judged_by_the_reference_alone(judged: Judged) -> None:
    found = judged(1.0, 1.0, 1.0, 1.0, 7.0, 1.0, 1.0)
    assert set(found) - set(earned(found)) == {"compiled"}
    assert {verdict.judged_against for verdict in found.values()} == {"reference"}


def test_a_fault_of_the_grader_carries_nothing(oracle_of: OracleOf) -> None:
    broken = {**saw((1.0,) * 7), "Momentum.other_settings": Observation(failure=RAISED)}
    oracle = oracle_of(broken, {SLIP: saw(SLIPS)}, {check.id: {} for check in CHECKS})
    report: ExerciseReport
    (report,) = judge_exercises(CHECK_SET, saw(SLIPS), oracle)
    assert report.ungraded
    assert {verdict.judged_against for verdict in report.verdicts} == {"reference"}


def test_a_finer_judge_looks_finer_at_the_mistake_too(oracle_of: OracleOf) -> None:
    fine = tuple(
        replace(check, judge=close(rtol=1e-9, atol=1e-9)) if check.name == "saved" else check
        for check in CHECKS
    )
    oracle = oracle_of(saw((1.0,) * 7), {SLIP: saw(SLIPS)}, {check.id: {} for check in CHECKS})
    submitted = saw((1.0, 7.0, 8.0, 7.0, 7.0, 9.000001, 5.0))
    (report,) = judge_exercises(replace(CHECK_SET, checks=fine), submitted, oracle)
    (saved,) = [verdict for verdict in report.verdicts if verdict.check == "saved"]
    assert saved.status == "failed"
    assert saved.message == "Not explained by the first mistake: w: expected 9, got 9.000001."


@pytest.mark.parametrize(
    ("compiled", "eager", "message"),
    [
        ([[1.0], [2.0]], [[1.0], [2.0]], ""),
        ([[1.0], [2.5]], [[1.0], [2.0]], "Compiled, w[1, 0]: expected 2, got 2.5"),
        ([[1.0], [1.0]], [[1.0], [1.0]], "Nothing moves."),
        ([[1.0]], [[1.0], [2.0]], "compiled: w: expected shape (2, 1), got (1, 1)."),
        ([[1.0]], None, "every_update has no numbers to compare with."),
    ],
)
def test_alike_in_compares_two_checks(
    compiled: list[list[float]], eager: list[list[float]] | None, message: str
) -> None:
    others = {"every_update": {"w": np.array(eager)}} if eager else {}
    judge = alike_in("every_update", "compiled")
    failing = pytest.raises(Unmet, match=re.escape(message)) if message else nullcontext()
    with failing:
        judge({"w": np.array(compiled)}, {}, others)
