"""What this assignment is graded with beyond what students can run: never released.

The public probes with problems that nobody could have written their code around.
"""

from dataclasses import replace

import numpy as np
from checks import CHECKS as PUBLIC
from checks import orthogonal_problem, scored_rows, some_rows

public = {check.id: check for check in PUBLIC}


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
    return {**orthogonal_problem(rng, share=share), "rates": orders, "steps": 3}


CHECKS = [
    replace(
        public["fit_linear.every_update_is_the_optimizers"],
        name="any_problem",
        claim="Problems of other sizes are fitted by a momentum drawn at random.",
        points=1,
        inputs=any_problem,
    ),
    replace(
        public["sign_accuracy.right_signs_are_counted"],
        name="any_share",
        claim="Labels drawn at random are counted in the same way.",
        points=1,
        inputs=any_scores,
    ),
    replace(
        public["select_learning_rate.lowest_validation_error_wins"],
        name="any_rates",
        claim="In any order, the rate with the lowest validation error comes back.",
        points=1,
        inputs=any_rates,
    ),
]
