"""What this assignment is graded with beyond what students can run: never released.

The public probes with sizes and rates that nobody could have written their code around.
"""

from dataclasses import replace

from checks import CHECKS as PUBLIC
from checks import some_epochs, some_regression, two_variables

public = {check.id: check for check in PUBLIC}


def any_number_of_rows(rng):
    rows = int(rng.integers(13, 40))
    return some_epochs(rng, rows=rows, batch_size=int(rng.integers(2, rows)), epochs=2)


def any_rate(rng):
    return two_variables(rng, settings={"learning_rate": float(rng.uniform(0.005, 0.1))})


def any_training(rng):
    rows = int(rng.integers(7, 16))
    settings = {"batch_size": int(rng.integers(2, rows)), "epochs": 3, "learning_rate": 0.1}
    return some_regression(rng, rows=rows, **settings)


CHECKS = [
    replace(
        public["minibatches.every_row_comes_exactly_once"],
        name="any_number_of_rows",
        claim="Every row comes exactly once, for sizes drawn at random.",
        points=1,
        inputs=any_number_of_rows,
    ),
    replace(
        public["GradientDescent.every_update_follows_the_rule"],
        name="any_learning_rate",
        claim="Every update follows the rule at a learning rate drawn at random.",
        points=1,
        inputs=any_rate,
    ),
    replace(
        public["train.every_update_uses_its_own_batch"],
        name="any_batch_size",
        claim="Every update is made on its own batch, for sizes drawn at random.",
        points=1,
        inputs=any_training,
    ),
]
