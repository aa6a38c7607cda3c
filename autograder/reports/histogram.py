"""The bars of a histogram of scores, placed in a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.reports.feedback import number

MOST_BINS = 24
WIDTH, HEIGHT, LEFT, BASE, TOP = 760, 210, 16, 170, 18


def histogram(
    scores: Sequence[float], maximum: float
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The picture's measures, and its bars from left to right; no bars without a score.

    Args:
        maximum: points without the bonus; scores may be higher.
    """
    plot = {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - LEFT,
        "base": BASE,
        "words": "",
    }
    if not scores:
        return plot, []
    edges = _edges(max(1.0, maximum, *scores))
    counts, _ = np.histogram(scores, edges)
    wide = (WIDTH - 2 * LEFT) / len(counts)
    every = math.ceil(len(counts) / 12)
    bins = []
    for position, count in enumerate(counts):
        low, high = edges[position], edges[position + 1]
        last = position == len(counts) - 1
        bins.append(
            {
                "count": int(count),
                "low": low,
                "high": high,
                "last": last,
                "title": f"{number(low)} to {'' if last else 'less than '}{number(high)} points",
                "label": "" if position % every else number(low),
                "x": round(LEFT + position * wide, 2),
                "width": round(wide, 2),
                "height": round((BASE - TOP) * int(count) / max(1, int(counts.max())), 2),
            }
        )
    plot["words"] = "; ".join(f"{each['count']} with {each['title']}" for each in bins)
    return plot, bins


def _edges(top: float) -> list[float]:
    """From 0 to at least the highest score, in steps that people count in."""
    rough = top / MOST_BINS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= rough - 1e-12)
    return [round(step * position, 10) for position in range(math.ceil(top / step - 1e-9) + 1)]
