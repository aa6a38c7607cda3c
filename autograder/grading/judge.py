"""Judges: what must hold between what was observed and what was expected.

A judge runs in the grader, on arrays alone. ``checks.py`` picks one for every check.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from autograder.model import Arrays, Inputs, Judge

# The one default. Expected arrays come from float64, students compute in float32: 24 updates of
# one unit roundoff (6e-8) each stay two orders below it, and the mistakes we know two above.
RTOL, ATOL = 1e-4, 1e-5

MAX_ELEMENTS = 4_000_000
"""Elements of one observed array that a judge looks at; every probe returns far fewer."""


def mismatch(observed: Arrays, expected: Arrays) -> str | None:
    """Whether the observation has the expected arrays at all: names, shapes, finite numbers.

    Shapes are compared before any arithmetic, so that a lying shape cannot broadcast.
    """
    for name, wanted in expected.items():
        if name not in observed:
            return f"nothing came back for {name!r}."
        got = observed[name]
        if got.shape != wanted.shape:
            return f"{name}: expected shape {wanted.shape}, got {got.shape}."
        if got.size > MAX_ELEMENTS:
            return f"{name}: {got.size} numbers are too many to compare."
        if np.issubdtype(wanted.dtype, np.floating) and not np.issubdtype(got.dtype, np.floating):
            return f"{name}: expected floating-point numbers, got {got.dtype}."
    return None


def alike(one: Arrays, other: Arrays, *, rtol: float = RTOL, atol: float = ATOL) -> bool:
    """True if two implementations did the same: equal arrays within tolerance.

    Where both went astray to infinity or to no number at all, they did the same too.
    """
    if mismatch(one, other) is not None:
        return False
    return all(
        bool(np.all(_close(one[name], there, rtol, atol) | _both_astray(one[name], there)))
        for name, there in other.items()
    )


def close(*, along: str = "", rtol: float = RTOL, atol: float = ATOL) -> Judge:
    """A judge: every array equals the reference's within ``atol + rtol * |expected|``.

    Args:
        along: what the first axis of the arrays counts ("update"), for the message; the first
            index along it that differs is the one reported.
    """

    def judge(observed: Arrays, expected: Arrays, inputs: Inputs) -> str | None:
        problem = mismatch(observed, expected)
        if problem:
            return problem
        if not along:
            places = [(name, observed[name], wanted) for name, wanted in expected.items()]
        else:
            places = [
                (f"after {along} {step + 1}, {name}", observed[name][step], wanted[step])
                for step in range(max(map(len, expected.values()), default=0))
                for name, wanted in expected.items()
                if step < len(wanted)
            ]
        for place, got, wanted in places:
            message = _difference(place, got, wanted, rtol, atol)
            if message:
                return message
        return None

    return judge


@dataclass(frozen=True)
class Threshold:
    """A judge: a number that the grader computes from the observation reaches a threshold.

    Attributes:
        metric: ``metric(observed, inputs)``; gets the withheld inputs too.
        threshold: the least that passes.
        what: what the number is, for the message ("share of held-out digits read correctly").
    """

    metric: Callable[[Arrays, Inputs], float]
    threshold: float
    what: str

    def __call__(self, observed: Arrays, expected: Arrays, inputs: Inputs) -> str | None:
        problem = mismatch(observed, expected)
        if problem:
            return problem
        value = self.metric(observed, inputs)
        if value >= self.threshold:
            return None
        return f"{self.what}: expected at least {self.threshold:.2f}, got {value:.2f}."


def at_least(metric: Callable[[Arrays, Inputs], float], threshold: float, what: str) -> Judge:
    """A judge: ``metric(observed, inputs)`` reaches ``threshold``. See `Threshold`."""
    return Threshold(metric, threshold, what)


def _close(got: np.ndarray, wanted: np.ndarray, rtol: float, atol: float) -> np.ndarray:
    # Both may be float16 to float64; an infinite or missing number is never close.
    got, wanted = got.astype(np.float64), wanted.astype(np.float64)
    with np.errstate(all="ignore"):
        near = np.abs(got - wanted) <= atol + rtol * np.abs(wanted)
    return np.asarray(near & np.isfinite(got) & np.isfinite(wanted))


def _both_astray(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray(~np.isfinite(one) & ~np.isfinite(other))


def _difference(
    place: str, got: np.ndarray, wanted: np.ndarray, rtol: float, atol: float
) -> str | None:
    wrong = ~_close(got, wanted, rtol, atol)
    if not wrong.any():
        return None
    if not np.isfinite(got).all():
        bad = np.argwhere(~np.isfinite(got))[0]
        where = _index(place, bad)
        return f"{where}: expected {wanted[tuple(bad)]:.6g}, got {got[tuple(bad)]}."
    # The largest difference is the clearest one to look at.
    gap = np.where(wrong, np.abs(got.astype(np.float64) - wanted.astype(np.float64)), -1.0)
    worst = np.unravel_index(int(np.argmax(gap)), gap.shape)
    count = f" ({int(wrong.sum())} of {wrong.size} numbers differ)" if wrong.size > 1 else ""
    where = _index(place, np.array(worst))
    return f"{where}: expected {wanted[worst]:.6g}, got {got[worst]:.6g}{count}."


def _index(place: str, index: np.ndarray) -> str:
    return f"{place}[{', '.join(str(int(i)) for i in index)}]" if index.size else place
