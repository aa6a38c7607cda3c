"""Expected arrays in a file: a laptop judges and names mistakes as the grader does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from autograder.grading.compare import alike
from autograder.grading.decide import judge_exercises
from autograder.grading.oracle import Oracle
from autograder.grading.stored import FILE, StoredOracle, digest_in
from autograder.grading.storing import store
from autograder.model import AutograderError, Check, Failure, Misconception, Observation
from autograder.sources.assignment import Assignment


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / FILE


def stored(oracle: Oracle, assignment: Assignment, file: Path, digest: str = "") -> StoredOracle:
    """What comes back of an oracle that went through the file."""
    store(oracle, assignment.check_set, file, digest)
    return StoredOracle(file, assignment.check_set)


def of(assignment: Assignment, name: str) -> Check:
    return next(check for check in assignment.check_set.checks if check.name == name)


# --- the way there and back ----------------------------------------------------------------------


def test_the_reference_comes_back_to_the_last_bit(
    assignment: Assignment, oracle: Oracle, file: Path
) -> None:
    back = stored(oracle, assignment, file)
    for check in assignment.check_set.checks:
        expected, found = oracle.expected(check).arrays, back.expected(check).arrays
        assert found.keys() == expected.keys()
        for name, array in expected.items():
            assert found[name].dtype == array.dtype
            np.testing.assert_array_equal(found[name], array)


def test_the_inputs_are_drawn_again_from_the_stored_seed(
    assignment: Assignment, oracle: Oracle, file: Path
) -> None:
    back = stored(oracle, assignment, file)
    assert back.seed == oracle.seed
    for check in assignment.check_set.checks:
        assert back.inputs[check.id].keys() == oracle.inputs[check.id].keys()
        for name, value in oracle.inputs[check.id].items():
            np.testing.assert_array_equal(back.inputs[check.id][name], value)


def test_misconceptions_come_back_with_their_hints_and_without_their_code(
    assignment: Assignment, oracle: Oracle, file: Path
) -> None:
    back = stored(oracle, assignment, file)
    for exercise in ("walk", "average"):
        assert back.misconceptions(exercise) == [
            replace(known, find="", replace="") for known in oracle.misconceptions(exercise)
        ]
    assert b"place + rate" not in file.read_bytes()


def test_what_a_mistake_does_not_carry_comes_back(
    assignment: Assignment, oracle: Oracle, file: Path
) -> None:
    first, second, *_ = oracle.misconceptions("walk")
    told = {
        first: replace(first, idea="Down.", where="The sign.", breaks=("starts_at_the_start",)),
        second: replace(second, carries=False),
    }
    oracle.mistakes = {told.get(m, m): did for m, did in oracle.mistakes.items()}  # type: ignore[attr-defined]
    back = stored(oracle, assignment, file).misconceptions("walk")
    assert back == [replace(m, find="", replace="") for m in oracle.misconceptions("walk")]
    assert (back[0].breaks, back[1].carries) == (("starts_at_the_start",), False)


def test_an_array_that_several_mistakes_share_is_stored_once(
    assignment: Assignment, oracle: Oracle, file: Path
) -> None:
    first = assignment.misconceptions[0]
    did = oracle.observe_misconception(first, assignment.check_set.of("walk"))
    counts = []
    for mistakes in (1, 9):
        alike = {replace(first, name=f"alike_{number}"): did for number in range(mistakes)}
        back = stored(replace(oracle, mistakes=alike), assignment, file)  # type: ignore[type-var]
        assert len(back.misconceptions("walk")) == mistakes
        with safe_open(file, "numpy") as opened:
            counts.append(len(opened.keys()))
    assert counts[0] == counts[1]


def test_what_a_misconception_is_the_same_as_comes_back(
    assignment: Assignment, oracle: Oracle, file: Path
) -> None:
    first = assignment.misconceptions[0]
    same = replace(first, name="minus_uphill", same_as=first.name)
    known = {
        mistake: oracle.observe_misconception(first, assignment.check_set.of("walk"))
        for mistake in (first, same)
    }
    oracle = replace(oracle, mistakes=known)  # type: ignore[type-var]
    back = stored(oracle, assignment, file)
    assert [m.known_as for m in back.misconceptions("walk")] == [first.name, first.name]


def test_what_a_misconception_does_comes_back_close_enough_to_name_it(
    assignment: Assignment, oracle: Oracle, file: Path
) -> None:
    back = stored(oracle, assignment, file)
    for known in assignment.misconceptions:
        for check in assignment.check_set.of(known.exercise):
            found = back.observe_misconception(replace(known, find="", replace=""), [check])[
                check.id
            ]
            assert alike(
                found.arrays, oracle.observe_misconception(known, [check])[check.id].arrays
            )


def test_numbers_beyond_float32_are_not_lost(
    assignment: Assignment, oracle_of: Callable[..., Oracle], file: Path
) -> None:
    # As infinity, they would be like those of any other mistake that goes beyond it.
    check, known = of(assignment, "takes_every_step"), assignment.misconceptions[0]
    alone = assignment.with_checks(frozenset([check.id]))
    places, huge = np.ones(4), np.array([1e49, 1.0, np.inf, np.nan])
    oracle = oracle_of(
        {check.id: Observation({"places": places})},
        {known: {check.id: Observation({"places": huge})}},
        {check.id: {}},
    )
    back = stored(oracle, alone, file)
    did = back.observe_misconception(known, [check])[check.id]
    np.testing.assert_array_equal(did.arrays["places"], huge)


def test_what_a_misconception_does_right_is_not_stored_twice(
    assignment: Assignment, oracle: Oracle, file: Path
) -> None:
    # never_moves_on is right about its first step.
    (known,) = [m for m in assignment.misconceptions if m.name == "never_moves_on"]
    first, every = of(assignment, "starts_at_the_start"), of(assignment, "takes_every_step")
    back = stored(oracle, assignment, file)
    assert back.observe_misconception(known, [first])[first.id] is back.expected(first)
    assert back.observe_misconception(known, [every])[every.id] is not back.expected(every)


def test_both_oracles_come_to_the_same_verdicts(
    assignment: Assignment, oracle: Oracle, file: Path
) -> None:
    back = stored(oracle, assignment, file)
    for known in assignment.misconceptions:
        own = assignment.check_set.only(frozenset([known.exercise]))
        observed = oracle.observe_misconception(known, own.checks)
        (report,) = judge_exercises(own, observed, oracle)
        assert judge_exercises(own, observed, back) == (report,)
        assert known.name in {verdict.misconception for verdict in report.verdicts}


def test_failures_come_back_as_they_were(
    assignment: Assignment, oracle: Oracle, file: Path, oracle_of: Callable[..., Oracle]
) -> None:
    reference = Failure("raised", "ValueError: bad", "solution 3, line 7", "ValueError")
    mistake = Failure("timeout", "out of time")
    (known,) = [m for m in assignment.misconceptions if m.name == "sum_only"]
    every, middle = of(assignment, "takes_every_step"), of(assignment, "divides_by_the_count")
    expected = {check.id: oracle.expected(check) for check in assignment.check_set.checks}
    told = oracle_of(
        {**expected, every.id: Observation(failure=reference)},
        {known: {middle.id: Observation(failure=mistake)}},
        oracle.inputs,
    )
    back = stored(told, assignment, file)
    # The place quotes a line of the reference, so it is not stored.
    assert back.expected(every).failure == replace(reference, where="")
    assert back.observe_misconception(known, [middle])[middle.id].failure == mistake


def test_every_kind_of_array_comes_back(
    assignment: Assignment, oracle: Oracle, file: Path, oracle_of: Callable[..., Oracle]
) -> None:
    arrays = {
        "count": np.array(3),
        "mask": np.array([True, False]),
        "empty": np.zeros((0, 2)),
        "small": np.array([1, 2], np.int8),
        "turned": np.arange(6.0).reshape(2, 3).T,
        "astray": np.array([np.nan, np.inf]),
    }
    every = of(assignment, "takes_every_step")
    expected = {check.id: oracle.expected(check) for check in assignment.check_set.checks}
    told = oracle_of({**expected, every.id: Observation(arrays)}, {}, oracle.inputs)
    found = stored(told, assignment, file).expected(every).arrays
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert (found[name].shape, found[name].dtype) == (array.shape, array.dtype)


def test_a_submission_goes_through_the_same_trials(
    assignment: Assignment, oracle: Oracle, file: Path
) -> None:
    back = stored(oracle, assignment, file)
    trials = back.trials(assignment.check_set.of("walk"))
    assert [trial.check.name for trial in trials] == ["takes_every_step", "starts_at_the_start"]
    assert [trial.probe.name for trial in trials] == ["visited", "first_place"]
    assert all(trial.seed == back.seed for trial in trials)
    assert all(trial.inputs is back.inputs[trial.check.id] for trial in trials)


def test_the_file_says_what_it_was_made_from(
    assignment: Assignment, oracle: Oracle, file: Path
) -> None:
    assert digest_in(file) == ""
    store(oracle, assignment.check_set, file, "abc123")
    assert digest_in(file) == "abc123"
    file.write_bytes(b"damaged")
    assert digest_in(file) == ""


# --- a file that does not do ---------------------------------------------------------------------


def test_a_missing_file_says_which_folder_holds_it(assignment: Assignment, file: Path) -> None:
    with pytest.raises(AutograderError) as error:
        StoredOracle(file, assignment.check_set)
    assert str(error.value).startswith(
        f"{file} is missing. Run the checks in the folder that your "
    )
    assert FILE in str(error.value)


@pytest.mark.parametrize("cut", [0, 1, 8, 100, -1], ids=str)
def test_a_file_that_was_cut_off_is_damaged(
    cut: int, assignment: Assignment, oracle: Oracle, file: Path
) -> None:
    store(oracle, assignment.check_set, file, "")
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(AutograderError) as error:
        StoredOracle(file, assignment.check_set)
    assert str(error.value).startswith(f"{file} is damaged (")
    assert str(error.value).endswith("Download the assignment's folder again.")


@pytest.mark.parametrize(
    "metadata",
    [None, {"other": "{}"}, {"autograder": "no JSON"}],
    ids=["no metadata", "another program's", "no JSON"],
)
def test_a_file_of_another_program_is_damaged(
    metadata: dict[str, str] | None, assignment: Assignment, file: Path
) -> None:
    save_file({"x": np.zeros(1)}, file, metadata)
    with pytest.raises(AutograderError, match="is damaged"):
        StoredOracle(file, assignment.check_set)


def test_a_folder_in_the_files_place_is_damaged(assignment: Assignment, file: Path) -> None:
    file.mkdir()
    with pytest.raises(AutograderError, match="is damaged"):
        StoredOracle(file, assignment.check_set)


def test_a_file_of_other_checks_names_the_check_it_does_not_know(
    assignment: Assignment, oracle: Oracle, file: Path
) -> None:
    store(oracle, assignment.check_set.only(frozenset(["walk"])), file, "")
    with pytest.raises(AutograderError) as error:
        StoredOracle(file, assignment.check_set)
    assert str(error.value) == (
        f"{file} has no numbers for average.divides_by_the_count: it belongs to another version "
        "of checks.py. Download the assignment's folder again."
    )


def test_more_checks_than_asked_for_are_no_harm(
    assignment: Assignment, oracle: Oracle, file: Path
) -> None:
    store(oracle, assignment.check_set, file, "")
    only = assignment.check_set.only(frozenset(["average"]))
    found = StoredOracle(file, only)
    assert found.expected(only.checks[0]).failure is None


def test_the_file_holds_arrays_and_sentences_and_nothing_that_runs(
    assignment: Assignment, oracle: Oracle, file: Path
) -> None:
    store(oracle, assignment.check_set, file, "abc")
    size = int.from_bytes(file.read_bytes()[:8], "little")
    header = json.loads(file.read_bytes()[8 : 8 + size])
    described = json.loads(header.pop("__metadata__")["autograder"])
    assert set(described) == {
        "digest",
        "seed",
        "misconceptions",
        "failures",
        "failed",
        "pairs",
        "kinds",
        "arrays",
        "data",
        "predictions",
    }
    assert all(set(known) == {"name", "exercise", "hint"} for known in described["misconceptions"])
    assert {entry["dtype"] for entry in header.values()} == {"F64", "F32"}
    assert isinstance(assignment.misconceptions[0], Misconception)


@pytest.mark.parametrize("described", ["{}", "[]", '{"seed": "x", "misconceptions": []}', "7"])
def test_metadata_that_says_something_else_is_damage(
    described: str, assignment: Assignment, file: Path
) -> None:
    save_file({"a|b|c": np.zeros(2)}, file, metadata={"autograder": described})
    assert digest_in(file) == ""
    with pytest.raises(AutograderError, match="damaged"):
        StoredOracle(file, assignment.check_set)
