"""What this assignment is graded with beyond what students can run: never released.

The public probes with settings and shapes that students cannot have written their code around.
"""

from checks import (
    after_relu,
    batch_by_batch,
    batches,
    block_rule,
    close,
    fraction_rule,
    inputs_of,
    layer_rule,
    small_images,
)


def any_settings(rng):
    return {
        "momentum": float(rng.uniform(0.2, 0.9)),
        "epsilon": float(rng.uniform(0.05, 0.5)),
    }


def any_training(rng):
    channels = int(rng.integers(2, 7))
    settings = any_settings(rng)
    return inputs_of(settings=settings, moved=channels, batches=batches(3, 3, 2, channels))(rng)


def any_statistics(rng):
    channels = int(rng.integers(2, 7))
    return {
        "settings": any_settings(rng),
        "batches": batches(3, channels)(rng),
        "images": batches(2, 3, 2, channels)(rng),
    }


def any_block(rng):
    return small_images(rng, channels=int(rng.integers(1, 4)), filters=int(rng.integers(2, 6)))


def any_activations(rng):
    dead = [rng.permutation(9)[: int(rng.integers(0, 9))] for _ in range(3)]
    return after_relu(rng, 4, 3, 3, 9, dead=dead)


layer_rule(
    "any_shape_and_any_settings",
    "Batches of other shapes are normalized with settings drawn at random.",
    points=1,
    probe="training_outputs",
    inputs=any_training,
    judge=close(along="batch"),
)
layer_rule(
    "any_momentum",
    "The moving variance follows at a momentum drawn at random.",
    points=1,
    probe="moving_variance",
    inputs=any_statistics,
    judge=batch_by_batch,
)
block_rule(
    "any_number_of_filters",
    "Blocks of other sizes do the same.",
    probe="block_in_training",
    inputs=any_block,
)
fraction_rule(
    "any_share",
    "Units that are dead by a draw are counted.",
    points=1,
    inputs=any_activations,
)
