"""What this assignment is graded with beyond what students can run: never released.

The public probes with histories that nobody could have written their code around.
"""

import numpy as np
from checks import diagnosis, falling, falling_and_rising, limits, lowest, stopping, trainings


@diagnosis
def any_history(rng):
    """Histories drawn at random get the right words."""
    for high, gap in limits(rng, times=8):
        last = high + float(rng.choice([-0.5, -0.2, 0.2, 0.5]))
        rise = gap * float(rng.choice([0.2, 0.8, 1.2, 3.0]))  # not within a tenth of the limit
        low = float(rng.uniform(0.2, 2.0))
        yield falling(rng, last), falling_and_rising(rng, low, rise), high, gap


@lowest()
def any_losses(rng):
    """In losses drawn at random, with ties and NaN, the right epoch is found."""
    rows = rng.uniform(0.5, 1.5, size=(6, 8)).round(1)  # ties, now and then
    rows[rng.random(rows.shape) < 0.15] = np.nan
    rows[:, 3] = rng.uniform(0.1, 1.0, 6)
    return rows


def any_patterns(rng):
    patterns = ["+" + "".join(rng.choice(list("+--=n"), size=9)) for _ in range(3)]
    return trainings(*zip(patterns, (1, 2, 3), strict=True))(rng)


stopping(
    "any_training",
    "Trainings drawn at random stop after the right number of epochs.",
    *(1, "epochs", any_patterns),
)
