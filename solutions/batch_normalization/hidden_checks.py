"""What this assignment is graded with beyond what students can run: never released.

The public probes with settings and shapes that nobody could have written their code around.
"""

from dataclasses import replace

from checks import CHECKS as PUBLIC
from checks import after_relu, plain, small_images, some_batches, some_weights

public = {check.id: check for check in PUBLIC}


def any_settings(rng):
    return {
        "momentum": float(rng.uniform(0.2, 0.9)),
        "epsilon": float(rng.uniform(0.05, 0.5)),
    }


def any_training(rng):
    channels = int(rng.integers(2, 7))
    return {
        "settings": any_settings(rng),
        "weights": plain(some_weights(rng, channels)),
        "batches": some_batches(rng, 3, 3, 2, channels),
    }


def any_statistics(rng):
    channels = int(rng.integers(2, 7))
    return {
        "settings": any_settings(rng),
        "batches": some_batches(rng, 3, channels),
        "images": some_batches(rng, 2, 3, 2, channels),
    }


def any_block(rng):
    return small_images(rng, channels=int(rng.integers(1, 4)), filters=int(rng.integers(2, 6)))


def any_activations(rng):
    dead = [rng.permutation(9)[: int(rng.integers(0, 9))] for _ in range(3)]
    return after_relu(rng, 4, 3, 3, 9, dead=dead)


CHECKS = [
    replace(
        public["BatchNormalization.images_are_normalized_per_channel"],
        name="any_shape_and_any_settings",
        claim="Batches of other shapes are normalized with settings drawn at random.",
        points=1,
        inputs=any_training,
    ),
    replace(
        public["BatchNormalization.moving_variance_is_a_running_mean"],
        name="any_momentum",
        claim="The moving variance follows at a momentum drawn at random.",
        points=1,
        inputs=any_statistics,
    ),
    replace(
        public["ConvBNReLU.convolution_then_normalization_then_relu"],
        name="any_number_of_filters",
        claim="Blocks of other sizes do the same.",
        points=1,
        inputs=any_block,
    ),
    replace(
        public["dead_fraction.units_without_any_output_are_counted"],
        name="any_share",
        claim="Units that are dead by a draw are counted.",
        points=1,
        inputs=any_activations,
    ),
]
