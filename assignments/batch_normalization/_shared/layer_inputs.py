"""What the inputs of checks of layers are put together from, and a table of checks as declarations.

    rows = drawn(settings={"momentum": 0.7}, batches=batches(4, 3))

draws three batches of four rows with three features, and passes the settings as they are.
"""

import numpy as np


def declare(exercise, rows, aspect="rule"):
    """Declare rows of name: (claim, points, probe, inputs, options of ``Exercise.rule``)."""
    for name, (claim, points, probe, inputs, options) in rows.items():
        given = {"aspect": aspect, **options}
        exercise.rule(name, claim, points=points, probe=probe, inputs=inputs, **given)


def drawn(**parts):
    """Draws each part that is a function of ``rng``, in order; the others stay as they are."""
    return lambda rng: {name: part(rng) if callable(part) else part for name, part in parts.items()}


def either_sign(rng, low, high, count):
    return rng.choice([-1.0, 1.0], count) * rng.uniform(low, high, count)


def normal(*shape):
    return lambda rng: rng.normal(size=shape)


def batch(*shape):
    """Draws numbers whose channels have deviations of 0.5 to 2, and means of 1 to 4 of these."""

    def draw(rng):
        values = rng.normal(size=shape)
        axes = tuple(range(len(shape) - 1))
        values = (values - values.mean(axes)) / values.std(axes)
        means = either_sign(rng, 1, 4, shape[-1])
        return (values + means) * rng.uniform(0.5, 2, shape[-1])

    return draw


def batches(*shape, number=3):
    return lambda rng: np.stack([batch(*shape)(rng) for _ in range(number)])
