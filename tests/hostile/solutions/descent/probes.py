"""Probes of the small course for hostile submissions."""

import keras
import numpy as np

from autograder.probing.kit import numbers, tensors, variables


def trajectory(
    optimizer_class,
    *,
    settings,
    vector,
    matrix,
    vector_gradients,
    matrix_gradients,
):
    """Positions of a vector and a matrix after each of a list of updates, made eagerly.

    Shapes: vector (d,), matrix (n, m), gradients the same with the number of updates in front.
    """
    optimizer = optimizer_class(**settings)
    weights = variables(vector, matrix)
    path = {"vector": [], "matrix": []}
    for gradients in zip(vector_gradients, matrix_gradients, strict=True):
        optimizer.apply_gradients(
            list(zip(tensors(*gradients, like=weights), weights, strict=True))
        )
        for positions, weight in zip(path.values(), weights, strict=True):
            positions.append(numbers(weight))
    return {name: np.stack(positions) for name, positions in path.items()}


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
