"""Positions that are all NaN or infinite name no mistake, whatever the configuration holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.grading.fingerprint import fingerprint, same
from autograder.model import Check, Observation
from autograder.sources.checks import read_checks
from autograder.sources.inputs import draw_inputs

OPTIMIZERS = Path(__file__).parents[2] / "solutions" / "optimizers"


@pytest.fixture(scope="module")
def check() -> Check:
    checks = read_checks(OPTIMIZERS).of("Adam")
    return next(each for each in checks if each.name == "config_holds_every_hyperparameter")


def do_the_same(check: Check, one: list[float], other: list[float], held: float = 0.8) -> bool:
    """Whether two implementations that reach these positions are one mistake."""
    inputs = draw_inputs(check, 0)
    first, second = (
        Observation({"vector": np.array(positions), "in_config": np.array([0.95, setting])})
        for positions, setting in ((one, 0.8), (other, held))
    )
    return same(fingerprint(first, check, inputs), fingerprint(second, check, inputs), check)


@pytest.mark.parametrize("one", [[np.nan, np.nan], [np.inf, np.nan], [np.inf, -np.inf]])
@pytest.mark.parametrize("other", [[np.nan, np.nan], [np.inf, np.inf]])
def test_what_is_nowhere_finite_is_like_nothing(
    check: Check, one: list[float], other: list[float]
) -> None:
    assert not do_the_same(check, one, other)


def test_one_finite_number_is_enough_to_compare(check: Check) -> None:
    assert do_the_same(check, [0.5, np.nan], [0.5, np.inf])
    assert not do_the_same(check, [0.5, np.nan], [0.6, np.nan])


def test_the_configuration_tells_apart_what_moves_alike(check: Check) -> None:
    assert not do_the_same(check, [0.5, 0.6], [0.5, 0.6], held=0.9)
