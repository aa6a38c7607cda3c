"""What this assignment is graded with beyond what students can run: never released.

The public probes with settings and shapes that students cannot have written their code around.
"""

from _shared.layer_inputs import batches, declare, drawn
from checks import (
    BY_BATCH,
    CLOSE,
    STATISTIC,
    BatchNormalization,
    ConvBNReLU,
    after_relu,
    check_of_activations,
    moved,
    small_images,
)


def any_settings(rng):
    return {"momentum": float(rng.uniform(0.2, 0.9)), "epsilon": float(rng.uniform(0.05, 0.5))}


def any_training(rng):
    channels = int(rng.integers(2, 7))
    weights, images = moved(channels), batches(3, 3, 2, channels)
    return drawn(settings=any_settings, weights=weights, batches=images)(rng)


def any_statistics(rng):
    channels = int(rng.integers(2, 7))
    rows, images = batches(3, channels), batches(2, 3, 2, channels)
    inputs = drawn(settings=any_settings, weights=moved(channels), batches=rows, images=images)
    return {**inputs(rng), "names": ["moving_variance"]}


def any_block(rng):
    channels, filters = int(rng.integers(1, 4)), int(rng.integers(2, 6))
    return small_images(channels, filters, training=True)(rng)


declare(
    BatchNormalization,
    {
        "any_shape_and_any_settings": (
            "Batches of other shapes are normalized with settings drawn at random.",
            *(1, "training_outputs", any_training, BY_BATCH),
        ),
        "any_momentum": (
            "The moving variance follows at a momentum drawn at random.",
            *(1, "moving_statistics", any_statistics, STATISTIC),
        ),
    },
)
declare(
    ConvBNReLU,
    {
        "any_number_of_filters": (
            "Blocks of other sizes do the same.",
            *(1, "block_output", any_block, CLOSE),
        ),
    },
)


@check_of_activations
def any_share(rng):
    """Units that are dead by a draw are counted."""
    dead = [rng.permutation(9)[: int(rng.integers(0, 9))] for _ in range(3)]
    return after_relu(rng, 4, 3, 3, 9, dead=dead)
