"""What this assignment is graded with beyond what students can run: never released.

The public probes with histories that nobody could have written their code around.
"""

from dataclasses import replace

import numpy as np
from checks import CHECKS as PUBLIC
from checks import curves, falling, falling_and_rising, histories, limits, trainings_by

public = {check.id: check for check in PUBLIC}


def any_histories(rng):
    """Curves of every kind in any order, none within a tenth of a limit."""
    cases = []
    for _ in range(8):
        high, gap = limits(rng)
        last = high + float(rng.choice([-0.5, -0.2, 0.2, 0.5]))
        rise = gap * float(rng.choice([0.2, 0.8, 1.2, 3.0]))
        lowest = float(rng.uniform(0.2, 2.0))
        cases.append((falling(rng, last), falling_and_rising(rng, lowest, rise), high, gap))
    return curves(*cases)


def any_losses(rng):
    rows = rng.uniform(0.5, 1.5, size=(6, 8)).round(1)  # ties, now and then
    rows[rng.random(rows.shape) < 0.15] = np.nan
    rows[:, 3] = rng.uniform(0.1, 1.0, 6)
    return histories(rng, rows)


def any_patterns(rng):
    cases = [
        ("+" + "".join(rng.choice(list("+--=n"), size=9)), {"patience": patience})
        for patience in (1, 2, 3)
    ]
    return trainings_by(rng, cases=cases)


CHECKS = [
    replace(
        public["diagnose.clear_cases_are_told_apart"],
        name="any_history",
        claim="Histories drawn at random get the right words.",
        inputs=any_histories,
    ),
    replace(
        public["best_epoch.lowest_validation_loss_is_found"],
        name="any_losses",
        claim="In losses drawn at random, with ties and NaN, the right epoch is found.",
        points=1,
        inputs=any_losses,
    ),
    replace(
        public["EarlyStopping.stops_when_patience_is_used_up"],
        name="any_training",
        claim="Trainings drawn at random stop when they should, with the right weights.",
        points=1,
        inputs=any_patterns,
    ),
]
