"""What this assignment is graded with beyond what students can run: never released.

The public probes at rates that students cannot have written their code around. The bounds of the
public checks hold for any rate.
"""

import checks


def any_rates(rng):
    rates = [float(rng.uniform(0.05, 0.45)), float(rng.uniform(0.55, 0.9))]
    return checks.inputs_of(10, 3, 5, 4, 5, rates=rates, calls=6)(rng)


def drawn_passes(rng):
    rate = float(rng.uniform(0.3, 0.6))
    return checks.positive(rng, rate=rate, samples=int(rng.integers(4, 12)))


@checks.masks_check(points=1, probe="training_calls", inputs=any_rates)
def any_rate_drops_its_share(observed, inputs):
    """At rates drawn at random, that share of the elements of a tensor of rank 5 becomes 0."""
    checks.zeroes_the_right_share(observed, inputs)


@checks.masks_check(points=1, probe="training_calls", inputs=any_rates)
def any_rate_scales_what_is_kept(observed, inputs):
    """At rates drawn at random, kept values of a tensor of rank 5 are scaled by 1 / (1 - rate)."""
    checks.kept_values_are_scaled(observed, inputs)


@checks.samples_check(points=1, probe="sampled", inputs=drawn_passes)
def any_number_of_passes(observed, inputs):
    """The mean is over as many passes as asked for, drawn at random."""
    checks.mean_is_over_the_samples(observed, inputs)
