"""The loss curves of one check on a student's page: drawn as SVG, so that they follow its theme.

Matplotlib, which draws them in a notebook, takes more than a hundred times as long.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.reports.loss_axes import HEIGHT, LEFT, TOP, VISIBLE_BAND, WIDTH, LossAxes
from autograder.reports.loss_words import loss_in_words
from autograder.verdicts import Curve, Curves

MOST_MARKS = 12
"""Marks on a curve, so that they are told apart with many epochs, too."""


@dataclass(frozen=True)
class LossChart:
    """One picture: what is where in it, and what it shows in words.

    Attributes:
        expected: points of the line.
        observed: points of the lines; more than one if some losses are missing.
        allowed: points of the area, "" if it is too narrow to be seen.
        circles, crosses: marks on the curves, as paths.
        lost: whether some losses are no finite numbers, so that the curve has gaps.
    """

    title: str
    words: str
    along: str
    axes: LossAxes
    expected: str
    observed: tuple[str, ...]
    allowed: str
    circles: str
    crosses: str
    lost: bool

    width, height, left, top = WIDTH, HEIGHT, LEFT, TOP


def loss_charts(curves: Curves) -> list[LossChart]:
    """A picture for each loss."""
    return [_chart(curve, curves) for curve in curves.losses]


def _chart(curve: Curve, curves: Curves) -> LossChart:
    seen = [loss for loss in curve.observed if loss is not None]
    allowed = _allowed(curve.expected, curves.band)
    epochs = len(curve.expected)
    axes = LossAxes.around(
        [*seen, *curve.expected, *(loss for edge in allowed for loss in edge)], epochs
    )
    every = range(0, epochs, math.ceil(epochs / MOST_MARKS))
    crosses = [(at, loss) for at in every if (loss := curve.observed[at]) is not None]
    observed = np.array([np.nan if loss is None else loss for loss in curve.observed])
    return LossChart(
        title=f"Loss {curve.name}",
        words=loss_in_words(
            curve.name, observed, np.array(curve.expected), curves.along, curves.band
        ),
        along=curves.along,
        axes=axes,
        expected=axes.line(curve.expected),
        observed=tuple(_pieces(axes, curve.observed)),
        allowed=axes.area(*allowed) if allowed else "",
        circles="".join(
            f"M{axes.x(at) - 4:g} {axes.y(curve.expected[at]):g}a4 4 0 1 0 8 0a4 4 0 1 0-8 0"
            for at in every
        ),
        crosses="".join(
            f"M{axes.x(at) - 3.5:g} {axes.y(loss) - 3.5:g}l7 7m-7 0l7-7" for at, loss in crosses
        ),
        lost=None in curve.observed,
    )


def _allowed(expected: Sequence[float], band: float) -> tuple[list[float], ...]:
    """The lower and the upper edge of what passes; nothing if that is not to be seen."""
    if band < VISIBLE_BAND or min(expected) <= 0:
        return ()
    return tuple([loss * math.exp(sign * band) for loss in expected] for sign in (-1, 1))


def _pieces(axes: LossAxes, losses: Sequence[float | None]) -> Iterator[str]:
    """A line for each run of losses that are not missing."""
    piece: list[str] = []
    for at, loss in enumerate((*losses, None)):
        if loss is not None:
            piece.append(f"{axes.x(at):g},{axes.y(loss):g}")
        elif piece:
            yield " ".join(piece)
            piece = []
