"""Probes of the small course for hostile submissions."""

import keras
import numpy as np

from autograder.probing import trajectory, variables  # noqa: F401


def descended(descent_class, *, start, lowest):
    """Fifty updates down a round valley."""
    optimizer = descent_class(learning_rate=0.2)
    (place,) = variables(start)
    for _ in range(50):
        optimizer.apply([place - keras.ops.cast(lowest, "float32")], [place])
    return {"place": np.array(place)}


def middle(average, *, numbers):
    """Whatever comes back, as it is: a lying array travels no further than the wire."""
    return {"middle": average(numbers)}
