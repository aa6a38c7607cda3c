"""What a picture of two loss curves shows, in words."""

from __future__ import annotations

import numpy as np


def loss_in_words(
    name: str, seen: np.ndarray, expected: np.ndarray, along: str, band: float
) -> str:
    """After which epoch a curve is off the expected one, and where it is after the last.

    Args:
        name: what follows the word loss: "on unseen digits".
        seen, expected: losses of shape (epochs,); of those seen, some may not be finite.
        along: what is counted: "epoch".
        band: by how much the logarithms of the two may differ.
    """
    finite = np.isfinite(seen)
    near = within(seen, expected, band)
    if near.all():
        return f"Loss {name}: yours stays close to the expected curve."
    first, last = int(np.argmin(near)), len(seen) - 1
    side = np.where(finite, np.where(seen > expected, "above", "below"), "")

    def numbers(epoch: int) -> str:
        return f"after {along} {epoch + 1}: {told_apart(seen[epoch], expected[epoch])}"

    start = f"stays close to the expected curve until {along} {first} and " if first else ""
    curve = "it" if first else "the expected curve"
    if not finite[first]:
        since = "after" if first == last or finite[first:].any() else "from"
        on = " on" if since == "from" else ""
        return f"Loss {name}: yours {start}is no finite number {since} {along} {first + 1}{on}."
    words = f"Loss {name}: yours {start}is {side[first]} {curve} {numbers(first)}."
    if first == last:
        return words
    if near[last]:
        return f"{words} After {along} {last + 1}, it is close to it again."
    if not finite[last]:
        lost = int(np.argmin(finite))
        return f"{words} After {along} {lost + 1}, it is no finite number."
    return f"{words} It is {side[last]} it {numbers(last)}."


def within(seen: np.ndarray, expected: np.ndarray, band: float) -> np.ndarray:
    """After which epochs a loss is as expected, up to a difference of the logarithms."""
    with np.errstate(all="ignore"):
        near: np.ndarray = np.abs(np.log(seen) - np.log(expected)) <= band
    return near | (seen == expected)


def told_apart(seen: float, expected: float) -> str:
    """Both numbers, with as many digits as tell them apart."""
    digits = next((n for n in (3, 4, 5) if f"{seen:.{n}g}" != f"{expected:.{n}g}"), 6)
    return f"{seen:.{digits}g} instead of {expected:.{digits}g}"
