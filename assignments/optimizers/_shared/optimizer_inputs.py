"""The inputs that the checks of any optimizer draw: hyper-parameters, start values, gradients.

Each is called as ``draw(rng, settings=, updates=)``.
"""

import numpy as np
from _shared.digits import digits

DEFAULT_EPSILON = 1e-7
"""That of every optimizer that has one."""

TINY = 1e-18
"""An epsilon that changes no step. Its square does not, either: float32 ends at 1e-45."""


def some_gradients(rng, *shape):
    """Gradients of either sign and sizes from 0.1 to 10; float64."""
    return rng.choice([-1.0, 1.0], shape) * 10 ** rng.uniform(-1, 1, shape)


def two_variables(rng, *, settings, updates):
    """A vector and a matrix, and gradients of which the first are partly zero."""
    vector_gradients = some_gradients(rng, updates, 3)
    matrix_gradients = some_gradients(rng, updates, 2, 4)
    vector_gradients[0, 1] = 0.0
    matrix_gradients[0, :, 2] = 0.0
    return {
        "settings": settings,
        "vector": rng.normal(size=3),
        "matrix": rng.normal(size=(2, 4)),
        "vector_gradients": vector_gradients,
        "matrix_gradients": matrix_gradients,
    }


def some_always_zero(rng, *, settings, updates):
    """The same, with elements whose gradient is always zero, and an epsilon that would show."""
    inputs = two_variables(rng, settings={**settings, "epsilon": 0.5}, updates=updates)
    inputs["vector_gradients"][:, 0] = 0.0
    inputs["matrix_gradients"][:, 1, 1] = 0.0
    return inputs


def four_vectors(rng, *, settings, updates):
    return {
        "settings": settings[0],
        "other_settings": settings[1],
        "starts": rng.normal(size=(4, 3)),
        "gradients": some_gradients(rng, updates, 4, 3),
    }


def changing_rates(rng, *, settings, updates):
    rates = settings["learning_rate"] * rng.uniform(0.3, 3.0, size=updates)
    return {"rates": rates, **one_vector(rng, settings=settings, updates=updates)}


def one_vector(rng, *, settings, updates):
    return {
        "settings": settings,
        "start": rng.normal(size=3),
        "gradients": some_gradients(rng, updates, 3),
    }


def gradients_with_gaps(rng, *, settings, updates):
    return {
        "settings": settings,
        "starts": rng.normal(size=(2, 3)),
        "gradients": some_gradients(rng, updates, 2, 3),
        # The second vector first moves at t = 2: a t that starts at 0 makes NaN of the first alone.
        "missing": np.isin(np.arange(updates), [0, 2, 3, 6]),
    }


def three_vectors(rng, *, settings, updates):
    return {
        "settings": settings,
        "starts": rng.normal(size=(3, 4)),
        "gradients": some_gradients(rng, updates, 3, 4),
    }


def without_settings(rng, *, settings, updates):
    return two_variables(rng, settings={}, updates=updates)


def rate_of_few_digits(rng, *, settings, updates):
    """With a learning rate that float32 and float64 hold alike: a power of two."""
    rate = float(2.0 ** np.round(np.log2(settings["learning_rate"])))
    return one_vector(rng, settings={**settings, "learning_rate": rate}, updates=updates)


def two_sizes_of_gradients(rng, *, settings, updates):
    """Gradients near an epsilon that is passed, and gradients near the default."""
    settings = {name: value for name, value in settings.items() if name != "epsilon"}
    return {
        "settings": settings,
        "epsilon": float(rng.uniform(0.3, 0.8)),
        "gradient": some_gradients(rng, 4),
        "faint_gradient": DEFAULT_EPSILON * some_gradients(rng, 4),
    }


def two_vectors(rng, *, settings, updates):
    """With the gradients of the first update only."""
    return {
        "settings": settings,
        "starts": rng.normal(size=(2, 3)),
        "gradients": some_gradients(rng, updates, 2, 3)[0],
    }


def small_regression(rng, *, settings, updates):
    return {
        "settings": settings,
        "kernel": rng.normal(size=(4, 3)).astype("float32"),
        "x": rng.normal(size=(8, 4)).astype("float32"),
        "y": rng.normal(size=(8, 3)).astype("float32"),
        "updates": updates,
    }


def small_classification(rng, *, settings, updates):
    return {
        "settings": settings,
        "kernel": rng.normal(size=(4, 3)),
        "x": rng.normal(size=(8, 4)),
        "y": rng.integers(0, 3, size=8),
        "before": updates // 2,
        "after": updates // 2,
    }


def digits_in_batches(rng, *, settings, updates, epochs=2, batch_size=40):
    """Handwritten digits and the weights that a linear model starts at."""
    return {
        **digits(rng, rows=updates // epochs * batch_size),
        "settings": settings,
        "kernel": 0.1 * rng.normal(size=(64, 10)),
        "batch_size": batch_size,
        "epochs": epochs,
    }
