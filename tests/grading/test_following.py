"""Following misconceptions no further than the proof needs. No keras, nothing is run.

A misconception is written as what it does in three checks, as in `test_diagnose`: the reference
does 1, 1, 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.grading.decide import judge_exercises
from autograder.grading.following import Following
from autograder.grading.judge import close
from autograder.model import Check, Exercise, Failure, Inputs, Misconception, Observation
from autograder.sources.checks import CheckSet

Did = float | Failure
Doings = Mapping[Misconception, tuple[Did, ...]]
OracleOf = Callable[..., Any]

NAN, TIMEOUT = float("nan"), Failure("timeout", "")
BAD, WORSE = (Failure("raised", text, exception="ValueError") for text in ("bad", "worse"))


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


CHECKS = tuple(map(check_of, ("first", "second", "third")))
CHECK_SET = CheckSet("optimizers", (Exercise("Adam"),), CHECKS, {})


def known_as(name: str, **more: Any) -> Misconception:
    return Misconception(name, "Adam", f"Hint of {name}.", **more)


ONE, OTHER, THIRD = map(known_as, ("one", "other", "third"))
GENERATED = known_as("beta_is_ignored", generated=True)
SAME_AS_ONE = known_as("a_spelling_of_one", same_as="one")


def saw(doings: tuple[Did, ...]) -> dict[str, Observation]:
    return {
        check.id: Observation(failure=did)
        if isinstance(did, Failure)
        else Observation({"weights": np.array(did)})
        for check, did in zip(CHECKS, doings, strict=True)
    }


def followed(oracle_of: OracleOf, doings: Doings, *, everything: bool = False) -> Following:
    """All of them, as far as it takes."""
    oracle = oracle_of(
        saw((1.0, 1.0, 1.0)),
        {known: saw(did) for known, did in doings.items()},
        {check.id: {} for check in CHECKS},
    )
    following = Following(CHECK_SET, oracle, everything=everything)
    for task in following.until_caught(["Adam"], 2, lambda _: None):
        task()
    following.until_told_apart("Adam")
    return following


def tried(following: Following, known: Misconception) -> list[str]:
    return [check.name for check in following.tried(known)]


def test_what_the_first_check_catches_and_tells_apart_goes_no_further(oracle_of: OracleOf) -> None:
    following = followed(oracle_of, {ONE: (7.0, 7.0, 7.0), OTHER: (8.0, 8.0, 8.0)})
    assert tried(following, OTHER) == ["first"]
    assert following.double(ONE) is following.double(OTHER) is None
    # The checks that have caught nothing yet get the first one.
    assert tried(following, ONE) == ["first", "second", "third"]
    assert following.redundant("Adam") == []


def test_what_is_alike_goes_on_until_it_differs(oracle_of: OracleOf) -> None:
    doings = {ONE: (7.0, 7.0, 1.0), OTHER: (7.0, 8.0, 8.0), THIRD: (1.0, 1.0, 7.0)}
    following = followed(oracle_of, doings)
    assert tried(following, ONE) == tried(following, OTHER) == ["first", "second"]
    assert tried(following, THIRD) == ["first", "second", "third"]
    assert [following.double(known) for known in doings] == [None, None, None]


def test_doubles_are_found(oracle_of: OracleOf) -> None:
    doings = {ONE: (1.0, 7.0, 7.0), OTHER: (1.0, 7.0, 7.0), SAME_AS_ONE: (1.0, 7.0, 7.0)}
    following = followed(oracle_of, doings)
    assert following.double(ONE) == OTHER
    assert following.double(OTHER) == ONE
    assert following.double(SAME_AS_ONE) == OTHER


def test_everything_is_observed_for_a_release(oracle_of: OracleOf) -> None:
    following = followed(oracle_of, {ONE: (7.0, 7.0, 7.0), OTHER: (8, 8, 8)}, everything=True)
    assert tried(following, ONE) == tried(following, OTHER) == ["first", "second", "third"]


def test_a_check_that_catches_nothing_is_found(oracle_of: OracleOf) -> None:
    following = followed(oracle_of, {ONE: (7.0, 1.0, 1.0), OTHER: (8.0, 1.0, 8.0)})
    assert [check.name for check in following.redundant("Adam")] == ["second"]


@pytest.mark.parametrize(
    ("did", "can"),
    [(7.0, True), (BAD, True), (NAN, False), (TIMEOUT, False)],
    ids=["number", "error", "nan", "timeout"],
)
def test_a_mistake_can_be_named_if_it_does_what_others_do_not(
    did: Did, can: bool, oracle_of: OracleOf
) -> None:
    following = followed(oracle_of, {ONE: (did, 1.0, 1.0)})
    assert following.can_be_named(ONE) is can


doings_of_one = st.tuples(*[st.sampled_from([1.0, 1.0, 7.0, 8.0, NAN, BAD, WORSE, TIMEOUT])] * 3)


# The fixture is a class: nothing of it needs to be made anew.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(
    doings=st.fixed_dictionaries(
        {ONE: doings_of_one},
        optional=dict.fromkeys([OTHER, THIRD, GENERATED, SAME_AS_ONE], doings_of_one),
    )
)
def test_it_proves_what_a_grader_would_say(
    doings: dict[Misconception, tuple[Did, ...]], oracle_of: OracleOf
) -> None:
    """A misconception has no double if and only if a submission that is it gets its name."""
    following = followed(oracle_of, doings)
    everything = followed(oracle_of, doings, everything=True)
    oracle = oracle_of(
        saw((1.0, 1.0, 1.0)),
        {known: saw(did) for known, did in doings.items()},
        {check.id: {} for check in CHECKS},
    )
    for known, did in doings.items():
        assert bool(following.failed(known)) == bool(everything.failed(known))
        if not following.can_be_named(known):
            assert not everything.can_be_named(known)
            continue
        (report,) = judge_exercises(CHECK_SET, saw(did), oracle)
        names = {verdict.misconception for verdict in report.verdicts if verdict.misconception}
        assert (following.double(known) is None) == (names == {known.known_as})
        assert (everything.double(known) is None) == (names == {known.known_as})
    assert following.redundant("Adam") == everything.redundant("Adam")
