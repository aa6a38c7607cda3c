"""The loss curves on a student's page: placed right, told in words, and only where they help."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup
from feedback_pages import ALIVE, feedback, verdict

from autograder.reports.feedback import shown_exercise
from autograder.reports.feedback_page import Part, Points, feedback_page
from autograder.reports.loss_axes import TOP, LossAxes
from autograder.reports.loss_chart import loss_charts
from autograder.reports.loss_words import loss_in_words
from autograder.verdicts import Curve, Curves, ExerciseReport, Verdict

EXPECTED = (2.0, 1.0, 0.5)
ABOVE = (2.0, 1.5, 1.25)
LOST = (2.0, 1.5, None)


def curves(*observed: float | None, band: float = 1e-3, name: str = "on unseen digits") -> Curves:
    return Curves("epoch", band, (Curve(name, observed, EXPECTED),))


def page_of(*verdicts: Verdict) -> Any:
    report = ExerciseReport("Momentum", False, verdicts)
    part = Part("Momentum", Points(0, 9, 0), shown_exercise(report))
    return BeautifulSoup(feedback_page(feedback(part)), "html.parser")


def losses(status: Any, **more: Any) -> Verdict:
    return verdict(status, 1, "Too high.", **{"curves": curves(*ABOVE), **more})


def test_a_failed_check_shows_both_curves() -> None:
    page = page_of(losses("failed"))

    (picture,) = page.select("details.check figure svg")
    assert picture["role"] == "img"
    assert picture["aria-label"] == (
        "Loss on unseen digits: yours stays close to the expected curve until epoch 1 and is above "
        "it after epoch 2: 1.5 instead of 1. It is above it after epoch 3: 1.25 instead of 0.5."
    )
    expected, yours = picture.select("polyline")
    assert (expected["class"], yours["class"]) == (["expected"], ["yours"])
    assert len(expected["points"].split()) == len(yours["points"].split()) == 3
    assert page.select("figure + figure") == []
    assert not page.select("figure p")


def test_a_page_that_is_all_right_has_no_pictures() -> None:
    assert not page_of(losses("passed"), losses("error"), losses("ungraded")).select("figure")


def test_a_hidden_check_shows_no_losses() -> None:
    assert not page_of(losses("failed", hidden=True)).select("figure")


def test_a_loss_that_is_no_number_is_a_gap_and_said() -> None:
    page = page_of(losses("failed", curves=curves(*LOST)))
    assert len(page.select_one("polyline.yours")["points"].split()) == 2
    assert "After epoch 3, it is no finite number." in page.select_one("figure p").get_text()
    nothing = page_of(losses("failed", curves=curves(None, None, None)))
    assert not nothing.select("polyline.yours")
    assert nothing.select("polyline.expected")


def test_names_are_escaped() -> None:
    assert ALIVE not in str(page_of(losses("failed", curves=curves(*ABOVE, name=ALIVE))).figure)


def test_the_band_is_drawn_if_it_is_wide_enough() -> None:
    (narrow,), (wide,) = (loss_charts(curves(*ABOVE, band=band)) for band in (1e-3, 0.2))
    assert not narrow.allowed
    assert len(wide.allowed.split()) == 6
    assert "polygon" in str(page_of(losses("failed", curves=curves(*ABOVE, band=0.2))).figure)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ([np.nan, 1, 0.5], "yours is no finite number after epoch 1."),
        ([np.nan] * 3, "yours is no finite number from epoch 1 on."),
        (
            [2, 1, np.inf],
            "yours stays close to the expected curve until epoch 2 and is no finite number after "
            "epoch 3.",
        ),
        (
            [3, np.nan, 7],
            "yours is above the expected curve after epoch 1: 3 instead of 2. It is above it after "
            "epoch 3: 7 instead of 0.5.",
        ),
    ],
)
def test_words_for_losses_that_are_no_numbers(seen: list[float], words: str) -> None:
    said = loss_in_words("on x", np.array(seen), np.array(EXPECTED), "epoch", 1e-3)
    assert said == f"Loss on x: {words}"


# --- axes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("losses", "logarithmic", "labels"),
    [
        ([1.9, 0.55], False, ["0.5", "1", "1.5"]),
        ([1.9, 0.1], True, ["0.1", "0.2", "0.5", "1", "2"]),
        ([0.5, 1e6], True, ["1", "100", "10000", "1000000"]),
        ([1.0, 1e99], True, ["1", "1e+22", "1e+44", "1e+66", "1e+88"]),
        ([0.0, -1.0, 100.0], False, ["0", "25", "50", "75", "100"]),
        ([2.0, 2.0], False, ["1.9", "1.95", "2", "2.05", "2.1"]),
        ([2.3, 2.3001], False, ["2.3", "2.300025", "2.30005", "2.300075", "2.3001"]),
        ([0.0, 0.0], False, ["-1", "-0.5", "0", "0.5", "1"]),
    ],
)
def test_axes_have_round_numbers(losses: list[float], logarithmic: bool, labels: Any) -> None:
    axes = LossAxes.around(losses, 4)
    assert axes.logarithmic is logarithmic
    assert [label for _, label in axes.loss_ticks()] == labels
    places = [axes.y(loss) for loss in losses]
    assert all(TOP <= place <= axes.base for place in places)
    assert axes.y(float("inf")) == TOP


@pytest.mark.parametrize(("epochs", "labels"), [(2, "1 2"), (7, "1 2 3 4 5 6 7"), (9, "2 4 6 8")])
def test_epochs_are_counted_from_1(epochs: int, labels: str) -> None:
    ticks = LossAxes.around([1.0, 2.0], epochs).epoch_ticks()
    assert [label for _, label in ticks] == labels.split()


def test_many_epochs_have_few_labels_and_marks() -> None:
    many = tuple(float(epoch + 1) for epoch in range(100))
    (chart,) = loss_charts(Curves("epoch", 0.1, (Curve("on x", many, many),)))
    assert len(chart.axes.epoch_ticks()) <= 7
    assert chart.circles.count("M") <= 12


def test_what_was_kept_by_an_earlier_version_has_no_pictures() -> None:
    (row,) = shown_exercise(ExerciseReport("a", False, (losses("failed", curves=None),))).rows
    assert row.curves is None
    assert replace(row, curves=curves(*ABOVE)).curves is not None
