"""The plot under a failed self-check: drawn for steps, and for nothing else."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from autograder.reports.plots import MAX_PANELS, paths


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
    picture = paths(got, wanted, "epoch")
    assert picture is not None
    assert base64.b64decode(picture).startswith(b"\x89PNG")
    first = drawn[0].axes[0]
    assert first.get_title() == "matrix[1, 0]"
    assert first.get_xlabel() == "epoch"
    expected, yours = (line.get_ydata() for line in first.get_lines())
    np.testing.assert_array_equal(expected, [0.0, 0.0, 0.0])
    np.testing.assert_array_equal(yours, [1.0, 2.0, 3.0])


def test_there_are_a_few_panels_at_most(drawn: list[Any]) -> None:
    many = {f"w{index}": np.zeros((2, 1)) for index in range(MAX_PANELS + 2)}
    assert paths({name: array + 1 for name, array in many.items()}, many, "update")
    assert len(drawn[0].axes) == MAX_PANELS


@pytest.mark.parametrize("shape", [(3,), (1, 2), ()])
def test_what_has_no_steps_is_not_plotted(shape: tuple[int, ...]) -> None:
    assert paths({"x": np.ones(shape)}, {"x": np.zeros(shape)}, "update") is None
    assert paths({"x": np.ones((3, 2))}, {"x": np.zeros((3, 4))}, "update") is None
