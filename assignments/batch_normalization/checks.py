"""The checks of the batch normalization assignment: what must hold, its worth, how it is judged.

Runs in the grader; students may read it: the right numbers come from the reference, which is not
here. Batches are tiny (4 rows, or 2 images of 2 by 3 pixels) and epsilon is 0.1, so that a biased
and an unbiased variance, or an epsilon in another place, differ in the first digit.
"""

from functools import partial

import numpy as np
from _shared.convergence import convergence, losses_of, two_layers
from _shared.digits import digits
from _shared.layer_inputs import batch, batches, declare, drawn, either_sign, normal

from autograder.grading.drawings import Channels
from autograder.grading.judge import close, expect, expect_close, failing
from autograder.model import Exercise

dead_fraction = Exercise("dead_fraction")
BatchNormalization = Exercise(
    "BatchNormalization",
    forbidden=(
        "keras.layers.BatchNormalization",
        "keras.ops.batch_normalization",
        "tensorflow.nn.batch_normalization",
        "tensorflow.raw_ops.BatchNormWithGlobalNormalization",
        "tensorflow.raw_ops.FusedBatchNorm",
    ),
)
ConvBNReLU = Exercise("ConvBNReLU")

SETTINGS, OTHER = {"momentum": 0.7, "epsilon": 0.1}, {"momentum": 0.4, "epsilon": 0.5}
NAMED = {**OTHER, "name": "after_the_first_convolution"}
WEIGHTS = ("gamma", "beta", "moving_mean", "moving_variance")

CLOSE = {"judge": close()}


def channels(observed, expected, inputs):
    """The first batch, channel by channel."""
    batches = (inputs["batches"], observed["output"], expected["output"])
    return Channels(*(batch[0].reshape(-1, batch.shape[-1]) for batch in batches))


BY_BATCH = {"judge": close(along="batch"), "picture": channels}


# --- what inputs are drawn from -------------------------------------------------------------------


def moved(channels):
    """Draws values for all four weights that are far from where these start."""

    def draw(rng):
        gamma, beta = (either_sign(rng, 0.5, 2, channels) for _ in range(2))
        values = gamma, beta, rng.uniform(-3, 3, channels), rng.uniform(0.3, 3, channels)
        # Lists, since inputs that are nested travel as JSON.
        return {name: value.tolist() for name, value in zip(WEIGHTS, values, strict=True)}

    return draw


new_layer = partial(drawn, settings=SETTINGS)
layer = partial(new_layer, weights=moved(3))

# --- dead_fraction --------------------------------------------------------------------------------


def check_of_activations(draw, points=1):
    """Declare a check by the function that draws its activations: by its name and docstring."""
    dead_fraction.rule(
        *(draw.__name__, draw.__doc__),
        points=points,
        probe="dead_fractions",
        inputs=drawn(activations=draw),
        judge=close(along="case"),
    )


def after_relu(rng, *shape, dead):
    """Activations of which each unit is 0 about half of the time, and units ``dead`` always."""
    values = np.maximum(rng.normal(size=(len(dead), *shape)), 0)
    # A live unit is positive somewhere and 0 somewhere, in the first example of the batch and in
    # others, whatever the draw.
    flat = values.reshape(len(dead), -1, shape[-1])
    flat[:, 0], flat[:, 1], flat[:, -1], flat[:, -2] = 0.0, 0.7, 1.3, 0.0
    for case, units in enumerate(dead):
        values[case][..., units] = 0.0
    return values


@partial(check_of_activations, points=2)
def units_without_any_output_are_counted(rng):
    """The fraction is the number of units that are 0 for every example, over all units."""
    values = after_relu(rng, 6, 8, dead=([1, 4, 6], [], list(range(8))))
    # As alive as any: it need not vary. The mean of six of these is exact, so none varies a bit.
    values[1][..., 5] = rng.choice([0.5, 0.75, 1.0])
    return values


@check_of_activations
def every_example_counts(rng):
    """A unit that responds to a single example is alive, even if it is the first or the last."""
    values = np.zeros((2, 300, 4))  # so many that one of them is less than a hundredth
    values[0, 0, [0, 2]] = rng.uniform(0.1, 1, 2)
    values[1, -1, [1, 2, 3]] = rng.uniform(0.1, 1, 3)
    return values


@check_of_activations
def every_position_counts(rng):
    """In images a unit is a channel: one that responds at any position is alive."""
    # Every axis has a length of its own, and each case has all of the channels dead that share a
    # column if rows are as long as another axis: counts along the wrong axis differ.
    dead = [range(0, 12, 3), range(0, 12, 2), range(1, 12, 4)]
    values = after_relu(rng, 2, 3, 4, 12, dead=[list(units) for units in dead])
    values[:, :, 2] = 0.0  # in every unit, which makes no unit dead
    return values


@check_of_activations
def only_zeros_are_dead(rng):
    """A unit of negative values, or of values that add up to 0, is not dead."""
    values = rng.normal(size=(1, 4, 6))
    values[0, :, :2] = -np.abs(values[0, :, :2])
    values[0, :, 2] = [1.5, -1.5, 0.25, -0.25]
    values[0, :, 3] = 0.0
    values[0, 0, 4:] = 0.5
    return values


@check_of_activations
def faint_is_not_dead(rng):
    """A unit with values that are tiny, but not 0, is not dead."""
    values = np.abs(rng.normal(size=(1, 5, 4))) * [1, 0, 1e-9, 1e-25]
    values[0, 2] = 0.0  # one of 5 examples, and one of 4 units
    return values


# --- BatchNormalization ---------------------------------------------------------------------------

rows = layer(batches=batches(4, 3))
images = new_layer(weights=moved(4), batches=batches(2, 2, 3, 4))
# From other weights than a fresh layer's, where the moving variance is gamma, and the mean beta.
rows_and_images = partial(
    new_layer, batches=batches(4, 3), images=batches(2, 2, 3, 4), weights=moved(4)
)
two_of_each = layer(batches=batches(4, 3, number=2), images=batches(2, 2, 3, 3, number=2))


# Deviations near 0.03: there the default epsilon shows.
def faint(*shape):
    return lambda rng: 0.03 * batches(*shape)(rng)


faint_rows = drawn(settings={}, weights=moved(3), batches=faint(4, 3))
upstream_gradients = partial(
    layer,
    x=batch(4, 3),
    images=batch(2, 2, 3, 3),
    upstream=normal(4, 3),
    image_upstream=normal(2, 2, 3, 3),
)


def rows_near_zero(rng):
    """Rows with small means: behind a kernel, too, these are within ten deviations of a batch."""
    return normal(10, 3)(rng) + either_sign(rng, 0.2, 0.5, 3)


# 10 rows in batches of 4, 4 and 2, and a rate at which 9 updates move every weight.
small_regression = new_layer(
    gamma=lambda rng: rng.uniform(0.5, 2, 5),
    kernel=normal(3, 5),
    last_kernel=normal(5, 2),
    learning_rate=0.02,
    x=rows_near_zero,
    y=normal(10, 2),
    batch_size=4,
    epochs=2,
)


def one_feature_of_zeros(rng):
    x = batch(4, 3)(rng)
    x[:, 1] = 0.0
    settings = {"momentum": 0.7, "epsilon": 1e-3}
    return layer(settings=settings, x=x, upstream=normal(4, 3))(rng)


def half_rows(rng):
    """Means within one deviation, of numbers that float16 holds exactly."""
    values = rng.normal(size=(3, 4, 3)) + rng.uniform(-1, 1, 3)
    values = (values / values.std(axis=1, keepdims=True)).astype("float16").astype("float64")
    return layer(batches=values, kept=["moving_mean", "moving_variance"])(rng)


def digits_network(rng):
    """With initial weights that make an epsilon of 0.1 count."""
    return {
        **digits(rng, rows=120),
        "settings": {"momentum": 0.8, "epsilon": 0.1},
        "hidden": 0.3 * rng.normal(size=(64, 24)),
        "output": 0.1 * rng.normal(size=(24, 10)),
        **{"learning_rate": 0.1, "momentum": 0.9, "epochs": 4, "batch_size": 30},
    }


def statistics_stay(observed):
    for name, (before, after) in observed.items():
        changed = f"Calls with training=False change {name}"
        expect_close(after, before, what=changed, rtol=0, atol=0)


def copy_acts_alike(observed, expected):
    """What else the configuration holds is for telling mistakes apart."""
    acts = ("output", "moving_mean", "moving_variance")
    close()({name: observed[name] for name in acts}, {name: expected[name] for name in acts})
    expect(
        observed["same_name"],
        "The layer has another name after from_config(get_config()). Does __init__ pass **kwargs "
        "on, and get_config begin with super().get_config()?",
    )


def two_of_each_kind(observed, expected):
    for group, where in (("trainable", "trainable_weights"), ("kept", "non_trainable_weights")):
        for name, there, wanted in zip(WEIGHTS, observed[group], expected[group], strict=True):
            expect(there or not wanted, f"{name} must be in the layer's {where}.")
    trainable, kept = observed["counts"]
    expect(
        np.array_equal(observed["counts"], expected["counts"]),
        f"Expected 2 trainable and 2 non-trainable weights, got {trainable} and {kept}.",
    )


def close_in_half_precision(observed, expected):
    """Outputs are float16, statistics are float32, and numbers are close.

    Half precision has 11 bits: 0.05 % a rounding. A dozen of them, some before a difference of two
    numbers of size 3, stay below 2 %; the mistakes here are of 10 % and more.
    """
    for name, wanted in expected.items():
        if not name.endswith("bytes"):
            expect_close(observed[name], wanted, what=name, rtol=0.03, atol=0.03)
            continue
        what = "a moving statistic" if name == "statistics_bytes" else "an output"
        got, right = observed[name][observed[name] != wanted], 8 * np.max(wanted)
        expect(
            not got.size,
            f"Under mixed_float16, {what} is float{8 * got.max(initial=0)}, expected float{right}.",
        )


# The reference has to round as students' code does.
HALF = {"judge": close_in_half_precision, "reference_floatx": "float32"}
# A moving statistic is judged by how far off it is, not by how far off for its size: near zero a
# relative tolerance would ask for more digits than float32 has left after x * x, with x up to 15.
STATISTIC = {"judge": close(along="batch", rtol=0.0, atol=5e-4)}
declare(
    BatchNormalization,
    {
        "training_normalizes_each_feature": (
            "In training, each feature has mean 0 and variance 1 over the batch, up to epsilon.",
            *(2, "training_outputs", layer(weights={}, batches=batches(4, 3)), BY_BATCH),
        ),
        "gamma_and_beta_act_in_training": (
            "In training, the normalized values are multiplied by gamma, and beta is added.",
            *(1, "training_outputs", rows, BY_BATCH),
        ),
        "images_are_normalized_per_channel": (
            "Each channel of a batch of images is normalized over rows, columns and examples.",
            *(2, "training_outputs", images, {**BY_BATCH, "pairs": True}),
        ),
        "moving_mean_is_a_running_mean": (
            "After each training batch, the moving mean is a running mean of the batches' means.",
            *(2, "moving_statistics", rows_and_images(names=["moving_mean"]), STATISTIC),
        ),
        "moving_variance_is_a_running_mean": (
            "After each training batch, the moving variance is a running mean of biased variances.",
            *(2, "moving_statistics", rows_and_images(names=["moving_variance"]), STATISTIC),
        ),
        "inference_uses_moving_statistics": (
            "At inference, the layer normalizes with its moving statistics, not with the batch's.",
            *(3, "inference_outputs", two_of_each, CLOSE),
        ),
        "inference_changes_no_statistics": (
            "Calls at inference leave the moving statistics as they are.",
            *(1, "statistics_around_inference", rows, {"judge": statistics_stay}),
        ),
        "gradients_pass_through_the_statistics": (
            "The gradient of the inputs includes their effect on mean and variance.",
            *(2, "gradients", upstream_gradients(names=["rows", "images"]), CLOSE),
        ),
        "gamma_and_beta_get_gradients": (
            "The gradients of gamma and beta are those of the formula.",
            *(1, "gradients", upstream_gradients(names=["gamma", "beta"]), CLOSE),
        ),
    },
)
declare(
    BatchNormalization,
    {
        "weights_start_right": (
            "gamma and the moving variance start at one, beta and the moving mean at zero.",
            *(1, "fresh_weights", new_layer(features=4), CLOSE),
        ),
        "only_gamma_and_beta_are_trainable": (
            "gamma and beta are trainable weights, the moving statistics are kept but not trained.",
            *(1, "who_trains", new_layer(features=4), {"judge": two_of_each_kind}),
        ),
        "a_feature_of_zeros_stays_finite": (
            "A feature that is 0 in the whole batch gives beta, and a finite gradient.",
            *(1, "output_and_gradient", one_feature_of_zeros, CLOSE),
        ),
        "defaults_are_as_stated": (
            "Without arguments, momentum is 0.99 and epsilon is 0.001.",
            *(1, "config_round_trip", faint_rows, CLOSE),
        ),
        "config_holds_both_settings": (
            "A layer made by from_config(get_config()) acts like the first, and has the same name.",
            *(1, "config_round_trip", layer(settings=NAMED, batches=batches(4, 3))),
            {"judge": copy_acts_alike},
        ),
        "mixed_precision_works": (
            "Under mixed_float16 the output is float16, and the statistics are kept in float32.",
            *(1, "mixed_precision", half_rows, HALF),
        ),
        "graph_mode_is_the_same": (
            "Compiled once by tf.function, batches of any size give right outputs and statistics.",
            *(1.5, "graph_mode", layer(batches=batches(4, 3), smaller=batch(3, 3)), CLOSE),
        ),
        "saved_model_predicts_the_same": (
            "A model keeps its statistics and settings when it is saved and loaded.",
            *(1, "saved_model", layer(batches=batches(4, 3), x=batch(4, 3)), CLOSE),
        ),
        "fit_follows_the_rule": (
            "In model.fit, weights and statistics after each epoch are those of the formulas.",
            *(1.5, "fit", small_regression, CLOSE),
        ),
    },
    aspect="behaviour",
)
declare(
    BatchNormalization,
    {
        "losses_follow_the_rule": (
            "A network with the layer learns digits: after every epoch, its loss at inference is "
            "that of the formulas, on its own digits and on unseen ones.",
            *(3, "learned_weights", digits_network, convergence(losses_of(two_layers), 1e-3)),
        ),
    },
    aspect="convergence",
)


# --- ConvBNReLU -----------------------------------------------------------------------------------


def small_images(channels=3, filters=3, kernel_size=3, **more):
    """Images taller than wide, and a kernel large enough that epsilon hardly counts after it."""
    return drawn(
        filters=filters,
        kernel_size=kernel_size,
        x=batch(2, 5, 3, channels),
        kernel=lambda rng: 2 * rng.normal(size=(kernel_size, kernel_size, channels, filters)),
        weights=moved(filters),
        **more,
    )


def tame_images(rng):
    inputs = small_images()(rng)
    x = rng.normal(size=inputs["x"].shape).astype("float16").astype("float64")
    return {**inputs, "x": x, "kernel": inputs["kernel"] / 4}


def image_regression(rng):
    regression = drawn(x=batch(10, 4, 3, 3), last_kernel=normal(3, 2), y=normal(10, 2), epochs=2)
    return {**small_images()(rng), **regression(rng)}


images_alone = partial(drawn, filters=3, x=batch(2, 5, 4, 2))


def shapes_are_kept(observed, expected, inputs):
    shapes = zip(inputs["kernel_sizes"], observed["shape"], expected["shape"], strict=True)
    for size, got, wanted in shapes:
        expect(
            np.array_equal(got, wanted),
            f"With kernel_size={size} and inputs of shape {inputs['x'].shape}, expected an output "
            f"of shape {tuple(wanted.tolist())}, got {tuple(got.astype(int).tolist())}.",
        )


def as_many_weights(observed, expected):
    for name in ("conv", "bn", "all", "trainable"):
        got, wanted = observed[name], expected[name]
        expect(got == wanted, f"Number of {name} weights: expected {wanted}, got {got}.")


def acts_by_default(observed):
    """Whether bn itself is right is another exercise's business."""
    with failing("Compared with a normalization without arguments: "):
        for name in ("output", "weights"):
            expect_close(observed[f"own_{name}"], observed[name], what=f"{name} of bn")


def statistics_follow(observed):
    for name, training in (("outside_training", False), ("in_training", True)):
        expect(
            (observed[name] == training).all(),
            f"A call with training={training} {'does not change both' if training else 'changes'} "
            "moving statistics of bn. Pass training on to bn.",
        )


declare(
    ConvBNReLU,
    {
        "height_and_width_are_kept": (
            "The output is as high and wide as the input, for odd and even kernel sizes.",
            *(1, "block_shapes", images_alone(kernel_sizes=np.array([1, 2, 3]))),
            {"judge": shapes_are_kept},
        ),
        "convolution_then_normalization_then_relu": (
            "In training, the output is ReLU of the normalized convolution, in that order.",
            *(3, "block_output", small_images(training=True), CLOSE),
        ),
        "inference_uses_moving_statistics": (
            "At inference, the block normalizes with the moving statistics of bn.",
            # Sizes that hardly anyone would write into the code.
            *(1, "block_output", small_images(filters=4, kernel_size=2), CLOSE),
        ),
        "statistics_follow_in_training_alone": (
            "Training updates the statistics of bn, inference does not.",
            *(1, "block_statistics", small_images(), {"judge": statistics_follow}),
        ),
        "gradients_reach_every_weight": (
            "The gradients of inputs, kernel, gamma and beta are those of the formulas.",
            *(1, "block_gradients", small_images(upstream=normal(2, 5, 3, 3)), CLOSE),
        ),
    },
)
declare(
    ConvBNReLU,
    {
        "the_convolution_has_no_bias": (
            "conv has only a kernel, bn has its four weights, and the block has no other weights.",
            *(1, "block_weights", images_alone(kernel_size=2), {"judge": as_many_weights}),
        ),
        "bn_has_its_default_settings": (
            "bn has the default momentum and epsilon.",
            *(0.5, "block_normalization", images_alone(kernel_size=3, batches=faint(2, 2, 3, 3))),
            {"judge": acts_by_default},
        ),
        "mixed_precision_works": (
            "Under mixed_float16 the block returns the right numbers in float16.",
            *(0.5, "block_in_mixed_precision", tame_images, HALF),
        ),
        "saved_block_predicts_the_same": (
            "A model with the block, saved and loaded, predicts the same.",
            *(1, "block_output", small_images(filters=4, saved=True), CLOSE),
        ),
        "fit_follows_the_rule": (
            "In model.fit, the weights after each epoch are those of the formulas.",
            *(1, "fit_block", image_regression, {"judge": close(along="epoch")}),
        ),
    },
    aspect="behaviour",
)
