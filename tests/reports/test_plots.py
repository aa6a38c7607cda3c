"""The plot under a failed self-check: drawn for steps, and for nothing else."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from autograder.grading.curves import LARGEST
from autograder.reports.loss_words import loss_in_words
from autograder.reports.plots import MAX_PANELS, curves, paths

CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures that are saved."""
    figures: list[Any] = []
    save = Figure.savefig

    def remember(figure: Figure, *arguments: Any, **options: Any) -> None:
        figures.append(figure)
        save(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", remember)
    return figures


def test_the_element_that_differs_most_is_plotted_against_its_expectation(
    drawn: list[Any],
) -> None:
    wanted = {"vector": np.zeros((3, 2)), "matrix": np.zeros((3, 2, 2))}
    got = {"vector": np.zeros((3, 2)), "matrix": np.zeros((3, 2, 2))}
    got["matrix"][:, 1, 0] = [1.0, 2.0, 3.0]
    shown = paths(got, wanted, "epoch", **CLOSE)
    assert shown is not None
    picture, words = shown
    assert base64.b64decode(picture).startswith(b"\x89PNG")
    assert words == (
        "Your values and the expected ones, epoch by epoch: "
        "matrix[1, 0] differs from epoch 1 on: 1 instead of 0; vector[0] is as expected."
    )
    first = drawn[0].axes[0]
    assert first.get_title() == "matrix[1, 0]"
    assert first.get_xlabel() == "epoch"
    expected, yours, _ = (line.get_ydata() for line in first.get_lines())
    assert list(first.get_lines()[2].get_xdata()) == [1, 1]
    np.testing.assert_array_equal(expected, [0.0, 0.0, 0.0])
    np.testing.assert_array_equal(yours, [1.0, 2.0, 3.0])


def test_the_first_step_that_differs_is_marked(drawn: list[Any]) -> None:
    wanted = np.zeros((4, 3))
    got = np.array([[0, 1e-6, 0], [0, 0, 0.1], [5, 0, 0.2], [9, 0, np.nan]])
    shown = paths({"w": got}, {"w": wanted}, "update", **CLOSE)
    assert shown is not None
    # Not w[0], which is further off, but later.
    assert "w[2] differs from update 2 on: 0.1 instead of 0" in shown[1]
    assert drawn[0].axes[0].get_lines()[2].get_xdata()[0] == 2


def test_there_are_a_few_panels_at_most(drawn: list[Any]) -> None:
    many = {f"w{index}": np.zeros((2, 1)) for index in range(MAX_PANELS + 2)}
    assert paths({name: array + 1 for name, array in many.items()}, many, "update", **CLOSE)
    assert len(drawn[0].axes) == MAX_PANELS


@pytest.mark.parametrize("shape", [(3,), (1, 2), ()])
def test_what_has_no_steps_is_not_plotted(shape: tuple[int, ...]) -> None:
    assert paths({"x": np.ones(shape)}, {"x": np.zeros(shape)}, "update", **CLOSE) is None
    assert paths({"x": np.ones((3, 2))}, {"x": np.zeros((3, 4))}, "update", **CLOSE) is None


FALLING = np.array([2.0, 1.0, 0.5])
SLOWER = np.array([2.0, 1.5, 1.25])


def test_each_loss_is_a_picture_of_its_own(drawn: list[Any]) -> None:
    wanted = {"on training digits": FALLING, "on unseen digits": FALLING + 0.1}
    got = {"on training digits": SLOWER, "on unseen digits": SLOWER + 0.1}
    pictures = curves(got, wanted, "epoch", 1e-3)
    assert len(pictures) == len(drawn) == 2
    for (png, words), name in zip(pictures, wanted, strict=True):
        assert base64.b64decode(png).startswith(b"\x89PNG")
        assert words.startswith(f"Loss {name}: yours stays close")
    for figure, name in zip(drawn, wanted, strict=True):
        (axes,) = figure.axes
        assert (axes.get_title(), axes.get_xlabel()) == (f"Loss {name}", "epoch")
        expected, yours = axes.get_lines()
        np.testing.assert_array_equal(expected.get_xdata(), [1, 2, 3])
        np.testing.assert_array_equal(expected.get_ydata(), wanted[name])
        np.testing.assert_array_equal(yours.get_ydata(), got[name])
        # More than colour tells them apart.
        assert expected.get_linestyle() != yours.get_linestyle()
        assert expected.get_marker() != yours.get_marker()
        assert not axes.collections  # a band of 0.1 % is thinner than a line


def test_a_wide_band_is_drawn_too(drawn: list[Any]) -> None:
    assert curves({"x": SLOWER}, {"x": FALLING}, "epoch", 0.19)
    (band,) = drawn[0].axes[0].collections
    assert band.get_label() == "allowed"
    corners = band.get_paths()[0].vertices[:, 1]
    assert corners.min() == pytest.approx(0.5 * np.exp(-0.19))
    assert corners.max() == pytest.approx(2 * np.exp(0.19))


@pytest.mark.parametrize(
    ("seen", "scale"),
    [(SLOWER, "log"), (SLOWER * 1e3, "log"), ([1.0, 0.0, 0.0], "linear")],
)
def test_positive_losses_have_a_logarithmic_scale(seen: Any, scale: str, drawn: list[Any]) -> None:
    assert curves({"x": np.array(seen)}, {"x": FALLING}, "epoch", 1e-3)
    assert drawn[0].axes[0].get_yscale() == scale


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (
            [3.0, 2.0, 1.5],
            "yours is above the expected curve after epoch 1: 3 instead of 2. "
            "It is above it after epoch 3: 1.5 instead of 0.5.",
        ),
        (
            [2.0, 1.0002, 0.4],
            "yours stays close to the expected curve until epoch 2 and is below it after epoch 3: "
            "0.4 instead of 0.5.",
        ),
        (
            [2.0, 1.002, 0.5],
            "yours stays close to the expected curve until epoch 1 and is above it after epoch 2: "
            "1.002 instead of 1. After epoch 3, it is close to it again.",
        ),
        (
            [1.0, -1.0, 0.6],
            "yours is below the expected curve after epoch 1: 1 instead of 2. "
            "It is above it after epoch 3: 0.6 instead of 0.5.",
        ),
        ([2.0, 1.0, 0.5], "yours stays close to the expected curve."),
    ],
)
def test_words_say_after_which_epoch_the_curves_part(seen: list[float], words: str) -> None:
    said = loss_in_words("on x", np.array(seen), FALLING, "epoch", 1e-3)
    assert said == f"Loss on x: {words}"


@pytest.mark.parametrize(
    "got",
    [
        {},
        {"x": SLOWER},
        {"x": SLOWER, "y": SLOWER[:2]},
        {"x": SLOWER, "y": SLOWER[:, None]},
        {"x": SLOWER, "y": np.array([2.0, np.nan, np.nan])},
        {"x": SLOWER, "y": np.array([2.0, 1.0, np.inf])},
        {"x": SLOWER, "y": np.array([2.0, 1.0, LARGEST])},
    ],
)
def test_losses_that_cannot_be_compared_are_not_drawn(got: dict[str, np.ndarray]) -> None:
    assert curves(got, {"x": FALLING, "y": FALLING}, "epoch", 1e-3) == []


def test_one_epoch_is_no_curve() -> None:
    assert curves({"x": SLOWER[:1]}, {"x": FALLING[:1]}, "epoch", 1e-3) == []


@pytest.mark.filterwarnings("error")
def test_large_losses_are_drawn() -> None:
    seen = np.array([1.0, 1e50, 0.99 * LARGEST])
    assert curves({"x": seen}, {"x": FALLING}, "epoch", 0.19)
    assert curves({"x": seen - 1}, {"x": FALLING}, "epoch", 0.19)
