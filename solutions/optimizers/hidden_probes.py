"""The probe of the hidden checks of the optimizers assignment."""

import numpy as np

from autograder.probing.kit import numbers, tensors, variables


def three_variables(
    optimizer_class,
    *,
    settings,
    scalar,
    vector,
    cube,
    scalar_gradients,
    vector_gradients,
    cube_gradients,
):
    """Positions of a scalar, a vector and a tensor of rank 3 after each update.

    Shapes: scalar (), vector (d,), cube (n, m, k), gradients the same with the updates in front.
    """
    optimizer = optimizer_class(**settings)
    weights = variables(scalar, vector, cube)
    path = {"scalar": [], "vector": [], "cube": []}
    for gradients in zip(scalar_gradients, vector_gradients, cube_gradients, strict=True):
        optimizer.apply(tensors(*gradients, like=weights), weights)
        for positions, weight in zip(path.values(), weights, strict=True):
            positions.append(numbers(weight))
    return {name: np.stack(positions) for name, positions in path.items()}
