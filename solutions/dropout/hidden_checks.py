"""What this assignment is graded with beyond what students can run: never released.

The public probes at rates that nobody could have written their code around. The bounds of the
public checks hold for any rate.
"""

from dataclasses import replace

from checks import CHECKS as PUBLIC
from checks import matrix, positive

public = {check.id: check for check in PUBLIC}


def any_rates(rng):
    return matrix(rng, rates=[float(rng.uniform(0.05, 0.45)), float(rng.uniform(0.55, 0.9))])


def any_number_of_passes(rng):
    return positive(rng, rate=float(rng.uniform(0.3, 0.6)), samples=int(rng.integers(4, 12)))


CHECKS = [
    replace(
        public["Dropout.zeroes_the_right_share"],
        name="any_rate_drops_its_share",
        claim="At rates drawn at random, that share of the elements is zeroed.",
        points=1,
        inputs=any_rates,
    ),
    replace(
        public["Dropout.kept_values_are_scaled"],
        name="any_rate_scales_what_is_kept",
        claim="At rates drawn at random, what is kept is scaled by 1 / (1 - rate).",
        points=1,
        inputs=any_rates,
    ),
    replace(
        public["mc_predict.mean_is_over_the_samples"],
        name="any_number_of_passes",
        claim="The mean is over as many passes as asked for, drawn at random.",
        points=1,
        inputs=any_number_of_passes,
    ),
]
