"""What `train` is told about the order of its rows is true of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.grading.judge import judge
from autograder.model import Arrays, Check, Inputs, Unmet
from autograder.sources.checks import read_checks
from autograder.sources.inputs import draw_inputs

GRADIENT_DESCENT = Path(__file__).parents[2] / "solutions" / "gradient_descent"


@pytest.fixture(scope="module")
def check() -> Check:
    checks = read_checks(GRADIENT_DESCENT).of("train")
    return next(each for each in checks if each.name == "every_epoch_is_shuffled_anew")


@pytest.fixture(scope="module")
def inputs(check: Check) -> Inputs:
    return draw_inputs(check, 0)


def observed(targets: np.ndarray, inputs: Inputs) -> Arrays:
    """What the probe returns of updates on these targets, the batches one after another."""
    batches = targets.reshape(-1, inputs["batch_size"])
    return {"targets": batches, "weights": np.zeros((len(batches), 3)), "loss": np.zeros(3)}


def test_new_orders_pass(check: Check, inputs: Inputs) -> None:
    rng = np.random.default_rng(0)
    targets = np.concatenate([rng.permutation(inputs["y"].ravel()) for _ in range(3)])
    judge(check, observed=observed(targets, inputs), expected={}, inputs=inputs)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("never shuffled", "^The rows come in the order they have in x"),
        ("one row alone", "^Epoch 2 has the same order as epoch 1"),
        ("predictions", "^The first argument of loss_fn is not a batch of y"),
    ],
)
def test_a_wrong_order_is_called_what_it_is(
    check: Check, inputs: Inputs, kind: str, message: str
) -> None:
    y = inputs["y"].ravel()
    targets = {
        "never shuffled": np.tile(y, 3),
        "one row alone": np.full(3 * len(y), y[2]),
        "predictions": np.tile(y + 0.01, 3),
    }
    with pytest.raises(Unmet, match=message):
        judge(check, observed=observed(targets[kind], inputs), expected={}, inputs=inputs)
