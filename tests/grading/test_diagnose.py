"""Naming the mistake: which misconception explains what was seen. No keras, nothing is run.

An implementation is written as what it does in three checks of one exercise: a number where it
answers, a failure where it does not. The reference does 1, 1, 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn, get_args

import numpy as np
import pytest
from numpy import nan

from autograder.grading.decide import judge_exercises
from autograder.grading.diagnose import Diagnosis, diagnose
from autograder.grading.evidence import Evidence
from autograder.grading.explained import closest
from autograder.grading.fingerprint import fingerprint, same
from autograder.grading.judge import close
from autograder.grading.oracle import Oracle
from autograder.model import (
    Arrays,
    Check,
    Exercise,
    Failure,
    FailureKind,
    Inputs,
    Misconception,
    Observation,
)
from autograder.sources.assignment import Assignment
from autograder.sources.checks import CheckSet

Did = float | Failure
OracleOf = Callable[..., Oracle]


def no_inputs(rng: np.random.Generator) -> Inputs:
    return {}


def check_of(name: str) -> Check:
    return Check(
        name=name,
        exercise="Adam",
        claim=f"{name}.",
        points=1.0,
        probe="probe",
        inputs=no_inputs,
        judge=close(),
    )


CHECKS = FIRST, MANY, SAVED = tuple(
    check_of(name) for name in ("first_update", "many_updates", "saved_and_loaded")
)
CHECK_SET = CheckSet("optimizers", (Exercise("Adam"),), CHECKS, {})
NO_MISTAKE: tuple[Did, ...] = (1.0, 1.0, 1.0)

NOT_CORRECTED = Misconception("not_corrected", "Adam", "Was m corrected for its zero start?")
STARTS_AT_ZERO = Misconception("step_count_from_zero", "Adam", "The first update is number 1.")
NOT_STORED = Misconception("velocity_never_stored", "Adam", "Assign it to the slot.")


def alike(one: Observation, other: Observation) -> bool:
    return same(one, other, FIRST)


def saw(did: Did) -> Observation:
    if isinstance(did, Failure):
        return Observation(failure=did)
    return Observation({"weights": np.array(did)})


def all_saw(doings: tuple[Did, ...]) -> dict[str, Observation]:
    return {check.id: saw(did) for check, did in zip(CHECKS, doings, strict=True)}


@pytest.fixture
def named(oracle_of: OracleOf) -> Callable[..., list[str | None]]:
    """What a submission's verdicts name, check by check, where only these mistakes are known."""

    def names(
        submitted: tuple[Did, ...], known: dict[Misconception, tuple[Did, ...]]
    ) -> list[str | None]:
        oracle = oracle_of(
            all_saw(NO_MISTAKE),
            {misconception: all_saw(doings) for misconception, doings in known.items()},
            {check.id: {} for check in CHECKS},
        )
        (report,) = judge_exercises(CHECK_SET, all_saw(submitted), oracle)
        return [verdict.misconception for verdict in report.verdicts]

    return names


Named = Callable[..., list[str | None]]


def test_a_mistake_is_named_in_every_check_that_it_explains(named: Named) -> None:
    assert named((7.0, 7.0, 1.0), {NOT_CORRECTED: (7.0, 7.0, 1.0)}) == [
        "not_corrected",
        "not_corrected",
        None,
    ]


def test_a_verdict_brings_the_hint_of_its_mistake(oracle_of: OracleOf) -> None:
    oracle = oracle_of(
        all_saw(NO_MISTAKE),
        {NOT_CORRECTED: all_saw((7.0, 1.0, 1.0))},
        {check.id: {} for check in CHECKS},
    )
    (report,) = judge_exercises(CHECK_SET, all_saw((7.0, 1.0, 1.0)), oracle)
    assert [verdict.hint for verdict in report.verdicts] == [NOT_CORRECTED.hint, "", ""]


def test_nothing_is_named_where_nothing_matches(named: Named) -> None:
    assert named((5.0, 6.0, 1.0), {NOT_CORRECTED: (7.0, 7.0, 1.0)}) == [None, None, None]
    assert named((5.0, 6.0, 1.0), {}) == [None, None, None]


def test_nothing_is_named_where_everything_passes(named: Named) -> None:
    assert named(NO_MISTAKE, {NOT_CORRECTED: NO_MISTAKE}) == [None, None, None]


def test_the_mistake_that_explains_the_most_is_named(named: Named) -> None:
    # Both do the same at the first update; only one goes on like the submission.
    known = {STARTS_AT_ZERO: (7.0, 8.0, 8.0), NOT_CORRECTED: (7.0, 9.0, 9.0)}
    assert named((7.0, 9.0, 9.0), known) == 3 * ["not_corrected"]
    assert named((7.0, 8.0, 8.0), known) == 3 * ["step_count_from_zero"]


def test_what_the_submission_does_right_tells_neighbours_apart(named: Named) -> None:
    # One failed check that both explain; one of them would fail a check that was passed.
    known = {STARTS_AT_ZERO: (7.0, 8.0, 1.0), NOT_CORRECTED: (7.0, 1.0, 1.0)}
    assert named((7.0, 1.0, 1.0), known) == ["not_corrected", None, None]


def test_what_fails_weighs_more_than_what_passes(named: Named) -> None:
    known = {STARTS_AT_ZERO: (7.0, 5.0, 1.0), NOT_CORRECTED: (7.0, 8.0, 2.0)}
    assert named((7.0, 8.0, 1.0), known)[:2] == ["not_corrected", "not_corrected"]


def test_of_two_that_cannot_be_told_apart_none_is_named(named: Named) -> None:
    twins = {STARTS_AT_ZERO: (7.0, 7.0, 7.0), NOT_CORRECTED: (7.0, 7.0, 7.0)}
    assert named((7.0, 7.0, 7.0), twins) == [None, None, None]


def test_a_generated_mistake_gives_way_to_an_authors_that_does_the_same(named: Named) -> None:
    generated = replace(STARTS_AT_ZERO, generated=True)
    twins = {generated: (7.0, 7.0, 7.0), NOT_CORRECTED: (7.0, 7.0, 7.0)}
    assert named((7.0, 7.0, 7.0), twins) == ["not_corrected"] * 3
    alone = {generated: (7.0, 7.0, 7.0), NOT_CORRECTED: (7.0, 7.0, 8.0)}
    assert named((7.0, 7.0, 7.0), alone) == [STARTS_AT_ZERO.name] * 3


def test_two_mistakes_in_one_exercise_are_both_named(named: Named) -> None:
    known = {NOT_CORRECTED: (7.0, 7.0, 1.0), NOT_STORED: (1.0, 1.0, 9.0)}
    assert named((7.0, 7.0, 9.0), known) == [
        "not_corrected",
        "not_corrected",
        "velocity_never_stored",
    ]


def test_a_check_that_nothing_explains_keeps_no_other_from_being_named(named: Named) -> None:
    assert named((5.0, 7.0, 7.0), {NOT_CORRECTED: (9.0, 7.0, 7.0)}) == [
        None,
        "not_corrected",
        "not_corrected",
    ]


def test_a_mistake_of_another_exercise_is_not_named(named: Named) -> None:
    other = Misconception("uphill", "Momentum", "Subtract.")
    assert named((7.0, 7.0, 7.0), {other: (7.0, 7.0, 7.0)}) == [None, None, None]


def raised(message: str, exception: str = "ValueError", where: str = "") -> Failure:
    return Failure("raised", message, where, exception)


def test_a_mistake_that_raises_is_named_by_its_exception(named: Named) -> None:
    error = raised("ValueError: no slot for this variable")
    assert named((error, error, error), {NOT_STORED: (error, error, error)}) == (
        3 * ["velocity_never_stored"]
    )


def test_an_error_names_a_mistake_only_where_everything_else_is_alike(named: Named) -> None:
    error = raised("ValueError: no slot for this variable")
    assert named((error, 1.0, 1.0), {NOT_STORED: (error, error, 1.0)}) == [None, None, None]
    assert named((error, error, 1.0), {NOT_STORED: (error, 1.0, 1.0)}) == [None, None, None]
    assert named((error, 5.0, 1.0), {NOT_STORED: (error, 7.0, 1.0)}) == [None, None, None]


def test_an_error_is_explained_by_a_mistake_that_numbers_have_named(named: Named) -> None:
    error = raised("ValueError: no slot for this variable")
    known = {NOT_STORED: (error, 7.0, 8.0)}
    assert named((error, 7.0, 1.0), known) == ["velocity_never_stored"] * 2 + [None]


def test_a_second_mistake_that_raises_is_named_beside_the_first(named: Named) -> None:
    error = raised("ValueError: no slot for this variable")
    known = {NOT_CORRECTED: (7.0, 7.0, 7.0), NOT_STORED: (1.0, 1.0, error)}
    assert named((7.0, 7.0, error), known) == [*2 * ["not_corrected"], "velocity_never_stored"]


def test_a_second_error_names_nothing_if_its_mistake_would_show_elsewhere(named: Named) -> None:
    error = raised("ValueError: no slot for this variable")
    known = {NOT_CORRECTED: (7.0, 7.0, 7.0), NOT_STORED: (1.0, 5.0, error)}
    assert named((7.0, 7.0, error), known) == [*2 * ["not_corrected"], None]


def test_two_mistakes_that_raise_are_named_if_each_error_has_one_cause(named: Named) -> None:
    one, other = raised("ValueError: no slot for this variable"), raised("IndexError: it ends")
    known: dict[Misconception, tuple[Did, ...]]
    known = {NOT_CORRECTED: (one, one, one), NOT_STORED: (1.0, 1.0, other)}
    assert named((one, one, other), known) == [*2 * ["not_corrected"], "velocity_never_stored"]
    known = {NOT_CORRECTED: (one, one, 1.0), NOT_STORED: (1.0, 1.0, one)}
    assert named((one, one, one), known) == [None, None, None]


def test_what_one_check_says_is_not_believed_against_two_others(named: Named) -> None:
    known = {NOT_CORRECTED: (7.0, 8.0, 9.0)}
    assert named((7.0, 5.0, 6.0), known) == [None, None, None]
    assert named((7.0, 5.0, 1.0), known) == [None, None, None]
    assert named((7.0, 5.0, 9.0), known) == ["not_corrected", None, "not_corrected"]


def test_a_mistake_is_not_named_that_would_show_where_more_checks_pass(oracle_of: OracleOf) -> None:
    checks = (*CHECKS, check_of("compiled"), check_of("fitted"))

    def did(*numbers: float) -> dict[str, Observation]:
        return {check.id: saw(number) for check, number in zip(checks, numbers, strict=True)}

    def named_with(failing: int) -> int:
        """In how many of the failing checks it is named."""
        observed = did(*failing * [7.0], *(len(checks) - failing) * [1.0])
        return len(diagnose(checks[:failing], checks[failing:], observed, oracle).alone)

    inputs: dict[str, Inputs] = {check.id: {} for check in checks}
    oracle = oracle_of(did(*5 * [1.0]), {NOT_STORED: did(*5 * [7.0])}, inputs)
    assert named_with(failing=2) == 0
    assert named_with(failing=3) == 3


def test_a_name_for_lost_numbers_alone_is_dropped_at_the_first_doubt(oracle_of: OracleOf) -> None:
    def did(*first: float, last: float) -> dict[str, Observation]:
        lost = Observation({"weights": np.array([1.0, *first])})
        return {FIRST.id: lost, MANY.id: lost, SAVED.id: saw(last)}

    def named_with(*first: float, last: float) -> set[str]:
        observed = did(*first, last=last)
        return set(diagnose(CHECKS, (), observed, oracle).alone)

    inputs: dict[str, Inputs] = {check.id: {} for check in CHECKS}
    known = {NOT_CORRECTED: did(nan, 5.0, last=7.0), NOT_STORED: did(nan, 1.0, last=7.0)}
    oracle = oracle_of(did(1.0, 1.0, last=1.0), known, inputs)
    assert named_with(nan, 5.0, last=8.0) == {FIRST.id, MANY.id}
    assert named_with(nan, 1.0, last=8.0) == set()
    assert named_with(nan, 1.0, last=7.0) == {check.id for check in CHECKS}


def test_another_named_mistake_may_hide_what_one_check_says(named: Named) -> None:
    known = {NOT_CORRECTED: (7.0, 7.0, 1.0), NOT_STORED: (9.0, 9.0, 9.0)}
    assert named((7.0, 7.0, 9.0), known) == [*2 * ["not_corrected"], "velocity_never_stored"]


@pytest.mark.parametrize(
    ("submitted", "explains"),
    [
        ((7.0, 7.0, 1.0), (2, 2)),
        ((7.0, 7.0, 5.0), (2, 3)),
        ((7.0, 7.0, float("nan")), (2, 2)),
        ((7.0, 7.0, Failure("timeout", "out of time")), (2, 3)),
    ],
    ids=["all", "a part", "lost numbers, as the mistake loses them", "out of time"],
)
def test_a_name_says_how_many_failed_checks_it_explains(
    submitted: tuple[Did, ...], explains: tuple[int, int], oracle_of: OracleOf
) -> None:
    mistake = {NOT_CORRECTED: all_saw((7.0, 7.0, float("nan")))}
    oracle = oracle_of(all_saw(NO_MISTAKE), mistake, {check.id: {} for check in CHECKS})
    (report,) = judge_exercises(CHECK_SET, all_saw(submitted), oracle)
    assert [verdict.explains for verdict in report.verdicts] == [explains, explains, (0, 0)]
    assert report.verdicts[0].partly == (explains[0] < explains[1])


@pytest.mark.parametrize(
    "message",
    [
        "AttributeError: 'Momentum' object has no attribute 'sped'",
        "AttributeError: 'Momentum' object has no attribute 'velocities'",
        "AttributeError: 'int' object has no attribute 'pop'",
    ],
)
def test_a_misspelt_attribute_is_no_mistake_about_another_attribute(
    message: str, named: Named
) -> None:
    taken = Misconception("gradients_taken_out_of_the_callers_list", "Adam", "Change a copy.")
    popped = raised("AttributeError: 'tuple' object has no attribute 'pop'", "AttributeError")
    error = raised(message, "AttributeError")
    assert named((popped, popped, popped), {taken: (popped, popped, popped)}) == 3 * [taken.name]
    assert named((error, error, error), {taken: (popped, popped, popped)}) == [None, None, None]


def test_the_same_error_of_another_operation_is_another_behaviour() -> None:
    error = raised("list index out of range", "IndexError")
    here, there = (
        saw(replace(error, operation=operation)) for operation in ("build item", "get_config item")
    )
    assert alike(here, here)
    assert not alike(here, there)


@pytest.mark.parametrize(
    ("operation", "same_method"), [("build graph", True), ("update_step graph", False)]
)
def test_what_a_method_did_in_a_graph_may_have_been_anything(
    operation: str, same_method: bool
) -> None:
    error = raised("list index out of range", "IndexError")
    seen, in_a_graph = (
        saw(replace(error, operation=each)) for each in ("build item list.pop", operation)
    )
    assert alike(seen, in_a_graph) == alike(in_a_graph, seen) == same_method


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("expected shape (3,), got (4,)", "expected shape (2,), got (1, 7)"),
        ("no slot for <Variable weight_1>", "no slot for <Variable w>"),
        ("no file '/tmp/a/model.keras'", "no file '/home/b/model.keras'"),
        ("layer 'dense' is not built", "layer 'dense_12' is not built"),
        (f"config={'x' * 500} of 7 and more", f"config={'x' * 500} of 123"),
        ("Incompatible shapes: [3] vs. [4]", "Incompatible shapes: [2,3] vs. [4]"),
        (
            "cannot compute Sub as input #1(zero-based) was expected to be a float tensor but is a "
            "double tensor",
            "cannot compute AddV2 as input #0(zero-based) was expected to be a double tensor but "
            "is a float tensor",
        ),
    ],
    ids=["numbers", "objects", "paths", "layers", "long", "shapes", "ops"],
)
def test_what_differs_between_two_runs_of_a_mistake_is_not_compared(one: str, other: str) -> None:
    assert alike(saw(raised(one)), saw(raised(other)))


def test_nan_everywhere_is_like_nothing_known(named: Named) -> None:
    assert named((nan, nan, nan), {STARTS_AT_ZERO: (nan, nan, nan)}) == [None, None, None]
    assert named((nan, 7.0, 1.0), {STARTS_AT_ZERO: (nan, 7.0, 1.0)}) == [
        None,
        "step_count_from_zero",
        None,
    ]


def test_what_one_check_says_is_not_believed_where_the_mistake_would_have_numbers(
    named: Named,
) -> None:
    lost = (nan, 7.0, nan)
    assert named(lost, {NOT_CORRECTED: (7.0, 7.0, 7.0)}) == [None, None, None]
    assert named(lost, {NOT_CORRECTED: (nan, 7.0, nan)}) == [None, "not_corrected", None]
    assert named(lost, {NOT_CORRECTED: (nan, 7.0, 1.0)}) == [None, "not_corrected", None]


def test_where_the_students_line_stands_does_not_matter() -> None:
    here, there = raised("bad", where="cell 7, line 12: `m`"), raised("bad", where="solution 3")
    assert alike(saw(here), saw(there))


@pytest.mark.parametrize(
    "other",
    [
        raised("a slot is missing", "KeyError"),
        raised("a shape is wrong"),
        Failure("memory", "a slot is missing", exception="ValueError"),
    ],
    ids=["exception", "words", "kind"],
)
def test_other_failures_are_another_behaviour(other: Failure) -> None:
    assert not alike(saw(raised("a slot is missing")), saw(other))


def test_a_failure_and_an_answer_are_never_the_same() -> None:
    assert not alike(saw(raised("bad")), saw(1.0))
    assert not alike(saw(1.0), saw(raised("bad")))
    assert not alike(saw(raised("bad")), Observation())


@pytest.mark.parametrize("kind", sorted(set(get_args(FailureKind)) - {"raised"}))
def test_what_looks_alike_in_every_submission_is_never_named(
    kind: FailureKind, named: Named
) -> None:
    # A stub, a time-out, a missing class: the misconception that does the same explains nothing.
    failure = Failure(kind, "it ended")
    assert named((failure, failure, failure), {NOT_STORED: (failure, failure, failure)}) == (
        [None, None, None]
    )


def test_a_time_out_in_one_check_leaves_the_mistake_in_the_others_named(named: Named) -> None:
    late = Failure("timeout", "out of time")
    assert named((7.0, late, 7.0), {NOT_CORRECTED: (7.0, 7.0, 7.0)}) == [
        "not_corrected",
        None,
        "not_corrected",
    ]


def test_an_ungraded_check_has_no_say_in_the_name(oracle_of: OracleOf) -> None:
    # The reference failed where both differ, so what was seen there is not evidence.
    broken = Observation(failure=Failure("internal", "the sandbox ended"))
    oracle = oracle_of(
        {**all_saw(NO_MISTAKE), MANY.id: broken},
        {
            STARTS_AT_ZERO: all_saw((7.0, 9.0, 1.0)),
            NOT_CORRECTED: all_saw((7.0, 1.0, 1.0)),
        },
        {check.id: {} for check in CHECKS},
    )
    (report,) = judge_exercises(CHECK_SET, all_saw((7.0, 1.0, 1.0)), oracle)
    assert [v.status for v in report.verdicts] == ["failed", "ungraded", "passed"]
    assert [v.misconception for v in report.verdicts] == [None, None, None]


def test_a_mistake_that_is_the_same_as_another_has_that_ones_name(oracle_of: OracleOf) -> None:
    same_mistake = replace(NOT_CORRECTED, name="divided_by_one", same_as="not_corrected")
    for mistakes in ([NOT_CORRECTED, same_mistake], [same_mistake, NOT_CORRECTED]):
        oracle = oracle_of(
            all_saw(NO_MISTAKE),
            {mistake: all_saw((7.0, 9.0, 1.0)) for mistake in mistakes},
            {check.id: {} for check in CHECKS},
        )
        (report,) = judge_exercises(CHECK_SET, all_saw((7.0, 9.0, 1.0)), oracle)
        assert [v.misconception for v in report.verdicts] == ["not_corrected"] * 2 + [None]
        assert report.verdicts[0].hint == NOT_CORRECTED.hint


def test_an_appeal_sees_the_one_of_its_family_that_the_submission_is_like(
    oracle_of: OracleOf,
) -> None:
    other = replace(NOT_CORRECTED, name="divided_by_one", same_as="not_corrected")
    family = [NOT_CORRECTED, other]
    oracle = oracle_of(
        all_saw(NO_MISTAKE),
        {NOT_CORRECTED: all_saw((7.0, 9.0, 1.0)), other: all_saw((7.0, 8.0, 1.0))},
        {check.id: {} for check in CHECKS},
    )
    for third, found in ((9.0, NOT_CORRECTED), (8.0, other), (5.0, NOT_CORRECTED)):
        seen = Evidence(CHECKS[:2], CHECKS[2:], all_saw((7.0, third, 1.0)), oracle)
        assert closest(family, seen) == found
    assert closest(family, None) == NOT_CORRECTED


def zeros(observed: Arrays, inputs: Inputs) -> Arrays:
    """What a dropped-out tensor shows of its rate, whichever elements chance took."""
    share = np.mean(observed["dropped"] == 0, keepdims=True)
    return {"share": np.asarray(np.round(share, inputs["digits"]))}


def test_where_chance_is_at_work_the_measure_is_compared() -> None:
    check = replace(FIRST, measure=zeros)
    one, other = (Observation({"dropped": np.array(kept)}) for kept in ([0.0, 2.0], [2.0, 0.0]))
    all_dropped = Observation({"dropped": np.array([0.0, 0.0])})
    inputs = {"digits": 1}

    def of(seen: Observation) -> Observation:
        return fingerprint(seen, check, inputs)

    assert same(of(one), of(other), check)
    assert not same(one, other, FIRST)
    assert not same(of(one), of(all_dropped), check)


def test_a_tolerance_says_how_far_chance_may_go() -> None:
    one, other = Observation({"share": np.array(0.5)}), Observation({"share": np.array(0.53)})
    assert not same(one, other, FIRST)
    assert same(one, other, replace(FIRST, tolerance=0.05))
    assert not same(one, other, replace(FIRST, tolerance=0.02))


def test_what_cannot_be_measured_is_like_nothing_known() -> None:
    check = replace(FIRST, measure=zeros)
    nothing = fingerprint(Observation({}), check, {"digits": 1})
    assert not same(nothing, Observation({"share": np.array([0.5])}), check)
    assert not same(nothing, nothing, check)


def test_mistakes_are_asked_for_only_where_a_check_failed(oracle_of: OracleOf) -> None:
    # Observing a misconception costs seconds: a class that is right must not wait for it.
    class Costly(dict[str, Observation]):
        def get(self, key: str, default: object = None) -> NoReturn:
            raise AssertionError("a misconception was observed")

    oracle = oracle_of(all_saw(NO_MISTAKE), {NOT_CORRECTED: Costly()})
    assert diagnose([], CHECKS, all_saw(NO_MISTAKE), oracle) == Diagnosis({}, {})


def test_every_misconception_of_a_course_is_named_as_itself(
    assignment: Assignment, oracle: Oracle
) -> None:
    for known in assignment.misconceptions:
        observed = {
            check.id: oracle.observe_misconception(known, [check])[check.id]
            for check in assignment.check_set.checks
            if check.exercise == known.exercise
        }
        own = assignment.check_set.only(frozenset([known.exercise]))
        (report,) = judge_exercises(own, observed, oracle)
        failed = [v for v in report.verdicts if v.status != "passed"]
        assert {v.misconception for v in failed} == {known.name}
