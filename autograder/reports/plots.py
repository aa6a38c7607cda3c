"""Small plots for the self-check."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator, ScalarFormatter

from autograder.grading.curves import LARGEST
from autograder.model import Arrays
from autograder.reports.compared import MOST, Path, paths_of, words_of
from autograder.reports.loss_axes import VISIBLE_BAND
from autograder.reports.loss_words import loss_in_words

MAX_PANELS = MOST

# Blue and vermilion of Okabe and Ito, told apart with any colour vision; and by marker and dash.
BLUE, ORANGE = "#0072B2", "#D55E00"
EXPECTED: dict[str, Any] = {"color": BLUE, "ls": "-", "marker": "o", "label": "expected"}
YOURS: dict[str, Any] = {"color": ORANGE, "ls": "--", "marker": "x", "label": "yours"}


def paths(
    got: Arrays, wanted: Arrays, along: str, rtol: float, atol: float
) -> tuple[str, str] | None:
    """Expected and observed values step by step, for the elements that differ the most.

    The first step that differs is marked.

    Args:
        got, wanted: arrays of shape (steps, ...) with at least 2 steps; others are ignored.
        along: what a step is, such as "update".
        rtol, atol: numbers within ``atol + rtol * |wanted|`` do not differ.

    Returns:
        a PNG in base64 and what it shows in words; None if there is nothing to plot.
    """
    found = paths_of(got, wanted, rtol, atol)
    if not found:
        return None
    figure = figure_of(4.2 * len(found))
    panels = np.atleast_1d(figure.subplots(1, len(found)))
    for axes, path in zip(panels, found, strict=True):
        steps = np.arange(1, len(path.seen) + 1)
        axes.plot(steps, path.expected, markersize=3, **EXPECTED)
        axes.plot(steps, path.seen, markersize=4, **YOURS)
        if path.first:
            _mark(axes, path, along)
        axes.set(xlabel=along, title=path.label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    return png(figure), words_of(found, along)


def _mark(axes: Axes, path: Path, along: str) -> None:
    axes.axvline(
        path.first, color="#555555", linestyle=":", label=f"differs from {along} {path.first} on"
    )


def curves(got: Arrays, wanted: Arrays, along: str, band: float) -> list[tuple[str, str]]:
    """Expected and observed losses: a picture each, which a narrow page shows in a column.

    Args:
        got, wanted: losses by name, arrays of shape (epochs,) with at least 2 epochs. A name is
            what follows the word loss: "on unseen digits".
        along: what the first axis counts, such as "epoch".
        band: by how much the logarithms of the two may differ.

    Returns:
        for each name, up to `MAX_PANELS`, a PNG in base64, and what it shows in words. Nothing if
        any loss is missing, has another shape than the expected one, or is not below `LARGEST`.
    """
    pairs = {}
    for name, expected in wanted.items():
        pair = np.asarray(got.get(name, np.nan), float), np.asarray(expected, float)
        if pair[0].shape != pair[1].shape or pair[1].ndim != 1 or pair[1].size < 2:
            return []
        if not (np.abs(pair) < LARGEST).all():  # NaN never is
            return []
        pairs[name] = pair
    return [
        (_curve(name, *pair, along, band), loss_in_words(name, *pair, along, band))
        for name, pair in list(pairs.items())[:MAX_PANELS]
    ]


def _curve(name: str, seen: np.ndarray, expected: np.ndarray, along: str, band: float) -> str:
    figure = figure_of(4.2)
    axes = figure.subplots()
    steps = np.arange(1, len(seen) + 1)
    if band >= VISIBLE_BAND:
        edges = expected * np.exp(-band), expected * np.exp(band)
        axes.fill_between(steps, *edges, color=BLUE, alpha=0.2, linewidth=0, label="allowed")
    every = max(1, len(steps) // 10)
    # Hollow circles, so that a cross shows inside one where the curves coincide.
    axes.plot(steps, expected, markersize=7, markevery=every, markerfacecolor="none", **EXPECTED)
    axes.plot(steps, seen, markersize=5, markevery=every, **YOURS)
    axes.set(xlabel=along, title=f"Loss {name}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    low, high = np.min([seen, expected]), np.max([seen, expected])
    if low > 0:
        axes.set_yscale("log")
        if high < 20 * low:  # too few powers of ten to read it by
            axes.yaxis.set_major_locator(MaxNLocator(5))
            axes.yaxis.set_major_formatter(ScalarFormatter(useOffset=False))
            axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return png(figure)


def figure_of(width: float, height: float = 2.6) -> Figure:
    """An empty figure of this size in inches; an inch has 80 pixels."""
    figure = Figure(figsize=(width, height), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def png(figure: Figure) -> str:
    """The figure as a PNG in base64."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return base64.b64encode(picture.getvalue()).decode("ascii")
