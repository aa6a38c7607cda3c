"""What is measured of a dropout layer tells a division by 0 from inputs that are missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.grading.fingerprint import fingerprint, same
from autograder.model import Check, Observation
from autograder.sources.checks import read_checks
from autograder.sources.inputs import draw_inputs

DROPOUT = Path(__file__).parents[2] / "solutions" / "dropout"


@pytest.fixture(scope="module")
def check() -> Check:
    checks = read_checks(DROPOUT).of("Dropout")
    return next(each for each in checks if each.name == "rate_zero_changes_nothing")


@pytest.mark.parametrize("seed", range(5))
def test_division_by_the_rate_is_not_a_mask_without_inputs(check: Check, seed: int) -> None:
    inputs = draw_inputs(check, seed)
    x = inputs["x"]
    mask = np.ones_like(x)
    with np.errstate(divide="ignore"):
        divided, alone = (np.stack([output] * 2) for output in (x * mask / 0.0, mask))
    one, other = (
        fingerprint(Observation({"outputs": outputs}), check, inputs)
        for outputs in (divided, alone)
    )
    assert same(one, one, check)
    assert not same(one, other, check)
