"""Numbers that were observed beside the expected ones, step by step, and where they part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograder.model import Arrays
from autograder.reports.loss_words import told_apart

IN_A_ROW = frozenset({"step", "update", "batch", "epoch"})
"""Axes along which each number follows from the one before: a line through them means something.
Cases and calls are separate."""

MOST = 3
"""How many elements of one check are compared."""


@dataclass(frozen=True)
class Path:
    """One element of an array, step by step.

    Attributes:
        gap: the largest difference; infinite if a number is lost.
        first: the first step, from 1, whose numbers differ; 0 if none do.
    """

    gap: float
    label: str
    seen: np.ndarray
    expected: np.ndarray
    first: int

    def in_words(self, along: str) -> str:
        """From which step on it differs, as a part of a sentence."""
        if not self.first:
            return f"{self.label} is as expected"
        seen, expected = self.seen[self.first - 1], self.expected[self.first - 1]
        return f"{self.label} differs from {along} {self.first} on: {told_apart(seen, expected)}"


def paths_of(got: Arrays, wanted: Arrays, rtol: float, atol: float) -> list[Path]:
    """Of each array the element that differs first; those that differ the most come first.

    Args:
        got, wanted: arrays of shape (steps, ...) with at least 2 steps; others are ignored.
        rtol, atol: numbers within ``atol + rtol * |wanted|`` do not differ.
    """
    found = []
    for name, expected in wanted.items():
        seen = got.get(name)
        if seen is None or seen.shape != expected.shape or seen.ndim < 2 or len(seen) < 2:
            continue
        found.append(_path(name, seen, expected, rtol, atol))
    return sorted(found, key=lambda path: -path.gap)[:MOST]


def words_of(paths: list[Path], along: str) -> str:
    """What these paths show, in one sentence.

    Args:
        along: what a step is, such as "update".
    """
    words = "; ".join(path.in_words(along) for path in paths)
    return f"Your values and the expected ones, {along} by {along}: {words}."


def _path(name: str, seen: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> Path:
    """The path of the element that differs first; of several, of the one that differs the most."""
    shape = seen.shape[1:]
    seen, expected = (array.reshape(len(array), -1).astype(float) for array in (seen, expected))
    with np.errstate(all="ignore"):
        gaps = np.abs(seen - expected)
        differ = ~((gaps <= atol + rtol * np.abs(expected)) | (seen == expected))
    gaps = np.where(np.isfinite(gaps), gaps, np.inf)
    first = int(differ.any(axis=1).argmax())
    index = int(np.argmax(np.where(differ[first], gaps.max(axis=0), -1.0)))
    place = np.unravel_index(index, shape)
    label = f"{name}[{', '.join(map(str, map(int, place)))}]"
    own = differ[:, index]
    step = int(own.argmax()) + 1 if own.any() else 0
    return Path(float(gaps[:, index].max()), label, seen[:, index], expected[:, index], step)
