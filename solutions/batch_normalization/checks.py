"""The checks of the batch normalization assignment: what must hold, its worth, how it is judged.

Runs in the grader; students may read it: the right numbers come from the reference, which is not
here. Batches are tiny (4 rows, or 2 images of 2 by 3 pixels) and epsilon is 0.1, so that a biased
and an unbiased variance, or an epsilon in another place, differ in the first digit.
"""

from functools import partial

import numpy as np
from _shared.digits import HELD_OUT, digits, held_out_accuracy

from autograder.grading.judge import at_least, close, expect, expect_close
from autograder.model import Exercise

dead_fraction = Exercise("dead_fraction")
BatchNormalization = Exercise(
    "BatchNormalization",
    forbidden=(
        "keras.layers.BatchNormalization",
        "keras.ops.batch_normalization",
        "tensorflow.nn.batch_normalization",
        "tensorflow.nn.batch_norm_with_global_normalization",
        "tensorflow.compat.v1.nn.fused_batch_norm",
        "tensorflow.raw_ops.FusedBatchNorm",
        "tensorflow.raw_ops.FusedBatchNormV2",
        "tensorflow.raw_ops.FusedBatchNormV3",
    ),
)
ConvBNReLU = Exercise("ConvBNReLU")

SETTINGS = {"momentum": 0.7, "epsilon": 0.1}
WEIGHTS = ("gamma", "beta", "moving_mean", "moving_variance")


# --- what inputs are drawn from -------------------------------------------------------------------


def batch_of(rng, *shape):
    """Numbers whose channels have, in this batch, means from 1 to 4 of their own deviations.

    The deviations go from 0.5 to 2; the means have either sign.
    """
    channels = shape[-1]
    values = rng.normal(size=shape)
    axes = tuple(range(len(shape) - 1))
    values = (values - values.mean(axes)) / values.std(axes)
    means = rng.choice([-1.0, 1.0], channels) * rng.uniform(1, 4, channels)
    return (values + means) * rng.uniform(0.5, 2, channels)


def batch(*shape):
    return lambda rng: batch_of(rng, *shape)


def batches(*shape, number=3):
    return lambda rng: np.stack([batch_of(rng, *shape) for _ in range(number)])


def normal(*shape):
    return lambda rng: rng.normal(size=shape)


def some_weights(rng, channels):
    """Values for all four weights that are far from where these start.

    Lists, since inputs that are nested travel as JSON.
    """
    gamma = rng.choice([-1.0, 1.0], channels) * rng.uniform(0.5, 2, channels)
    beta = rng.choice([-1.0, 1.0], channels) * rng.uniform(0.5, 2, channels)
    values = gamma, beta, rng.uniform(-3, 3, channels), rng.uniform(0.3, 3, channels)
    return {name: value.tolist() for name, value in zip(WEIGHTS, values, strict=True)}


def inputs_of(*, settings=SETTINGS, moved=3, **draws):
    """Draws inputs of a layer whose weights are ``moved``, for so many channels, or left alone.

    ``draws`` are functions of ``rng``, called in order after the weights are drawn.
    """

    def draw(rng):
        weights = some_weights(rng, moved) if moved else {}
        drawn = {name: one(rng) for name, one in draws.items()}
        return {"settings": settings, "weights": weights, **drawn}

    return draw


# --- dead_fraction --------------------------------------------------------------------------------


def after_relu(rng, *shape, dead, cases=3):
    """Activations of which each unit is 0 about half of the time, and units ``dead`` always."""
    values = np.maximum(rng.normal(size=(cases, *shape)), 0.0)
    # A live unit is positive somewhere and 0 somewhere, in the first example of the batch and in
    # others, whatever the draw.
    flat = values.reshape(cases, -1, shape[-1])
    flat[:, 0], flat[:, 1], flat[:, -1], flat[:, -2] = 0.0, 0.7, 1.3, 0.0
    for case, units in enumerate(dead):
        values[case][..., units] = 0.0
    return {"activations": values}


def first_row_dark(rng):
    """Units that are 0 for all examples but one, now the first, now the last."""
    values = np.zeros((2, 5, 4))
    values[0, 0, [0, 2]] = rng.uniform(0.1, 1, 2)
    values[1, -1, [1, 2, 3]] = rng.uniform(0.1, 1, 3)
    return {"activations": values}


def image_activations(rng):
    inputs = after_relu(rng, 3, 4, 2, 5, dead=([0, 3], [2], []))
    # Some positions are 0 in every unit, which makes no unit dead.
    inputs["activations"][:, :, 2] = 0.0
    return inputs


def signed_activations(rng):
    """Not after a ReLU: units of negative values, of values that cancel, and of zeros."""
    values = rng.normal(size=(1, 4, 6))
    values[0, :, :2] = -np.abs(values[0, :, :2])
    values[0, :, 2] = [1.5, -1.5, 0.25, -0.25]
    values[0, :, 3] = 0.0
    values[0, 0, 4:] = 0.5
    return {"activations": values}


def faint_activations(rng):
    """Units that are tiny, but not 0."""
    values = np.abs(rng.normal(size=(1, 4, 4)))
    values[0, :, 1] = 0.0
    values[0, :, 2] *= 1e-9
    values[0, :, 3] *= 1e-25
    return {"activations": values}


fraction_rule = partial(dead_fraction.rule, probe="dead_fractions", judge=close(along="case"))

fraction_rule(
    "units_without_any_output_are_counted",
    "The fraction is the number of units that are 0 for every example, over all units.",
    points=2,
    inputs=lambda rng: after_relu(rng, 6, 8, dead=([1, 4, 6], [], list(range(8)))),
)
fraction_rule(
    "every_example_counts",
    "A unit that responds to a single example is alive, even if it is the first or the last.",
    points=1,
    inputs=first_row_dark,
)
fraction_rule(
    "every_position_counts",
    "In images a unit is a channel: one that responds at any position is alive.",
    points=1,
    inputs=image_activations,
)
fraction_rule(
    "only_zeros_are_dead",
    "A unit of negative values, or of values that add up to 0, is not dead.",
    points=1,
    inputs=signed_activations,
)
fraction_rule(
    "faint_is_not_dead",
    "A unit with values that are tiny, but not 0, is not dead.",
    points=1,
    inputs=faint_activations,
)


# --- BatchNormalization ---------------------------------------------------------------------------

layer_rule = partial(BatchNormalization.rule, judge=close())

rows = inputs_of(batches=batches(4, 3))
untouched_rows = inputs_of(moved=0, batches=batches(4, 3))

layer_rule(
    "training_normalizes_each_feature",
    "In training, the batch's mean is subtracted from each feature, and its deviation divided out.",
    points=2,
    probe="training_outputs",
    inputs=untouched_rows,
    judge=close(along="batch"),
)
layer_rule(
    "gamma_and_beta_act_in_training",
    "In training, the result is multiplied by gamma, and beta is added.",
    points=1,
    probe="training_outputs",
    inputs=rows,
    judge=close(along="batch"),
)
layer_rule(
    "images_are_normalized_per_channel",
    "Each channel of a batch of images is normalized over rows, columns and examples at once.",
    points=2,
    probe="training_outputs",
    inputs=inputs_of(moved=4, batches=batches(2, 2, 3, 4)),
    judge=close(along="batch"),
)


def rows_and_images(rng):
    rows, images = batches(4, 3)(rng), batches(2, 2, 3, 4)(rng)
    return {"settings": SETTINGS, "batches": rows, "images": images}


# A moving statistic is judged by how far off it is, not by how far off for its size: near zero a
# relative tolerance would ask for more digits than float32 has left after x * x, with x up to 15.
batch_by_batch = close(along="batch", rtol=0.0, atol=5e-4)

layer_rule(
    "moving_mean_is_a_running_mean",
    "After each training batch, the moving mean is a running mean of the batches' means.",
    points=2,
    probe="moving_mean",
    inputs=rows_and_images,
    judge=batch_by_batch,
)
layer_rule(
    "moving_variance_is_a_running_mean",
    "After each training batch, the moving variance is a running mean of biased variances.",
    points=2,
    probe="moving_variance",
    inputs=rows_and_images,
    judge=batch_by_batch,
)
layer_rule(
    "inference_uses_moving_statistics",
    "At inference, the moving statistics normalize, whatever else is in the batch.",
    points=3,
    probe="inference_outputs",
    inputs=inputs_of(batches=batches(4, 3, number=2), images=batches(2, 2, 3, 3, number=2)),
)


@BatchNormalization.check(points=1, probe="statistics_around_inference", inputs=rows)
def inference_changes_no_statistics(observed):
    """Calls at inference leave the moving statistics as they are."""
    for name, (before, after) in observed.items():
        changed = f"Calls with training=False change moving_{name}"
        expect_close(after, before, what=changed, rtol=0, atol=0)


def four_features(rng):
    return {"settings": SETTINGS, "features": 4}


layer_rule(
    "weights_start_right",
    "gamma and the moving variance start at one, beta and the moving mean at zero.",
    points=1,
    probe="fresh_weights",
    inputs=four_features,
)


@BatchNormalization.check(points=1, probe="who_trains", inputs=four_features)
def only_gamma_and_beta_are_trainable(observed, expected):
    """gamma and beta are trainable weights, the moving statistics are kept but not trained."""
    for index, name in enumerate(WEIGHTS):
        wanted, where = "kept", "non_trainable_weights"
        if expected["trainable"][index]:
            wanted, where = "trainable", "trainable_weights"
        trains = observed["trainable"][index] == (wanted == "trainable")
        expect(trains and observed[wanted][index], f"{name} must be in the layer's {where}.")
    trainable, kept = observed["counts"]
    expect(
        np.array_equal(observed["counts"], expected["counts"]),
        f"Expected 2 trainable and 2 non-trainable weights, got {trainable} and {kept}.",
    )


upstream_gradients = inputs_of(
    x=batch(4, 3),
    images=batch(2, 2, 3, 3),
    upstream=normal(4, 3),
    image_upstream=normal(2, 2, 3, 3),
)

layer_rule(
    "gradients_pass_through_the_statistics",
    "The gradient of the inputs includes their effect on mean and variance.",
    points=2,
    probe="gradients_of_inputs",
    inputs=upstream_gradients,
)
layer_rule(
    "gamma_and_beta_get_gradients",
    "The gradients of gamma and beta are those of the formula.",
    points=1,
    probe="gradients_of_weights",
    inputs=upstream_gradients,
)


def one_feature_of_zeros(rng):
    x = batch_of(rng, 4, 3)
    x[:, 1] = 0.0
    settings = {"momentum": 0.7, "epsilon": 1e-3}
    return inputs_of(settings=settings, x=lambda rng: x, upstream=normal(4, 3))(rng)


layer_rule(
    "a_feature_of_zeros_stays_finite",
    "A feature that is 0 in the whole batch gives beta, and a finite gradient.",
    points=1,
    probe="output_and_gradient",
    inputs=one_feature_of_zeros,
)
layer_rule(
    "defaults_are_as_stated",
    "Without arguments, momentum is 0.99 and epsilon is 0.001.",
    points=1,
    probe="config_round_trip",
    # Deviations near 0.03: there the default epsilon shows.
    inputs=inputs_of(settings={}, moved=0, batches=lambda rng: 0.03 * batches(4, 3)(rng)),
)
layer_rule(
    "config_holds_both_settings",
    "from_config(get_config()) makes a layer that normalizes and remembers in the same way.",
    points=1,
    probe="config_round_trip",
    inputs=inputs_of(settings={"momentum": 0.4, "epsilon": 0.5}, batches=batches(4, 3)),
)


def half_rows(rng):
    """Means within one deviation, of numbers that float16 holds exactly."""
    values = rng.normal(size=(3, 4, 3)) + rng.uniform(-1, 1, 3)
    values = values / values.std(axis=1, keepdims=True)
    return inputs_of(batches=lambda rng: values.astype("float16").astype("float64"))(rng)


def close_in_half_precision(observed, expected):
    """Outputs are float16, statistics are float32, and numbers are close.

    Half precision has 11 bits: 0.05 % a rounding. A dozen of them, some before a difference of two
    numbers of size 3, stay below 2 %; the mistakes here are of 10 % and more.
    """
    sizes = {name: size for name, size in expected.items() if name.endswith("bytes")}
    for name, wanted in sizes.items():
        what = "a moving statistic" if name == "statistics_bytes" else "an output"
        got = observed[name][observed[name] != wanted]
        expect(
            not got.size,
            f"Under mixed_float16, {what} is float{8 * got.max(initial=0)}, expected "
            f"float{8 * np.max(wanted)}.",
        )
    for name, wanted in expected.items():
        if name not in sizes:
            expect_close(observed[name], wanted, what=name, rtol=0.03, atol=0.03)


layer_rule(
    "mixed_precision_works",
    "Under mixed_float16 the output is float16, and the statistics are kept in float32.",
    points=1,
    probe="half_precision",
    inputs=half_rows,
    judge=close_in_half_precision,
    reference_floatx="float32",
)
layer_rule(
    "graph_mode_is_the_same",
    "Compiled by tf.function, batches of any size give the same numbers and statistics.",
    points=2,
    probe="graph_mode",
    inputs=inputs_of(batches=batches(4, 3), smaller=batch(3, 3)),
)
layer_rule(
    "saved_model_predicts_the_same",
    "A model keeps its statistics and settings when it is saved and loaded.",
    points=1,
    probe="saved_model",
    inputs=inputs_of(batches=batches(4, 3), x=batch(4, 3)),
)


def small_regression(rng):
    """10 rows in batches of 4, 4 and 2, and a rate at which 9 updates move every weight."""
    return {
        "settings": SETTINGS,
        "gamma": rng.uniform(0.5, 2, 5),
        "kernel": rng.normal(size=(3, 5)),
        "last_kernel": rng.normal(size=(5, 2)),
        "learning_rate": 0.02,
        "x": batch_of(rng, 10, 3),
        "y": rng.normal(size=(10, 2)),
        "batch_size": 4,
        "epochs": 2,
    }


layer_rule(
    "fit_follows_the_rule",
    "model.fit ends every epoch at the weights and statistics of the formulas.",
    points=2,
    probe="fit",
    inputs=small_regression,
)


def digits_network(rng):
    """600 digits to train on, 500 others to judge by, and initial weights far too large."""
    return {
        **digits(rng, rows=600),
        "settings": {"momentum": 0.8},
        "kernel": 3 * rng.normal(size=(64, 24)),
        "last_kernel": 0.1 * rng.normal(size=(24, 10)),
        "batch_size": 50,
        "epochs": 2,
    }


def accuracy(observed, inputs):
    """Share of the held-out digits that the returned network reads correctly."""
    with np.errstate(all="ignore"):
        hidden = inputs["held_out_x"] @ observed["kernel"].astype("float64")
        hidden = np.maximum(hidden * observed["scale"] + observed["shift"], 0)
        scores = hidden @ observed["last_kernel"].astype("float64")
    return held_out_accuracy(scores, inputs)


layer_rule(
    "digits_are_learned_from_poor_weights",
    "From initial weights far too large, a network with the layer learns to read digits.",
    points=1,
    probe="learned_weights",
    inputs=digits_network,
    # Over 200 seeds the reference reaches .81, with a standard deviation of .027, and .73 at
    # least. This is 8 deviations below: a false alarm in fewer than one of 10^14 runs.
    # (benchmarks/false_alarms.py batch_normalization)
    judge=at_least(accuracy, 0.60, "share of held-out digits read correctly"),
    withheld=HELD_OUT,
)


# --- ConvBNReLU -----------------------------------------------------------------------------------

block_rule = partial(ConvBNReLU.rule, judge=close(), points=1)


def small_images(rng, *, channels=3, filters=3):
    """Images taller than wide, and a kernel large enough that epsilon hardly counts after it."""
    return {
        "filters": filters,
        "kernel_size": 3,
        "x": batch_of(rng, 2, 5, 3, channels),
        "kernel": 2 * rng.normal(size=(3, 3, channels, filters)),
        "weights": some_weights(rng, filters),
    }


def images_alone(rng, **more):
    return {"filters": 3, "x": batch_of(rng, 2, 5, 4, 2), **more}


@ConvBNReLU.check(
    points=1,
    probe="block_shapes",
    inputs=partial(images_alone, kernel_sizes=np.array([1, 2, 3])),
)
def height_and_width_are_kept(observed, expected, inputs):
    """The output is as high and wide as the input, for odd and even kernels."""
    for size, got, wanted in zip(
        inputs["kernel_sizes"], observed["shape"], expected["shape"], strict=True
    ):
        expect(
            np.array_equal(got, wanted),
            f"With kernel_size={size} and inputs of shape {inputs['x'].shape}, expected an output "
            f"of shape {tuple(wanted.tolist())}, got {tuple(got.astype(int).tolist())}.",
        )


block_rule(
    "convolution_then_normalization_then_relu",
    "In training, the output is ReLU of the normalized convolution, in that order.",
    points=3,
    probe="block_in_training",
    inputs=small_images,
)
block_rule(
    "inference_uses_moving_statistics",
    "At inference, the block normalizes with the moving statistics of bn.",
    probe="block_at_inference",
    inputs=small_images,
)


@ConvBNReLU.check(points=1, probe="block_weights", inputs=partial(images_alone, kernel_size=3))
def the_convolution_has_no_bias(observed, expected):
    """conv has only a kernel, bn has its four weights, and the block has no others."""
    for name, what in (
        ("conv", "weights of conv"),
        ("bn", "weights of bn"),
        ("all", "weights of the block"),
        ("trainable", "trainable weights of the block"),
    ):
        got, wanted = int(observed[name]), int(expected[name])
        expect(got == wanted, f"Number of {what}: expected {wanted}, got {got}.")


@ConvBNReLU.check(points=1, probe="block_statistics", inputs=small_images)
def statistics_follow_in_training_alone(observed):
    """Training updates the statistics of bn, inference does not."""
    expect(
        not observed["outside_training"].any(),
        "A call with training=False changes the moving statistics of bn. Pass training on to bn.",
    )
    expect(
        observed["in_training"].all(),
        "A call with training=True does not change both moving statistics of bn. Pass training on "
        "to bn.",
    )


block_rule(
    "gradients_reach_every_weight",
    "The gradients of inputs, kernel, gamma and beta are those of the formulas.",
    probe="block_gradients",
    inputs=lambda rng: {**small_images(rng), "upstream": rng.normal(size=(2, 5, 3, 3))},
)


def tame_images(rng):
    inputs = small_images(rng)
    x = rng.normal(size=inputs["x"].shape).astype("float16").astype("float64")
    return {**inputs, "x": x, "kernel": inputs["kernel"] / 4}


block_rule(
    "mixed_precision_works",
    "Under mixed_float16 the block returns float16.",
    probe="block_in_mixed_precision",
    inputs=tame_images,
    judge=close_in_half_precision,
    reference_floatx="float32",
)
block_rule(
    "saved_block_predicts_the_same",
    "A model with the block, saved and loaded, predicts the same.",
    probe="saved_block",
    inputs=small_images,
)


def image_regression(rng):
    return {
        **small_images(rng),
        "x": batch_of(rng, 10, 4, 3, 3),
        "last_kernel": rng.normal(size=(3, 2)),
        "y": rng.normal(size=(10, 2)),
        "epochs": 2,
    }


block_rule(
    "fit_follows_the_rule",
    "model.fit ends every epoch at the weights of the formulas.",
    probe="fit_block",
    inputs=image_regression,
    judge=close(along="epoch"),
)
