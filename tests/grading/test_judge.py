"""From arrays to a verdict: what the judges say, whose fault a failure is, what a child may claim.

No process is started and no keras imported: sandbox and oracle are made up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.grading.compare import ATOL, MAX_ELEMENTS, RTOL, mismatch
from autograder.grading.decide import judge_check, judge_exercises
from autograder.grading.judge import alike, at_least, close, expect, expect_close, failing, judge
from autograder.grading.oracle import Oracle
from autograder.grading.whole_class import ungraded
from autograder.model import (
    Arrays,
    Check,
    Exercise,
    Failure,
    FailureKind,
    Inputs,
    Judge,
    Observation,
    Unmet,
)
from autograder.programs import Probe
from autograder.sources.checks import CheckSet
from autograder.sources.submission import Submission

OracleOf = Callable[..., Oracle]


def arrays(**values: Any) -> dict[str, np.ndarray]:
    return {name: np.array(value) for name, value in values.items()}


def complaint(
    judged_by: Judge, observed: Arrays, expected: Arrays, inputs: Inputs | None = None
) -> str | None:
    """What a check with this judge says; None if the claim holds."""
    try:
        judge(check_of(judge=judged_by), observed=observed, expected=expected, inputs=inputs or {})
    except Unmet as failure:
        return str(failure)
    return None


# --- close: every number, within a tolerance -----------------------------------------------------


def test_equal_arrays_are_close() -> None:
    x = arrays(path=[[1.0, 2.0], [3.0, 4.0]], velocity=[[0.0], [0.5]])
    assert complaint(close(), x, x) is None
    assert complaint(close(along="update"), x, x) is None


@pytest.mark.parametrize("wanted", [0.0, 1.0, -250.0])
def test_the_tolerance_is_absolute_plus_relative_to_what_is_expected(wanted: float) -> None:
    edge = ATOL + RTOL * abs(wanted)
    for side in (-1, 1):
        inside, outside = wanted + side * 0.99 * edge, wanted + side * 1.01 * edge
        assert complaint(close(), arrays(x=inside), arrays(x=wanted)) is None
        assert complaint(close(), arrays(x=outside), arrays(x=wanted)) is not None


def test_a_judge_may_have_a_tolerance_of_its_own() -> None:
    assert complaint(close(rtol=0.1, atol=0.0), arrays(x=10.9), arrays(x=10.0)) is None
    assert complaint(close(rtol=0.0, atol=0.1), arrays(x=10.9), arrays(x=10.0)) is not None


def test_the_first_update_that_differs_is_reported_with_its_index_and_numbers() -> None:
    wanted = arrays(w=np.zeros((4, 2, 3)))
    got = arrays(w=np.zeros((4, 2, 3)))
    got["w"][2, 1, 0] = 0.25
    got["w"][3] = 99.0
    assert complaint(close(along="update"), got, wanted) == (
        "After update 3, w[1, 0]: expected 0, got 0.25 (1 of 6 numbers differ)."
    )


def test_the_earliest_update_counts_over_all_arrays() -> None:
    wanted = arrays(bias=[0.0, 0.0, 0.0], kernel=[0.0, 0.0, 0.0])
    got = arrays(bias=[0.0, 0.0, 9.0], kernel=[0.0, 7.0, 0.0])
    message = complaint(close(along="update"), got, wanted)
    assert message == "After update 2, kernel: expected 0, got 7."


def test_the_largest_difference_of_an_array_is_the_one_shown() -> None:
    message = complaint(close(), arrays(x=[1.1, 5.0, 3.0]), arrays(x=[1.0, 2.0, 3.0]))
    assert message == "x[1]: expected 2, got 5 (2 of 3 numbers differ)."


def test_numbers_that_differ_never_look_equal() -> None:
    # As a float64 variable that was updated in float32 does.
    observed, expected = arrays(w=[-0.268785923720]), arrays(w=[-0.268785928726])
    message = complaint(close(rtol=1e-12, atol=0.0), observed, expected)
    assert message == "w[0]: expected -0.26878593, got -0.26878592."


@pytest.mark.parametrize("astray", [np.nan, np.inf, -np.inf])
def test_no_number_is_never_close_and_is_shown_before_larger_differences(astray: float) -> None:
    message = complaint(close(), arrays(x=[1e9, 2.0, astray]), arrays(x=[1.0, 2.0, 3.0]))
    assert message == f"x[2]: expected 3, got {astray}."


def test_any_tolerance_leaves_no_number_outside() -> None:
    loose = close(rtol=1e9, atol=1e9)
    assert complaint(loose, arrays(x=np.nan), arrays(x=1.0)) is not None
    assert complaint(loose, arrays(x=np.inf), arrays(x=1.0)) is not None


def test_students_may_answer_in_another_float_type() -> None:
    wanted = arrays(x=[0.1, 0.2])
    for dtype in ("float16", "float32"):
        got = {"x": wanted["x"].astype(dtype)}
        assert complaint(close(rtol=1e-3), got, wanted) is None


# --- mismatch: before any arithmetic -------------------------------------------------------------


def test_a_missing_array_is_named() -> None:
    assert mismatch({}, arrays(velocity=[1.0])) == "The result has no 'velocity'."


def test_more_arrays_than_expected_are_no_mistake() -> None:
    assert mismatch(arrays(x=1.0, extra=2.0), arrays(x=1.0)) is None


def test_another_type_of_number_is_named() -> None:
    assert mismatch(arrays(x=[1, 2]), arrays(x=[1.0, 2.0])) == (
        "x: expected floating-point numbers, got int64."
    )
    assert "got bool" in (mismatch(arrays(x=[True]), arrays(x=[1.0])) or "")


def test_a_shape_that_would_broadcast_is_another_shape() -> None:
    wanted = arrays(x=np.ones((3, 2)))
    for shape in [(), (1,), (2,), (1, 2), (3, 1), (1, 3, 2)]:
        message = f"x: expected shape (3, 2), got {shape}."
        for one in (close(), close(along="update"), at_least(lambda o, i: 1.0, 0.0, "share")):
            assert complaint(one, arrays(x=np.ones(shape)), wanted) == message


@given(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3), st.data())
def test_no_two_shapes_are_ever_compared(shape: tuple[int, ...], data: st.DataObject) -> None:
    other = data.draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    problem = mismatch(arrays(x=np.zeros(other)), arrays(x=np.zeros(shape)))
    assert (problem is None) == (shape == other)


def test_too_many_numbers_are_not_compared() -> None:
    # A view without memory of its own: the size alone is what counts.
    huge = {"x": np.broadcast_to(np.float32(1.0), (MAX_ELEMENTS + 1,))}
    assert mismatch(huge, huge) == f"x: {MAX_ELEMENTS + 1} numbers are too many to compare."


# --- at_least: a number of the grader's own ------------------------------------------------------


def correct_share(observed: Arrays, inputs: Inputs) -> float:
    return float(np.mean(observed["labels"] == inputs["held_out"]))


@pytest.mark.parametrize(("threshold", "enough"), [(0.74, True), (0.75, True), (0.76, False)])
def test_a_threshold_that_is_reached_is_enough(threshold: float, enough: bool) -> None:
    enough_digits = at_least(correct_share, threshold, "share of digits read correctly")
    labels = arrays(labels=[1, 2, 3, 0])
    message = complaint(enough_digits, labels, labels, arrays(held_out=[1, 2, 3, 4]))
    assert message == (
        None if enough else "Share of digits read correctly: expected at least 0.76, got 0.75."
    )


def test_a_number_just_below_a_threshold_is_written_out() -> None:
    share = at_least(lambda observed, inputs: 0.7996, 0.8, "share")
    said = complaint(share, arrays(x=1.0), arrays(x=1.0))
    assert said == "Share: expected at least 0.8000, got 0.7996."


def test_a_number_that_is_none_reaches_no_threshold() -> None:
    share = at_least(lambda observed, inputs: float("nan"), 0.0, "share")
    assert (
        complaint(share, arrays(x=1.0), arrays(x=1.0)) == "Share: expected at least 0.00, got nan."
    )


def test_a_metric_never_sees_arrays_of_other_shapes() -> None:
    def metric(observed: Arrays, inputs: Inputs) -> float:
        raise AssertionError("must not be asked")

    assert complaint(at_least(metric, 0.5, "share"), {}, arrays(w=1.0)) == "The result has no 'w'."


# --- alike: two implementations did the same -----------------------------------------------------


def test_equal_arrays_are_alike_and_others_are_not() -> None:
    assert alike(arrays(x=[1.0, 2.0]), arrays(x=[1.0, 2.0 + 1e-6]))
    assert not alike(arrays(x=[1.0, 2.0]), arrays(x=[1.0, 2.1]))
    assert not alike(arrays(x=[1.0]), arrays(x=[[1.0]]))
    assert not alike(arrays(y=[1.0]), arrays(x=[1.0]))


def test_every_array_has_to_be_alike() -> None:
    assert not alike(arrays(x=1.0, y=1.0), arrays(x=1.0, y=2.0))


@pytest.mark.parametrize("one", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("other", [np.nan, np.inf, -np.inf])
def test_where_both_went_astray_they_did_the_same(one: float, other: float) -> None:
    assert alike(arrays(x=[1.0, one]), arrays(x=[1.0, other]))
    assert not alike(arrays(x=[1.0, one]), arrays(x=[2.0, other]))


def test_one_that_went_astray_is_not_like_one_that_did_not() -> None:
    assert not alike(arrays(x=[1.0, np.nan]), arrays(x=[1.0, 2.0]))
    assert not alike(arrays(x=[1.0, np.inf]), arrays(x=[1.0, 2.0]))
    assert not alike(arrays(x=[1.0, 2.0]), arrays(x=[1.0, np.nan]))


# --- expect: what a check's body says -------------------------------------------------------------


def test_a_body_that_raises_nothing_is_content() -> None:
    expect(True, "unused")
    expect_close(np.array([1.0, 2.0]), np.array([1.0, 2.0]), what="mean")


def test_the_first_expectation_that_does_not_hold_is_the_students_sentence() -> None:
    with pytest.raises(Unmet, match=r"^At rate 0\.2, every output is 0\.$"):
        expect(np.array([0.0, 0.0]).any(), "At rate 0.2, every output is 0.")


def test_expect_close_shows_the_largest_difference_among_those_that_count() -> None:
    got, wanted = np.array([1.0, 9.0, 3.5]), np.array([1.0, 2.0, 3.0])
    with pytest.raises(Unmet) as failure:
        expect_close(got, wanted, what="kept value", where=np.array([True, False, True]))
    assert str(failure.value) == "Kept value[2]: expected 3, got 3.5 (1 of 2 numbers differ)."
    expect_close(got, wanted, what="kept value", where=np.array([True, False, False]))


def test_expect_close_takes_one_number_for_all() -> None:
    expect_close(np.full((2, 3), 0.5), 0.5, what="share")
    with pytest.raises(Unmet):
        expect_close(np.array([0.5, np.nan]), 0.5, what="share")


def test_failing_says_under_which_circumstances() -> None:
    message = r"^After saving and loading: The mask repeats\.$"
    with pytest.raises(Unmet, match=message), failing("After saving and loading: "):
        expect(False, "The mask repeats.")


# --- judge: what is compared before any body runs -------------------------------------------------


@pytest.mark.parametrize("astray", [np.nan, np.inf])
def test_a_body_gets_finite_numbers_where_the_reference_has_them(astray: float) -> None:
    def body(observed: Arrays) -> None:
        raise AssertionError("must not be asked")

    message = complaint(body, arrays(x=[[1.0, astray]]), arrays(x=[[1.0, 2.0]]))
    assert message == f"x[0, 1]: expected a finite number, got {astray}."
    lost_too = arrays(x=[[1.0, np.nan]])
    assert complaint(lambda observed: None, arrays(x=[[1.0, astray]]), lost_too) is None


def test_a_check_may_compare_shapes_itself() -> None:
    def body(observed: Arrays) -> None:
        expect(observed["x"].size == 1, "One number, please.")

    free = check_of(judge=body, same_shapes=False)
    judge(free, observed=arrays(x=[1.0]), expected=arrays(x=1.0), inputs={})
    with pytest.raises(Unmet, match="One number"):
        judge(free, observed=arrays(x=[1.0, 2.0]), expected=arrays(x=1.0), inputs={})


def test_a_body_gets_what_it_asks_for_by_name() -> None:
    def share(observed: Arrays, inputs: Inputs) -> Arrays:
        return {"share": np.mean(observed["x"] == inputs["zero"])}

    def body(measured: Arrays, inputs: Inputs, margin: float = 0.1) -> None:
        expect_close(measured["share"], inputs["rate"], what="share", atol=margin)

    check = check_of(judge=body, measure=share)
    inputs = {"zero": 0.0, "rate": 0.5}
    judge(check, observed=arrays(x=[0.0, 1.0]), expected=arrays(x=[1.0, 0.0]), inputs=inputs)
    with pytest.raises(Unmet, match=r"Share: expected 0\.5, got 1"):
        judge(check, observed=arrays(x=[0.0, 0.0]), expected=arrays(x=[1.0, 0.0]), inputs=inputs)


# --- judge_check: whose fault it is, and what it costs -------------------------------------------


def no_inputs(rng: np.random.Generator) -> Inputs:
    return {}


def check_of(
    name: str = "moves", exercise: str = "Momentum", points: float = 2.0, **how: Any
) -> Check:
    how = {"inputs": no_inputs, "judge": close(), **how}
    return Check(
        name=name, exercise=exercise, claim=f"It {name}.", points=points, probe="probe", **how
    )


MOVES = check_of()
RIGHT, WRONG = Observation(arrays(x=1.0)), Observation(arrays(x=2.0))
STATUS: dict[str, str] = {
    "missing": "failed",
    "unwritten": "failed",
    "delegated": "failed",
    "malformed": "failed",
    "raised": "error",
    "timeout": "error",
    "memory": "error",
    "crashed": "error",
    "internal": "ungraded",
}


@pytest.mark.parametrize("returned", [False, True, np.bool_(True), np.ones(2), 0, "no"])
def test_a_judge_that_returns_something_has_decided_nothing(
    returned: object, oracle_of: OracleOf
) -> None:
    decide: Any = lambda observed: returned  # noqa: E731 - as an author may write it
    check = check_of(judge=decide)
    status, message = judge_check(check, RIGHT, oracle_for(oracle_of))
    assert status == "ungraded"
    shown = "ndarray" if isinstance(returned, np.ndarray) else f"{returned!r}"
    assert f"the function of check Momentum.moves returned {shown}. Call expect(" in message


def oracle_for(oracle_of: OracleOf, expected: Observation = RIGHT, *checks: Check) -> Oracle:
    ids = [check.id for check in checks or (MOVES,)]
    return oracle_of(dict.fromkeys(ids, expected), inputs={name: {} for name in ids})


def test_every_kind_of_failure_has_a_status() -> None:
    assert STATUS.keys() == set(get_args(FailureKind))


@pytest.mark.parametrize("kind", get_args(FailureKind))
def test_a_failure_is_the_students_or_the_graders(kind: FailureKind, oracle_of: OracleOf) -> None:
    failed = Observation(failure=Failure(kind, "something happened", "cell 2, line 3: `x`"))
    status, message = judge_check(MOVES, failed, oracle_for(oracle_of))
    assert status == STATUS[kind]
    assert message == (
        "cell 2, line 3: `x` · something happened"
        if kind != "unwritten"
        else "not written yet: something happened (cell 2, line 3: `x`)"
    )


def test_an_unwritten_exercise_says_what_to_write(oracle_of: OracleOf) -> None:
    stub = Observation(failure=Failure("unwritten", "NotImplementedError: Update the velocity."))
    assert judge_check(MOVES, stub, oracle_for(oracle_of)) == (
        "failed",
        "not written yet: Update the velocity.",
    )


def test_a_stub_without_a_text_is_not_written_either(oracle_of: OracleOf) -> None:
    where = "cell 2, line 3: `raise NotImplementedError`"
    stub = Failure("unwritten", "NotImplementedError", where, meaning="Replace the raise.")
    assert judge_check(MOVES, Observation(failure=stub), oracle_for(oracle_of)) == (
        "failed",
        f"not written yet ({where}) · Replace the raise.",
    )


def test_right_arrays_pass_and_wrong_ones_fail_with_the_judges_sentence(
    oracle_of: OracleOf,
) -> None:
    assert judge_check(MOVES, RIGHT, oracle_for(oracle_of)) == ("passed", "")
    assert judge_check(MOVES, WRONG, oracle_for(oracle_of)) == (
        "failed",
        "x: expected 1, got 2.",
    )


def test_a_judge_that_raises_leaves_the_check_ungraded(oracle_of: OracleOf) -> None:
    def body(observed: Arrays, expected: Arrays, inputs: Inputs) -> None:
        raise ZeroDivisionError("no rows")

    status, message = judge_check(check_of(judge=body), RIGHT, oracle_for(oracle_of))
    assert status == "ungraded"
    assert "The check itself failed" in message
    assert "no rows" in message


@pytest.mark.parametrize("observation", [RIGHT, WRONG])
def test_where_the_reference_fails_nobody_is_graded(
    observation: Observation, oracle_of: OracleOf
) -> None:
    broken = Observation(failure=Failure("raised", "ValueError: old keras"))
    status, message = judge_check(MOVES, observation, oracle_for(oracle_of, broken))
    assert status == "ungraded"
    assert message == "The reference itself failed here: ValueError: old keras"


def test_a_judge_gets_what_the_child_never_saw(oracle_of: OracleOf) -> None:
    seen: list[Inputs] = []

    def body(inputs: Inputs) -> None:
        seen.append(inputs)

    oracle = oracle_of({MOVES.id: RIGHT}, inputs={MOVES.id: {"labels": 7}})
    assert judge_check(check_of(judge=body), RIGHT, oracle)[0] == "passed"
    assert seen == [{"labels": 7}]


CHECK_SET = CheckSet(
    "optimizers",
    (Exercise("Momentum"), Exercise("Nesterov", bonus=True)),
    (MOVES, check_of("stops", points=3.0, hidden=True), check_of(exercise="Nesterov", points=5.0)),
    {"probe": Probe("probe", "def probe(implementation): ...")},
)


@pytest.mark.parametrize("kind", get_args(FailureKind))
def test_points_are_for_passed_checks_alone(kind: FailureKind, oracle_of: OracleOf) -> None:
    observed = {
        "Momentum.moves": RIGHT,
        "Momentum.stops": WRONG,
        "Nesterov.moves": Observation(failure=Failure(kind, "what happened")),
    }
    momentum, nesterov = judge_exercises(
        CHECK_SET, observed, oracle_for(oracle_of, RIGHT, *CHECK_SET.checks)
    )
    assert [(v.status, v.points, v.max_points, v.hidden) for v in momentum.verdicts] == [
        ("passed", 2.0, 2.0, False),
        ("failed", 0.0, 3.0, True),
    ]
    assert (momentum.score, momentum.max_score, momentum.ungraded) == (2.0, 5.0, False)
    assert (nesterov.score, nesterov.max_score) == (0.0, 5.0)
    assert nesterov.bonus
    assert nesterov.ungraded == (kind == "internal")


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        ("got <tf.Variable 'w:0', numpy= array([1.], dtype=float32)> here", "'w:0'> here"),
        ("got <tf.Variable 'w:0', numpy=array([[1., 2.", "got <tf.Variable 'w:0'"),
        ("got <Variable path=w, value=[[1. 2.] [3. 4.]]> here", "path=w> here"),
        ("StagingError: IndexError: list index out of range", "IndexError: list index"),
    ],
)
def test_what_says_nothing_is_left_out_of_an_errors_text(
    oracle_of: OracleOf, raised: str, said: str
) -> None:
    seen = Observation(failure=Failure("raised", raised))
    _, message = judge_check(MOVES, seen, oracle_for(oracle_of))
    assert said in message
    assert len(message) < len(raised)


def test_delegation_in_one_check_is_the_verdict_of_the_exercise(oracle_of: OracleOf) -> None:
    sentence = "Uses keras.optimizers.SGD, which is not allowed here. Implement it yourself."
    used = Observation(failure=Failure("delegated", sentence))
    observed = {"Momentum.moves": RIGHT, "Momentum.stops": used, "Nesterov.moves": RIGHT}
    momentum, nesterov = judge_exercises(
        CHECK_SET, observed, oracle_for(oracle_of, RIGHT, *CHECK_SET.checks)
    )
    assert [(v.status, v.message) for v in momentum.verdicts] == [("failed", sentence)] * 2
    assert momentum.score == 0
    assert nesterov.score == 5.0


def test_one_ungraded_check_leaves_its_exercise_to_a_person(oracle_of: OracleOf) -> None:
    lost = Observation(failure=Failure("internal", "the sandbox ended"))
    observed = {"Momentum.moves": RIGHT, "Momentum.stops": lost, "Nesterov.moves": RIGHT}
    momentum, nesterov = judge_exercises(
        CHECK_SET, observed, oracle_for(oracle_of, RIGHT, *CHECK_SET.checks)
    )
    assert momentum.ungraded
    assert not nesterov.ungraded


def test_a_submission_on_which_the_grader_failed_is_ungraded_throughout() -> None:
    submission = Submission("ada", None, remarks=("The locked cell check-Adam was edited.",))
    report = ungraded(submission, CHECK_SET, 5, "landlock", RuntimeError("disk full"))
    verdicts = [v for exercise in report.exercises for v in exercise.verdicts]
    assert {v.status for v in verdicts} == {"ungraded"}
    assert {v.message for v in verdicts} == {"The grader failed: RuntimeError: disk full"}
    assert all(exercise.ungraded for exercise in report.exercises)
    assert (report.student, report.seed, report.sandbox) == ("ada", 5, "landlock")
    assert (report.score, report.max_score, report.complete) == (0.0, 5.0, False)
    assert report.remarks == submission.remarks


# --- what once went wrong -------------------------------------------------------------------------


def test_nothing_finite_is_close_to_an_infinite_expectation() -> None:
    assert complaint(close(), arrays(x=[5.0]), arrays(x=[np.inf]))
    assert not alike(arrays(x=[5.0]), arrays(x=[np.inf]))


def test_entries_that_only_the_longer_array_has_are_judged_too() -> None:
    wanted = arrays(short=[1.0], long=[1.0, 2.0])
    message = complaint(close(along="step"), arrays(short=[1.0], long=[1.0, 3.0]), wanted)
    assert message
    assert message.startswith("After step 2, long: expected 2, got 3")


@pytest.mark.parametrize("kind", ["raised", "timeout", "memory", "crashed", "malformed"])
def test_a_probe_that_breaks_for_the_reference_too_is_not_blamed_on_a_student(
    kind: FailureKind, oracle_of: OracleOf
) -> None:
    broken = Observation(failure=Failure("raised", "NameError: the probe is broken"))
    oracle = oracle_of({MOVES.id: broken}, inputs={MOVES.id: {}})
    seen = Observation(failure=Failure(kind, "whatever"))
    assert judge_check(MOVES, seen, oracle)[0] == "ungraded"
