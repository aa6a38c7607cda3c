"""What this assignment is graded with beyond what students can run: never released.

The public probes with sizes and rates that no solution can be written around.
"""

from _shared.optimizer_checks import two_variables
from checks import (
    GradientDescent,
    every_row_comes_exactly_once,
    every_update_uses_its_own_batch,
    of_epochs,
    of_training,
    some_epochs,
    some_regression,
)

from autograder.grading.judge import close


def any_sizes(rng):
    rows = int(rng.integers(13, 40))
    return some_epochs(rng, rows=rows, batch_size=int(rng.integers(2, rows)), epochs=2)


def any_rate(rng):
    settings = {"learning_rate": float(rng.uniform(0.005, 0.1))}
    return two_variables(rng, settings=settings, updates=24)


def any_batches(rng):
    rows = int(rng.integers(7, 16))
    settings = {"batch_size": int(rng.integers(2, rows)), "epochs": 3, "learning_rate": 0.1}
    return some_regression(rng, rows=rows, **settings)


@of_epochs(points=1, inputs=any_sizes)
def any_number_of_rows(observed, inputs):
    """Every row comes exactly once, for sizes drawn at random."""
    every_row_comes_exactly_once(observed, inputs)


GradientDescent.rule(
    "any_learning_rate",
    "Every update follows the rule at a learning rate drawn at random.",
    points=1,
    probe="trajectory",
    inputs=any_rate,
    judge=close(along="update"),
)


@of_training(points=1, inputs=any_batches)
def any_batch_size(observed, inputs):
    """Every update is made on its own batch, for sizes drawn at random."""
    every_update_uses_its_own_batch(observed, inputs)
