"""What this assignment is graded with beyond what students can run: never released.

The public probes with problems that no solution can be written around.
"""

import numpy as np
from checks import (
    accuracy,
    chosen,
    fitted,
    orthogonal_problem,
    scored_rows,
    some_rows,
)


def any_problem(rng):
    settings = {
        "learning_rate": float(rng.uniform(0.01, 0.05)),
        "momentum": float(rng.uniform(0.3, 0.9)),
    }
    steps = rng.permutation(12)[:3] + 1
    rows = some_rows(rng, rows=int(rng.integers(4, 12)), features=int(rng.integers(2, 6)))
    return {**rows, "kind": "SGD", "settings": settings, "steps": steps}


def any_scores(rng):
    inputs = scored_rows(rng)
    wrong = rng.random(inputs["y"].shape) < 0.3
    return {**inputs, "y": np.where(wrong, -inputs["y"], inputs["y"])}


def any_rates(rng):
    """After 3 updates at 6, 27, 49, 78 and 99 % of w; near one of these is asked for."""
    rates = np.array([0.01, 0.05, 0.1, 0.2, 0.4])
    orders = np.stack([rng.permutation(rates) for _ in range(4)])
    share = float(rng.choice([0.1, 0.3, 0.55, 0.75]))
    return orthogonal_problem(rng, share=share, rates=orders, steps=3)


fitted(
    "any_problem",
    "Problems of other sizes are fitted with a momentum drawn at random.",
    points=1,
    inputs=any_problem,
)
accuracy(
    "any_share",
    "Labels drawn at random are counted in the same way.",
    points=1,
    inputs=any_scores,
)
chosen(
    "any_rates",
    "In any order, the rate with the lowest validation error is returned.",
    points=1,
    inputs=any_rates,
)
