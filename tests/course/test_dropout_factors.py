"""What is measured of a dropout layer tells a division by 0 from inputs that are missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.grading.fingerprint import fingerprint, same
from autograder.model import Check, Observation, Unmet
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


@pytest.mark.parametrize("name", ["elements_drop_independently", "every_call_draws_a_new_mask"])
def test_a_wrong_share_is_not_called_a_dependence(name: str) -> None:
    check = next(c for c in read_checks(DROPOUT).of("Dropout") if c.name == name)
    inputs, rng = draw_inputs(check, 0), np.random.default_rng(0)
    x = np.asarray(inputs["x"])
    shape = (len(inputs["rates"]), inputs["calls"], *x.shape)

    def said(outputs: np.ndarray) -> str:
        with pytest.raises(Unmet) as failure:
            check.judge({"x": x, "outputs": outputs}, inputs)
        return str(failure.value)

    assert "the share of zeros is 0.5" in said(x * (rng.random(shape) < 0.5))
    # Of two neighbours along every axis, one draw decides, at the right rate.
    rates = np.reshape(inputs["rates"], (-1, *[1] * (x.ndim + 1)))
    draws = rng.random([-(-size // 2) for size in shape[1:]])
    for axis, size in enumerate(shape[1:]):
        draws = np.take(np.repeat(draws, 2, axis), range(size), axis)
    assert "the share of zeros" not in said(x * (draws >= rates))
