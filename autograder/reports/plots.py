"""Small plots for the self-check."""

from __future__ import annotations

import base64
import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from autograder.model import Arrays

MAX_PANELS = 3


def paths(got: Arrays, wanted: Arrays, along: str) -> str | None:
    """Expected and observed values step by step, for the elements that differ the most.

    Args:
        got, wanted: arrays of shape (steps, ...) with at least 2 steps; others are ignored.
        along: what a step is, such as "update".

    Returns:
        a PNG in base64, or None if there is nothing to plot.
    """
    rows: list[tuple[float, str, np.ndarray, np.ndarray]] = []
    for name, expected in wanted.items():
        seen = got.get(name)
        if seen is None or seen.shape != expected.shape or seen.ndim < 2 or len(seen) < 2:
            continue
        seen, expected = (a.reshape(len(a), -1).astype(float) for a in (seen, expected))
        with np.errstate(all="ignore"):
            gaps = np.abs(seen - expected).max(axis=0)
        gaps = np.where(np.isfinite(gaps), gaps, np.inf)
        index = int(np.argmax(gaps))
        place = np.unravel_index(index, got[name].shape[1:])
        label = f"{name}[{', '.join(map(str, map(int, place)))}]"
        rows.append((float(gaps[index]), label, seen[:, index], expected[:, index]))
    rows = sorted(rows, key=lambda row: -row[0])[:MAX_PANELS]
    if not rows:
        return None
    figure = Figure(figsize=(4.2 * len(rows), 2.6), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (_, label, seen, expected) in zip(
        np.atleast_1d(figure.subplots(1, len(rows))), rows, strict=True
    ):
        steps = np.arange(1, len(seen) + 1)
        axes.plot(steps, expected, "o-", color="#0072B2", markersize=3, label="expected")
        axes.plot(steps, seen, "x--", color="#D55E00", markersize=4, label="yours")
        axes.set(xlabel=along, title=label)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return base64.b64encode(picture.getvalue()).decode("ascii")
