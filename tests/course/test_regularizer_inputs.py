"""A threshold or a constant in a regularizer shows on small weights, whatever the seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.grading.judge import judge
from autograder.model import Arrays, Check, Inputs, Unmet
from autograder.sources.checks import read_checks
from autograder.sources.inputs import draw_inputs

REGULARIZATION = Path(__file__).parents[2] / "solutions" / "regularization"


@pytest.fixture(scope="module")
def check() -> Check:
    checks = read_checks(REGULARIZATION).of("L2Norm")
    return next(each for each in checks if each.name == "penalty_follows_the_formula")


def penalties(inputs: Inputs, *, threshold: float = 0.0, epsilon: float = 0.0) -> Arrays:
    """The penalties by a norm that is 0 where the sum of squares is at most the threshold."""
    strength = inputs["settings"]["l2"]
    squares = {name: np.sum(w**2) for name, w in inputs.items() if name != "settings"}
    return {
        name: np.asarray(strength * np.sqrt(square + epsilon) * (square > threshold))
        for name, square in squares.items()
    }


@pytest.mark.parametrize("seed", range(5))
def test_threshold_shows(check: Check, seed: int) -> None:
    inputs = draw_inputs(check, seed)
    observed = penalties(inputs, threshold=1.0)
    with pytest.raises(Unmet, match=r"^small: expected"):
        judge(check, observed=observed, expected=penalties(inputs), inputs=inputs)


@pytest.mark.parametrize("seed", range(5))
def test_tiny_constant_under_the_root_is_right(check: Check, seed: int) -> None:
    inputs = draw_inputs(check, seed)
    observed = penalties(inputs, epsilon=1e-7)
    judge(check, observed=observed, expected=penalties(inputs), inputs=inputs)
