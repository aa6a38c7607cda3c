"""The check of an optimizer's epsilon accepts every place in the denominator, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from autograder.grading.judge import judge
from autograder.model import Arrays, Check, Inputs, Unmet
from autograder.sources.checks import read_checks
from autograder.sources.inputs import draw_inputs

OPTIMIZERS = Path(__file__).parents[2] / "solutions" / "optimizers"

Step = Callable[[np.ndarray, float, float], np.ndarray]
"""The first step of Adam from a gradient, an epsilon and the square root of 1 - beta_2."""

RIGHT: dict[str, Step] = {
    "after the root": lambda g, e, c: g / (np.abs(g) + e),
    "inside the root": lambda g, e, c: g / np.sqrt(g**2 + e),
    "after the uncorrected root": lambda g, e, c: c * g / (c * np.abs(g) + e),
    "inside the uncorrected root": lambda g, e, c: c * g / np.sqrt(c**2 * g**2 + e),
    "twice as far": lambda g, e, c: 2 * g / (np.abs(g) + e),  # which is another check's business
}
WRONG: dict[str, Step] = {
    "never used": lambda g, e, c: np.sign(g),
    "the default": lambda g, e, c: g / (np.abs(g) + 1e-7),
    "half of it": lambda g, e, c: g / (np.abs(g) + e / 2),
    "subtracted": lambda g, e, c: g / (np.abs(g) - e),
    "outside the fraction": lambda g, e, c: np.sign(g) + e,
    "squared": lambda g, e, c: g / (np.abs(g) + e**2),
}


@pytest.fixture(scope="module")
def check() -> Check:
    checks = read_checks(OPTIMIZERS).of("Adam")
    return next(each for each in checks if each.name == "epsilon_is_in_the_denominator")


def observation(step: Step, inputs: Inputs, **changed: float) -> Arrays:
    """What the probe returns; ``changed`` are epsilons that differ from what they should be."""
    correction = np.sqrt(1 - inputs["settings"]["beta_2"])
    epsilons = {
        "passed": inputs["epsilon"],
        "copied": inputs["epsilon"],
        "plain": 1e-30,
        "default": 1e-7,
        "faint_plain": 1e-30,
    } | changed
    faint = ("default", "faint_plain")
    gradients = {n: inputs["faint_gradient" if n in faint else "gradient"] for n in epsilons}
    steps = {name: step(gradients[name], e, correction) for name, e in epsilons.items()}
    return {**steps, "in_config": np.zeros(len(inputs["settings"]))}


@pytest.mark.parametrize("place", RIGHT)
@pytest.mark.parametrize("seed", range(5))
def test_every_place_in_the_denominator_is_right(check: Check, place: str, seed: int) -> None:
    inputs = draw_inputs(check, seed)
    expected = observation(RIGHT["after the root"], inputs)
    judge(check, observed=observation(RIGHT[place], inputs), expected=expected, inputs=inputs)


@pytest.mark.parametrize("place", WRONG)
@pytest.mark.parametrize("seed", range(5))
def test_nothing_else_is_right(check: Check, place: str, seed: int) -> None:
    inputs = draw_inputs(check, seed)
    expected = observation(RIGHT["after the root"], inputs)
    with pytest.raises(Unmet, match=r"^With epsilon=0\.\d+, the first step has size"):
        judge(check, observed=observation(WRONG[place], inputs), expected=expected, inputs=inputs)


@pytest.mark.parametrize(
    ("name", "epsilon", "message"),
    [
        ("copied", 1e-7, r"from get_config\(\), the first step has size"),
        ("default", 1e-5, r"^With the default epsilon and a tiny gradient, the first step"),
    ],
)
def test_the_configuration_and_the_default_count(
    check: Check, name: str, epsilon: float, message: str
) -> None:
    inputs = draw_inputs(check, 0)
    expected = observation(RIGHT["after the root"], inputs)
    observed = observation(RIGHT["inside the root"], inputs, **{name: epsilon})
    with pytest.raises(Unmet, match=message):
        judge(check, observed=observed, expected=expected, inputs=inputs)
