"""Difficulty and discrimination of items, against scipy and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr

from autograder.reports.item_analysis import FEWEST, item_statistics


def test_difficulty_is_the_mean_share_of_the_points() -> None:
    earned = np.array([2.0, 2, 0, 1, np.nan])  # the last was not graded
    found = item_statistics(earned, 2, np.full(5, 9.0))
    assert found.students == 4
    assert found.difficulty == pytest.approx(5 / 8)


def test_discrimination_is_the_correlation_with_everything_else() -> None:
    rng = np.random.default_rng(3)
    item = 3 * rng.integers(0, 2, 50).astype(float)
    others = item + rng.normal(size=50) * 4
    found = item_statistics(item, 3, item + others)
    expected = pearsonr(item, others)
    assert found.discrimination == pytest.approx(expected.statistic)
    interval = expected.confidence_interval(0.95)
    # scipy has all digits of 1.96
    assert found.interval == pytest.approx((interval.low, interval.high), abs=1e-4)


def test_a_student_without_a_final_score_counts_for_difficulty_alone() -> None:
    item = np.array([1.0, 0] * FEWEST)
    total = item + np.arange(2.0 * FEWEST)
    total[0] = np.nan
    found = item_statistics(item, 1, total)
    assert found.students == 2 * FEWEST
    assert found.discrimination == pytest.approx(np.corrcoef(item[1:], (total - item)[1:])[0, 1])


@pytest.mark.parametrize(
    ("item", "others", "why"),
    [
        (np.ones(FEWEST), np.arange(FEWEST), "all alike"),
        (np.arange(FEWEST) % 2, np.full(FEWEST, 0.1), "nothing else varies"),
        (np.arange(FEWEST - 1) % 2, np.arange(FEWEST - 1), "few students"),
        (np.zeros(0), np.zeros(0), "few students"),
    ],
)
def test_where_it_is_not_defined_there_is_none(item: object, others: object, why: str) -> None:
    earned, rest = np.asarray(item, dtype=float), np.asarray(others, dtype=float)
    found = item_statistics(earned, 1, earned + rest)
    assert found.discrimination is None
    assert found.interval is None
    assert found.undefined == why


def test_an_item_that_decides_everything_has_no_interval() -> None:
    item = (np.arange(FEWEST) % 2).astype(float)
    found = item_statistics(item, 1, 3 * item)
    assert found.discrimination == pytest.approx(1)
    assert found.interval == pytest.approx((1, 1))
