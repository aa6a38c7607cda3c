"""The losses that the grader works out of weights, and how it judges them.

The checks are those of the course; nothing here runs an exercise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.grading.judge import judge
from autograder.grading.stored import read_release
from autograder.model import Arrays, Check, Unmet
from autograder.sources.checks import read_checks

SOLUTIONS = Path(__file__).parents[2] / "solutions"

EPOCHS, FEATURES, HIDDEN, CLASSES, ROWS = 3, 5, 4, 10, 7

TRAINING, UNSEEN = "on training digits", "on unseen digits"


def the_check(assignment: str, exercise: str) -> Check:
    found = {check.name: check for check in read_checks(SOLUTIONS / assignment).of(exercise)}
    return found["losses_follow_the_rule"]


@pytest.fixture(scope="module")
def linear() -> Any:
    """An optimizer's check: a linear model, band 1e-3."""
    return the_check("gradient_descent", "GradientDescent")


@pytest.fixture(scope="module")
def two_layers() -> Any:
    return the_check("batch_normalization", "BatchNormalization")


def of_losses(linear: Any, **how: Any) -> Any:
    """A check of losses that are returned as they are."""
    return replace(
        linear,
        judge=replace(linear.judge, losses=lambda observed, inputs: dict(observed), **how),
        measure=lambda observed, inputs: {name: np.log(loss) for name, loss in observed.items()},
    )


@pytest.fixture(scope="module")
def plain(linear: Any) -> Any:
    """Such a check with a band of 0.01."""
    return of_losses(linear, band=0.01)


def decide(check: Any, observed: Arrays, expected: Arrays, inputs: Any = None) -> None:
    judge(check, observed=observed, expected=expected, inputs=inputs or {})


def data(rng: np.random.Generator) -> dict[str, np.ndarray]:
    x, held_out_x = rng.normal(size=(2, ROWS, FEATURES))
    y, held_out_y = rng.integers(CLASSES, size=(2, ROWS))
    return {"x": x, "y": y, "held_out_x": held_out_x, "held_out_y": held_out_y}


def linear_weights(rng: np.random.Generator) -> Arrays:
    return {
        "kernel": rng.normal(size=(EPOCHS, FEATURES, CLASSES)),
        "bias": rng.normal(size=(EPOCHS, CLASSES)),
    }


# --- the losses of weights ------------------------------------------------------------------------


def by_formula(scores: Callable[[np.ndarray], Sequence[float]], x: Any, y: Any) -> float:
    """The mean of -log softmax(scores)[class], row by row."""
    return -math.fsum(
        math.log(math.exp(scores(row)[own]) / math.fsum(map(math.exp, scores(row))))
        for row, own in zip(x, y, strict=True)
    ) / len(x)


def expect_losses(
    found: dict[str, np.ndarray],
    scores: Callable[[int, np.ndarray], Sequence[float]],
    inputs: dict[str, np.ndarray],
) -> None:
    for name, put in ((TRAINING, ""), (UNSEEN, "held_out_")):
        x, y = inputs[f"{put}x"], inputs[f"{put}y"]
        wanted = [by_formula(partial(scores, epoch), x, y) for epoch in range(EPOCHS)]
        np.testing.assert_allclose(found[name], wanted, rtol=1e-12)


def test_losses_of_a_linear_model_are_those_of_the_formula(linear: Any) -> None:
    rng = np.random.default_rng(1)
    weights, inputs = linear_weights(rng), data(rng)

    def scores(epoch: int, row: np.ndarray) -> Sequence[float]:
        kernel, bias = weights["kernel"][epoch], weights["bias"][epoch]
        return [float(row @ kernel[:, k] + bias[k]) for k in range(CLASSES)]

    found = linear.judge.losses(weights, inputs)
    assert set(found) == {TRAINING, UNSEEN}
    expect_losses(found, scores, inputs)


@pytest.mark.parametrize("normalized", [False, True])
def test_losses_of_two_layers_are_those_of_the_formula(two_layers: Any, normalized: bool) -> None:
    rng = np.random.default_rng(2)
    inputs = data(rng)
    weights = {
        "hidden": rng.normal(size=(EPOCHS, FEATURES, HIDDEN)),
        "output": rng.normal(size=(EPOCHS, HIDDEN, CLASSES)),
    }
    scale, shift = np.ones((EPOCHS, HIDDEN)), np.zeros((EPOCHS, HIDDEN))
    if normalized:
        scale, shift = rng.normal(size=(2, EPOCHS, HIDDEN))
        weights |= {"scale": scale, "shift": shift}

    def scores(epoch: int, row: np.ndarray) -> Sequence[float]:
        hidden = [
            max(0.0, float(row @ weights["hidden"][epoch][:, h]) * s + t)
            for h, (s, t) in enumerate(zip(scale[epoch], shift[epoch], strict=True))
        ]
        return [float(np.dot(hidden, weights["output"][epoch][:, k])) for k in range(CLASSES)]

    expect_losses(two_layers.judge.losses(weights, inputs), scores, inputs)


def test_what_train_returns_is_compared_as_well() -> None:
    rng = np.random.default_rng(3)
    returned = np.array([2.0, 1.0, 0.5])
    losses = the_check("gradient_descent", "train").judge.losses  # type: ignore[attr-defined]
    found = losses({**linear_weights(rng), "loss": returned}, data(rng))
    assert set(found) == {TRAINING, UNSEEN, "returned by train"}
    np.testing.assert_array_equal(found["returned by train"], returned)


def test_large_scores_have_finite_losses(linear: Any) -> None:
    rng = np.random.default_rng(4)
    weights, inputs = linear_weights(rng), data(rng)
    losses = linear.judge.losses({name: 1e4 * array for name, array in weights.items()}, inputs)
    assert all(np.isfinite(values).all() for values in losses.values())


# --- the band -------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [-1, 1])
def test_a_loss_may_be_as_far_away_as_the_band(plain: Any, side: int) -> None:
    expected = {TRAINING: np.array([2.0, 1.0, 0.5])}
    for share in (0.0, 0.5, 0.999):
        near = {TRAINING: expected[TRAINING] * np.exp(side * share * plain.judge.band)}
        decide(plain, near, expected)
    for epoch in range(3):
        far = {TRAINING: expected[TRAINING].copy()}
        far[TRAINING][epoch] *= np.exp(side * 1.001 * plain.judge.band)
        with pytest.raises(Unmet, match=f"After epoch {epoch + 1} of 3,"):
            decide(plain, far, expected)


def test_gaps_are_differences_of_logarithms(plain: Any) -> None:
    expected = {TRAINING: np.array([2.0, 1.0]), UNSEEN: np.array([3.0, 2.0])}
    observed = {TRAINING: np.array([2.0, 1.1]), UNSEEN: np.array([1.5, 2.0])}
    apart = plain.judge.apart(observed, expected, {})
    np.testing.assert_allclose(apart[TRAINING], [0, math.log(1.1)])
    np.testing.assert_allclose(apart[UNSEEN], [math.log(0.5), 0], atol=1e-15)


@pytest.mark.parametrize("lost", [np.nan, np.inf, -np.inf])
def test_weights_that_are_lost_fail(linear: Any, lost: float) -> None:
    rng = np.random.default_rng(5)
    expected, inputs = linear_weights(rng), data(rng)
    observed = {name: array.copy() for name, array in expected.items()}
    decide(linear, observed, expected, inputs)
    observed["kernel"][1:, 0, 0] = lost
    message = message_of(linear, observed, expected, inputs)
    assert message == f"kernel[1, 0, 0]: expected a finite number, got {lost}."


@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value) encountered in log")
@pytest.mark.parametrize("loss", [np.nan, np.inf, 0.0, -1.0])
def test_what_is_no_positive_number_fails(plain: Any, loss: float) -> None:
    with pytest.raises(Unmet):
        decide(plain, {TRAINING: np.array([loss])}, {TRAINING: np.array([1.0])})


# --- messages -------------------------------------------------------------------------------------


def message_of(check: Any, observed: Arrays, expected: Arrays, inputs: Any = None) -> str:
    with pytest.raises(Unmet) as failure:
        decide(check, observed, expected, inputs)
    return str(failure.value)


def test_the_message_is_about_the_first_epoch_that_is_wrong(plain: Any) -> None:
    expected = {TRAINING: np.array([2.0, 1.0, 0.5]), UNSEEN: np.array([2.2, 1.2, 0.8])}
    observed = {TRAINING: np.array([2.0, 1.0, 0.7]), UNSEEN: np.array([2.2, 1.5, 0.8])}
    assert message_of(plain, observed, expected) == (
        "After epoch 2 of 3, the loss on unseen digits is 1.5; the rule gives 1.2."
    )


def test_the_message_has_as_many_digits_as_tell_the_losses_apart(plain: Any) -> None:
    strict = of_losses(plain, band=1e-5)
    observed, expected = {TRAINING: np.array([1.23456])}, {TRAINING: np.array([1.23411])}
    assert message_of(strict, observed, expected) == (
        "After epoch 1 of 1, the loss on training digits is 1.235; the rule gives 1.234."
    )


def test_where_chance_plays_a_part_the_message_gives_the_band(plain: Any) -> None:
    by_chance = of_losses(plain, band=0.1, by_chance=True)
    observed, expected = {TRAINING: np.array([1.5])}, {TRAINING: np.array([1.0])}
    assert message_of(by_chance, observed, expected) == (
        "After epoch 1 of 1, the loss on training digits is 1.5; the rule gives 0.905 to 1.11, "
        "whatever is drawn."
    )


# --- mistakes that change training a little ------------------------------------------------------

NEARLY_RIGHT = {
    "dropout/Dropout": {
        "mask_drawn_once",
        "never_on",
        "probabilities_for_a_mask",
        "rate_and_keep_swapped_throughout",
        "rate_is_the_share_kept",
        "same_mask_at_every_call",
    },
    "from_scratch/fit_network": {
        "penalties_counted_twice",
        "penalties_divided_by_the_rows",
        "penalties_left_out_of_training",
        "short_batch_dropped",
    },
    "gradient_descent/train": {"every_batch_counted_as_full", "loss_taken_after_the_update"},
    "optimizers/AdamW": {"decay_spares_vectors"},
}
"""Those that come nearest to right training, of the mistakes that change it."""

UNCHANGED = {
    "dropout/Dropout": "scaled_by_the_share_drawn",
    "from_scratch/fit_network": "loss_of_the_last_batch",
    "gradient_descent/train": "updates_never_counted",
    "optimizers/AdamW": "slots_not_saved",
}
"""One each that changes nothing of this training."""


@pytest.mark.parametrize("where", NEARLY_RIGHT)
def test_a_mistake_that_changes_training_a_little_is_not_taken_for_chance(where: str) -> None:
    assignment, exercise = where.split("/")
    check_set, oracle = read_release(SOLUTIONS.parent / "assignments" / assignment)
    (check,) = (each for each in check_set.of(exercise) if each.aspect == "convergence")
    wanted, passed = oracle.wanted(check), set()
    for misconception, observation in oracle.observe_misconceptions(check):
        if observation.failure:
            continue
        try:
            check.judge(observation.arrays, wanted)
        except (Unmet, LookupError):  # arrays of another shape do not reach the judge
            continue
        passed.add(misconception.name)
    assert UNCHANGED[where] in passed
    assert not passed & NEARLY_RIGHT[where]


# --- arrays that are not as they should be --------------------------------------------------------


def test_a_missing_array_is_named(linear: Any) -> None:
    rng = np.random.default_rng(6)
    expected, inputs = linear_weights(rng), data(rng)
    observed = {"kernel": expected["kernel"]}
    assert message_of(linear, observed, expected, inputs) == "The result has no 'bias'."


@pytest.mark.parametrize(
    "kernel",
    [
        np.zeros((EPOCHS - 1, FEATURES, CLASSES)),
        np.zeros((EPOCHS, FEATURES, 1)),
        np.zeros((0, FEATURES, CLASSES)),
        np.zeros(()),
    ],
    ids=["fewer epochs", "one class", "no epoch", "a number"],
)
def test_an_array_of_another_shape_is_named(linear: Any, kernel: np.ndarray) -> None:
    rng = np.random.default_rng(7)
    expected, inputs = linear_weights(rng), data(rng)
    message = message_of(linear, {**expected, "kernel": kernel}, expected, inputs)
    shape = (EPOCHS, FEATURES, CLASSES)
    assert message == f"kernel: expected shape {shape}, got {kernel.shape}."


def test_an_array_that_the_reference_does_not_return_is_ignored(two_layers: Any) -> None:
    """The scores would be scaled by it, or end in an exception."""
    rng = np.random.default_rng(8)
    inputs = data(rng)
    expected = {
        "hidden": rng.normal(size=(EPOCHS, FEATURES, HIDDEN)),
        "output": rng.normal(size=(EPOCHS, HIDDEN, CLASSES)),
    }
    decide(two_layers, {**expected, "scale": np.zeros(2)}, expected, inputs)
    wrong = {**expected, "hidden": 2 * expected["hidden"], "scale": np.full((EPOCHS, HIDDEN), 0.5)}
    wrong["shift"] = np.zeros((EPOCHS, HIDDEN))
    with pytest.raises(Unmet):
        decide(two_layers, wrong, expected, inputs)
