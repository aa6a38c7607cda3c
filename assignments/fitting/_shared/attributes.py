"""Attributes that an exercise keeps for its user, as numbers."""

import numpy as np


def counts_in(instance, names):
    """What attributes of these names count; -1 for None, -2 if there is none, -3 for no number.

    Whatever they hold, they can be read: that one of them is odd is the business of the checks that
    judge it, and must not end those that judge something else of the same run.
    """
    return {name: np.array(_count(instance, name)) for name in names}


def _count(instance, name):
    try:
        value = getattr(instance, name, -2)
        number = -1.0 if value is None else float(value)
    except Exception:  # a property may raise anything
        return -3.0
    return number if np.isfinite(number) else -3.0
