"""Two lines of block characters: what was observed above what was expected, on one scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BLOCKS = "▁▂▃▄▅▆▇█"

LOST = "?"
"""A number that is not finite."""

MARK = "│"
"""Before the first step that differs."""

MOST_STEPS = 32
"""With more steps, some are left out: a narrow terminal has room for no more."""


@dataclass(frozen=True)
class Sparkline:
    """Two lines of as many characters, and what they show in words."""

    yours: str
    expected: str
    words: str


def sparkline(
    seen: np.ndarray,
    expected: np.ndarray,
    first: int,
    words: str,
    *,
    logarithmic: bool = False,
) -> Sparkline | None:
    """What was observed and what was expected, step by step.

    Args:
        seen, expected: arrays of shape (steps,).
        first: the first step, from 1, that differs; 0 if none does.
        words: what this shows.
        logarithmic: show the logarithms, where all numbers are positive.

    Returns:
        None if nothing differs, or too little to be seen.
    """
    if not first:
        return None
    steps = np.unique(np.linspace(0, len(seen) - 1, min(len(seen), MOST_STEPS)).round().astype(int))
    numbers = np.array([seen, expected], dtype=float)[:, steps]
    yours, wanted = _blocks(numbers, logarithmic)
    if yours == wanted:
        return None
    at = int(np.searchsorted(steps, first - 1))
    yours, wanted = (f"{line[:at]}{MARK}{line[at:]}" for line in (yours, wanted))
    return Sparkline(yours, wanted, words)


def _blocks(numbers: np.ndarray, logarithmic: bool) -> list[str]:
    """A line for each row of an array."""
    finite = np.isfinite(numbers)
    known = numbers[finite]
    with np.errstate(all="ignore"):
        if logarithmic and (known > 0).all():
            numbers, known = np.log(numbers), np.log(known)
        low, high = (known.min(), known.max()) if known.size else (0.0, 0.0)
        # Halves: the largest numbers are further apart than a float can tell.
        shares = (numbers / 2 - low / 2) / (high / 2 - low / 2 or 1.0)
    levels = np.where(finite, shares * (len(BLOCKS) - 1), -1.0).round().astype(int)
    return ["".join(BLOCKS[level] if level >= 0 else LOST for level in row) for row in levels]
