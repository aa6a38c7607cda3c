"""What this assignment is graded with beyond what students can run: never released.

The public probes with sizes that nobody could have written their code around.
"""

import numpy as np
from _shared.cases import each_case
from checks import (
    every_epoch_uses_every_row_once,
    lists_of_rates,
    of_batches,
    of_network,
    picked,
    some_images,
    some_regression,
    some_runs,
    tune,
)


def any_network(rng):
    filters = [int(number) for number in rng.choice(np.arange(2, 8), size=2, replace=False)]
    return some_images(rng, filters=tuple(filters), classes=int(rng.integers(4, 7)))


def any_batches(rng):
    rows = int(rng.integers(7, 16))
    return some_regression(rng, rows=rows, batch_size=int(rng.integers(2, rows)), epochs=2)


def any_runs(rng):
    rates = 10.0 ** rng.uniform(-4, 0, size=(2, 6))
    return some_runs(rng, best=rng.integers(0, 6, size=2).tolist(), rates=rates.tolist())


of_network(
    "any_numbers_of_filters",
    "The scores are right for numbers of filters and classes drawn at random.",
    points=1,
    inputs=any_network,
    **picked("scores"),
)


@of_batches(points=1, inputs=any_batches)
def any_batch_size(observed, inputs):
    """Every epoch uses every row once, for sizes drawn at random."""
    every_epoch_uses_every_row_once(observed, inputs)


tune.rule(
    "any_rates",
    "The right one of six rates drawn at random is returned.",
    points=1,
    probe="tunings",
    inputs=any_runs,
    measure=lambda observed, inputs: {"rate": observed["rate"]},
    judge=each_case("rate", lists_of_rates, "{:g}".format, rtol=1e-5),
)
