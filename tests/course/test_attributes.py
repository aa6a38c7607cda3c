"""What a check does not judge costs nothing there: `best_epoch` of EarlyStopping, for one."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.grading.judge import judge
from autograder.model import Check, Unmet
from autograder.sources.checks import CheckSet, read_checks
from autograder.sources.inputs import draw_inputs

SOLUTIONS = Path(__file__).parents[2] / "solutions"
NAMES = ("best_epoch", "stopped_epoch")
READ_BY = {
    "attributes_tell_what_happened",
    "without_improvement_weights_stay",
    "second_fit_starts_anew",
}
"""The checks of EarlyStopping that judge its attributes, as their claims say."""


@pytest.fixture(scope="module")
def counts_in() -> Callable[[object, Sequence[str]], Mapping[str, Any]]:
    spec = importlib.util.spec_from_file_location(
        "attributes", SOLUTIONS / "_shared" / "attributes.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[object, Sequence[str]], Mapping[str, Any]] = module.counts_in
    return found


@pytest.fixture(scope="module")
def checks() -> CheckSet:
    return read_checks(SOLUTIONS / "fitting")


class Computed:
    """Attributes that are computed, in a way that fails before any epoch."""

    val_losses: Sequence[float] = ()

    @property
    def best_epoch(self) -> int:
        return self.val_losses.index(min(self.val_losses))

    stopped_epoch = None


def holding(value: object) -> object:
    return type("Kept", (), {"best_epoch": value, "stopped_epoch": 4})()


@pytest.mark.parametrize(
    ("instance", "best"),
    [
        (holding(3), 3),
        (holding(np.int64(3)), 3),
        (holding(None), -1),
        (object(), -2),
        (Computed(), -3),
        *((holding(odd), -3) for odd in ("epoch 3", [3], {"epoch": 3}, np.inf, np.nan, [1, 2])),
    ],
)
def test_every_attribute_can_be_read(
    instance: object, best: float, counts_in: Callable[..., Mapping[str, Any]]
) -> None:
    found = counts_in(instance, NAMES)
    assert set(found) == set(NAMES)
    assert found["best_epoch"] == best
    assert all(np.isfinite(number) and number.dtype == np.float64 for number in found.values())


def passes(check: Check, observed: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    try:
        judge(check, observed=observed, expected=expected, inputs=draw_inputs(check, seed=0))
    except Unmet:
        return False
    return True


def test_only_the_checks_that_judge_an_attribute_read_it(checks: CheckSet) -> None:
    stopping = [check for check in checks.of("EarlyStopping") if check.probe == "trainings"]
    assert len(stopping) > 10
    for check in stopping:
        runs = len(draw_inputs(check, seed=0)["val_losses"])
        expected = {
            "epochs": np.full(runs, 5.0),
            "weights": np.full((runs, 3), 2.0),
            "left_alone": np.ones(runs, bool),
            "best_epoch": np.full(runs, 2.0),
            "stopped_epoch": np.full(runs, 4.0),
        }
        assert passes(check, expected, expected)
        odd = {**expected, "best_epoch": np.full(runs, -3.0)}
        assert passes(check, odd, expected) == (check.name not in READ_BY), check.name
        assert ("best_epoch" in check.claim) == (check.name in READ_BY), check.name


def test_a_count_that_train_forgets_costs_the_check_of_counts_alone() -> None:
    source = read_checks(SOLUTIONS / "gradient_descent").probes["full_batch_training"].source
    space: dict[str, Any] = {}
    # Only the part that reads the result: the whole probe needs keras.
    (returned,) = [n for n in ast.parse(source).body if getattr(n, "name", "") == "returned"]
    names = {"np": np, "Mapping": Mapping, "suppress": suppress}
    exec(compile(ast.Module([returned], []), "returned", "exec"), names, space)
    for odd in ({}, {"updates": None}, {"updates": "nine"}, {"updates": [1, 2]}):
        found = space["returned"]({"loss": [2.0, 1.0], **odd})
        assert found["loss"].tolist() == [2.0, 1.0]
        assert np.isnan(found["updates"])
    assert space["returned"]({"loss": [2.0], "updates": np.int64(9)})["updates"] == 9
    with pytest.raises(TypeError, match="a dictionary with 'loss' and 'updates'"):
        space["returned"]([2.0, 1.0])
