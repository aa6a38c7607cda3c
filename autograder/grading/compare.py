"""Compare arrays: names, shapes and kinds first, then numbers within a tolerance."""

from __future__ import annotations

import numpy as np

from autograder.model import Arrays

# The one default. Expected arrays come from float64, students compute in float32: 24 updates of
# one unit roundoff (6e-8) each stay two orders below it, and the mistakes we know two above.
RTOL, ATOL = 1e-4, 1e-5

MAX_ELEMENTS = 4_000_000
"""Elements of one observed array that a judge looks at; every probe returns far fewer."""


def mismatch(observed: Arrays, expected: Arrays) -> str | None:
    """Whether the observation lacks an array, or has one of another shape or kind of number.

    Shapes are compared before any arithmetic, so that a lying shape cannot broadcast.
    """
    for name, wanted in expected.items():
        if name not in observed:
            return f"The result has no {name!r}."
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

    Where both went astray to infinity or NaN, they did the same too.
    """
    if mismatch(one, other) is not None:
        return False
    return all(
        bool(np.all(near(one[name], there, rtol, atol) | both_astray(one[name], there)))
        for name, there in other.items()
    )


def near(got: np.ndarray, wanted: np.ndarray, rtol: float, atol: float) -> np.ndarray:
    # Both may be float16 to float64; an infinite or missing number is never close.
    got, wanted = got.astype(np.float64), wanted.astype(np.float64)
    with np.errstate(all="ignore"):
        near = np.abs(got - wanted) <= atol + rtol * np.abs(wanted)
    return np.asarray(near & np.isfinite(got) & np.isfinite(wanted))


def both_astray(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray(~np.isfinite(one) & ~np.isfinite(other))


def difference(
    place: str,
    got: np.ndarray,
    wanted: np.ndarray,
    rtol: float,
    atol: float,
    where: np.ndarray | None = None,
) -> str | None:
    counted = np.broadcast_to(True if where is None else where, got.shape)
    wrong = ~near(got, wanted, rtol, atol) & counted
    if not wrong.any():
        return None
    if (wrong & ~np.isfinite(got)).any():
        bad = np.argwhere(wrong & ~np.isfinite(got))[0]
        return f"{place_in(place, bad)}: expected {wanted[tuple(bad)]:.6g}, got {got[tuple(bad)]}."
    # The largest difference is the clearest one to look at.
    gap = np.where(wrong, np.abs(got.astype(np.float64) - wanted.astype(np.float64)), -1.0)
    worst = np.unravel_index(int(np.argmax(gap)), gap.shape)
    total = int(counted.sum())
    count = f" ({int(wrong.sum())} of {total} numbers differ)" if total > 1 else ""
    expected, found = told_apart(float(wanted[worst]), float(got[worst]))
    return f"{place_in(place, np.array(worst))}: expected {expected}, got {found}{count}."


def told_apart(one: float, other: float) -> tuple[str, str]:
    """Two different numbers with six digits, or as many as it takes to see a difference."""
    # 17 digits tell any two float64 apart.
    for digits in range(6, 18):
        texts = f"{one:.{digits}g}", f"{other:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def place_in(place: str, index: np.ndarray) -> str:
    return f"{place}[{', '.join(str(int(i)) for i in index)}]" if index.size else place
