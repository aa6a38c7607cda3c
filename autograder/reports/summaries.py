"""Arrays and other inputs in one line: type, shape, the first numbers."""

from __future__ import annotations

import numpy as np

from autograder.grading.observe import clean

FIRST = 4
"""Numbers that are shown of an array."""

_LONG = 200


def summarized(array: np.ndarray) -> str:
    """An array in one line: ``float32 (3, 2): 0.1, -0.25, 1, 0.5, ...``."""
    numbers = ", ".join(_number(each) for each in array.ravel()[:FIRST].tolist())
    more = ", ..." if array.size > FIRST else ""
    shape = f" {array.shape}" if array.ndim else ""
    return f"{array.dtype}{shape}: {numbers}{more}"


def described(value: object) -> str:
    """An input in one line, whatever it is."""
    if isinstance(value, np.ndarray):
        return summarized(value)
    text = clean(repr(value), _LONG + 1)
    return f"{text[:_LONG]}..." if len(text) > _LONG else text


def _number(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
