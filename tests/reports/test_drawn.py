"""Pictures that a course asks for: what they show in words, and when there is none."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from autograder.grading.drawings import Channels, Drawing, Masks, Training, Trainings
from autograder.reports.drawn import drawn

HALF = np.array([[True, False], [False, True]])
NORMAL = np.array([[-1.0, 3.0], [1.0, 3.0]])


def words(drawing: Drawing) -> list[str]:
    found = drawn(drawing)
    for picture, _ in found:
        assert base64.b64decode(picture).startswith(b"\x89PNG")
    return [said for _, said in found]


def test_masks_are_shown_with_the_share_that_is_kept() -> None:
    dropped = np.array([[HALF, HALF], [HALF, ~HALF]])
    assert words(Masks([0.2, 0.5], dropped)) == [
        "What your layer drops, in black: at rate 0.2, two calls drop the same elements; "
        "at rate 0.5, two calls drop different elements.",
        "Share of elements that your layer keeps: at rate 0.2, 0.50 instead of 0.80; "
        "at rate 0.5, 0.50 instead of 0.50.",
    ]


def test_a_single_call_is_compared_with_no_other() -> None:
    assert words(Masks([0.5], HALF[None, None]))[0] == "What your layer drops, in black."


def test_channels_show_mean_and_deviation() -> None:
    assert words(Channels(NORMAL + 5, NORMAL, NORMAL * [1, 0])) == [
        "Each channel of the first batch: channel 1 has mean 0 and deviation 1 instead of 0 and 1; "
        "channel 2 has mean 3 and deviation 0 instead of 0 and 0."
    ]
    assert words(Channels(NORMAL, NORMAL * np.nan, NORMAL)) == []


def test_only_trainings_that_differ_are_shown() -> None:
    losses = np.array([2.0, 1.0, np.nan, 3.0])
    right = Training("patience=1", losses, 4, 4, 1, 1)
    late = Training("patience=2", losses, 4, 3, 1, 1)
    worse = Training("patience=0", losses, 4, 4, None, 1)
    assert words(Trainings((right, late, worse))) == [
        "patience=2: 4 epochs ran, expected 3.",
        "patience=0: 4 epochs ran, expected 4; the weights at the end are of no single epoch, "
        "expected those of epoch 1.",
    ]
    assert words(Trainings((right,))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        Masks([0.5, 0.7], HALF[None, None]),
        Channels(NORMAL, NORMAL[:1], NORMAL),
        Channels(NORMAL[0], NORMAL[0], NORMAL[0]),
    ],
)
def test_arrays_of_wrong_shapes_are_refused(wrong: Drawing) -> None:
    with pytest.raises((ValueError, IndexError)):
        drawn(wrong)
