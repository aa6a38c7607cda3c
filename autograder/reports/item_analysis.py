"""Classical item analysis: how hard an item is, and whether it tells strong from weak students.

The formulas are those of Crocker and Algina, *Introduction to Classical and Modern Test Theory*
(1986), chapter 14. The correlation leaves the item itself out of the total (Henrysson, "Correction
of item-total correlations in item analysis", Psychometrika 28, 1963), because an item always
correlates with a total that it is part of.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FEWEST = 20
"""With fewer students, the 95 % interval of a middling correlation (0.4) includes 0."""

Undefined = Literal["", "few students", "all alike", "nothing else varies"]


@dataclass(frozen=True)
class ItemStatistics:
    """What is known of one item, a check or an exercise.

    Attributes:
        students: how many were graded on it.
        difficulty: the mean share of its points that they earned, which is the share of students
            who pass a check (the p-value of classical test theory); None without students.
        discrimination: Pearson's correlation between the points earned on the item and on
            everything else (for a check, the corrected point-biserial correlation); None where it
            is not defined.
        interval: its 95 % confidence interval, by Fisher's transformation; None with it.
        undefined: why there is no discrimination; "" if there is one.
    """

    students: int
    difficulty: float | None
    discrimination: float | None = None
    interval: tuple[float, float] | None = None
    undefined: Undefined = ""


def item_statistics(
    earned: NDArray[np.float64], of: float, total: NDArray[np.float64]
) -> ItemStatistics:
    """The statistics of one item.

    Args:
        earned: points of each student on the item; NaN for a student who was not graded on it.
        of: the points it is worth.
        total: all points of each student, those of the item included; NaN if they are not final.
    """
    graded = ~np.isnan(earned)
    students = int(graded.sum())
    difficulty = float(earned[graded].mean() / of) if students and of else None
    both = graded & ~np.isnan(total)
    item, rest = earned[both], (total - earned)[both]
    undefined: Undefined = ""
    if len(item) < FEWEST:
        undefined = "few students"
    elif _alike(item):
        undefined = "all alike"
    elif _alike(rest):
        undefined = "nothing else varies"
    if undefined:
        return ItemStatistics(students, difficulty, undefined=undefined)
    correlation = float(np.clip(np.corrcoef(item, rest)[0, 1], -1, 1))
    return ItemStatistics(students, difficulty, correlation, _interval(correlation, len(item)))


def _alike(points: NDArray[np.float64]) -> bool:
    # Differences of totals are rounded: a spread of 1e-14 is no spread.
    return bool(np.ptp(points) < 1e-9)


def _interval(correlation: float, students: int) -> tuple[float, float]:
    """Fisher's 95 % interval: artanh(r) is roughly normal with variance 1 / (n - 3)."""
    if abs(correlation) >= 1 - 1e-12:
        return correlation, correlation
    centre, half = math.atanh(correlation), 1.96 / math.sqrt(students - 3)
    return math.tanh(centre - half), math.tanh(centre + half)
