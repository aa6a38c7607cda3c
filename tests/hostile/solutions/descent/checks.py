"""A small course for hostile submissions: cheap to grade, with everything a real check has."""

import numpy as np

from autograder.grading.judge import at_least, close
from autograder.model import Exercise

Descent = Exercise("Descent", forbidden=("keras.optimizers.SGD",))
average = Exercise("average", forbidden=("numpy.mean",))


def updates(rng):
    return {
        "settings": {"learning_rate": round(float(rng.uniform(0.05, 0.2)), 3)},
        "vector": rng.normal(size=3).astype("float32"),
        "matrix": rng.normal(size=(2, 2)).astype("float32"),
        "vector_gradients": rng.normal(size=(3, 3)).astype("float32"),
        "matrix_gradients": rng.normal(size=(3, 2, 2)).astype("float32"),
    }


def valley(rng):
    return {"start": rng.normal(size=2).astype("float32"), "lowest": rng.uniform(2, 4, size=2)}


def depth(observed, inputs):
    """1 at the lowest place, less away from it."""
    return float(1 - np.abs(observed["place"] - inputs["lowest"]).max())


def numbers(rng):
    return {"numbers": rng.uniform(1, 2, size=5)}


def one_number(rng):
    return {"numbers": rng.uniform(1, 2, size=1)}


Descent.rule(
    "follows_the_rule",
    "Each update takes learning_rate times the gradient off the variable.",
    points=2,
    probe="trajectory",
    inputs=updates,
    judge=close(along="update"),
)
Descent.rule(
    "reaches_the_valley",
    "Fifty updates lead to the lowest place.",
    points=1,
    probe="descended",
    inputs=valley,
    judge=at_least(depth, 0.9, "depth reached"),
)
average.rule(
    "divides_by_the_count",
    "The sum is divided by how many numbers there are.",
    points=1,
    probe="middle",
    inputs=numbers,
    judge=close(),
)
average.rule(
    "one_number_is_its_average",
    "One number is its own average.",
    points=1,
    probe="middle",
    inputs=one_number,
    judge=close(),
)
