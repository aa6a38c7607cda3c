"""The pictures that the course's checks ask for: they can be drawn of what the probes return."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.grading.drawings import Channels, Masks, Trainings
from autograder.model import Check
from autograder.reports.drawn import drawn
from autograder.sources.checks import read_checks
from autograder.sources.inputs import draw_inputs

SOLUTIONS = Path(__file__).parents[2] / "solutions"


def asking(assignment: str) -> list[Check]:
    """The checks of an assignment that ask for a picture."""
    checks = read_checks(SOLUTIONS / assignment).checks
    return [check for check in checks if check.picture]


def test_dropout_shows_masks_of_inputs_of_any_shape() -> None:
    checks = asking("dropout")
    assert {check.name for check in checks} == {
        "zeroes_the_right_share",
        "elements_drop_independently",
        "every_call_draws_a_new_mask",
    }
    for check in checks:
        inputs, rng = draw_inputs(check, 0), np.random.default_rng(1)
        assert check.picture
        kept = rng.random((len(inputs["rates"]), inputs["calls"], *inputs["x"].shape)) > 0.5
        drawing = check.picture({"outputs": kept * inputs["x"], "x": inputs["x"]}, {}, inputs)
        assert isinstance(drawing, Masks)
        assert drawing.dropped.ndim == 4
        (_, masks), (_, shares) = drawn(drawing)
        assert "drop different elements" in masks
        assert "at rate 0.2, 0.5" in shares


def test_batch_normalization_shows_channels_of_rows_and_images() -> None:
    checks = asking("batch_normalization")
    assert len(checks) == 4  # one of them hidden
    for check in checks:
        inputs = draw_inputs(check, 0)
        batches = np.asarray(inputs["batches"])
        assert check.picture
        drawing = check.picture({"output": batches}, {"output": batches * 0}, inputs)
        assert isinstance(drawing, Channels)
        assert drawing.got.shape == (batches[0].size // batches.shape[-1], batches.shape[-1])
        assert len(drawn(drawing)) == 1


def test_early_stopping_shows_where_training_stops() -> None:
    checks = asking("fitting")
    assert len(checks) > 10
    for check in checks:
        inputs = draw_inputs(check, 0)
        number, epochs = inputs["val_losses"].shape
        wanted = {"epochs": np.full(number, 3.0), "weights": np.ones((number, 4))}
        got = {"epochs": np.full(number, float(epochs)), "weights": wanted["weights"] * np.nan}
        assert check.picture
        assert isinstance(check.picture(got, wanted, inputs), Trainings)
        shown = drawn(check.picture(got, wanted, inputs))  # type: ignore[arg-type]
        assert f"{epochs} epochs ran, expected 3" in shown[0][1]
        assert drawn(check.picture(wanted, wanted, inputs)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("assignment", ["optimizers", "gradient_descent"])
def test_a_trajectory_is_asked_for_by_the_axis_of_its_judge(assignment: str) -> None:
    assert asking(assignment) == []
