"""Curves of block characters: one scale for both lines, a mark at the first step that differs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.reports.sparklines import LOST, MARK, MOST_STEPS, sparkline

RISING = np.arange(8.0)


def lines(seen: Any, expected: Any, first: int, **how: Any) -> tuple[str, str] | None:
    found = sparkline(np.array(seen, float), np.array(expected, float), first, "words", **how)
    return (found.yours, found.expected) if found else None


def test_the_first_step_that_differs_is_marked_in_both() -> None:
    seen = [0, 1, 2, 3, 3, 3, 3, 3]
    assert lines(seen, RISING, 5) == ("▁▂▃▄│▄▄▄▄", "▁▂▃▄│▅▆▇█")
    assert lines(RISING[::-1], RISING, 1) == ("│█▇▆▅▄▃▂▁", "│▁▂▃▄▅▆▇█")


def test_what_cannot_be_seen_is_not_shown() -> None:
    assert lines(RISING, RISING, 0) is None
    assert lines(RISING + 0.01, RISING, 1) is None
    assert lines([2, 2], [2, 2], 0) is None


def test_losses_fall_by_factors() -> None:
    falling = 10.0**-RISING
    assert lines(falling[0] * np.ones(8), falling, 2, logarithmic=True) == (
        "█│███████",
        "█│▇▆▅▄▃▂▁",
    )
    # A loss of 0 has no logarithm.
    assert lines([1, 0, 0], [1, 1, 1], 2, logarithmic=True) == ("█│▁▁", "█│██")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("lost", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_lost_is_no_block(lost: float) -> None:
    assert lines([0, 1, lost, lost], [0, 1, 2, 3], 3) == (f"▁▃│{LOST}{LOST}", "▁▃│▆█")
    assert lines([lost] * 2, [lost, 1], 1, logarithmic=True) == (f"│{LOST}{LOST}", f"│{LOST}▁")


@pytest.mark.filterwarnings("error")
def test_the_largest_numbers_have_a_scale_too() -> None:
    most = np.finfo(float).max
    assert lines([-most, most], [-most, -most], 2) == ("▁│█", "▁│▁")


@pytest.mark.parametrize("first", [1, 2, 500, 999, 1000])
def test_many_steps_are_no_long_line_and_the_mark_is_where_they_part(first: int) -> None:
    expected = np.zeros(1000)
    seen = np.where(np.arange(1000) >= first - 1, 1.0, 0.0)
    found = lines(seen, expected, first)
    assert found
    for line in found:
        assert len(line) == MOST_STEPS + 1
    before, after = found[0].split(MARK)
    assert set(before) <= {"▁"}
    assert set(after) == {"█"}
