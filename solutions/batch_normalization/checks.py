"""The checks of the batch normalization assignment: what must hold, its worth, how it is judged.

Runs in the grader; students may read it: the right numbers come from the reference, which is not
here. Batches are tiny (4 rows, or 2 images of 2 by 3 pixels) and epsilon is 0.1, so that a biased
and an unbiased variance, or an epsilon in another place, differ in the first digit.
"""

from functools import partial

import numpy as np
from sklearn.datasets import load_digits

from autograder.grading.judge import at_least, close, mismatch
from autograder.model import Check, Exercise

EXERCISES = [
    Exercise("dead_fraction"),
    Exercise(
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
    ),
    Exercise("ConvBNReLU"),
]

SETTINGS = {"momentum": 0.7, "epsilon": 0.1}
OTHER_SETTINGS = {"momentum": 0.4, "epsilon": 0.5}

# Half precision has 11 bits: 0.05 % a rounding. A dozen of them, some before a difference of two
# numbers of size 3, stay below 2 %; the mistakes here are of 10 % and more.
HALF = {"rtol": 0.03, "atol": 0.03}

# A moving statistic is judged by how far off it is, not by how far off for its size: near zero a
# relative tolerance would ask for more digits than float32 has left after x * x, with x up to 15.
absolute = partial(close, rtol=0.0, atol=5e-4)


# --- inputs ---------------------------------------------------------------------------------------


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


def some_batches(rng, *shape, number=3):
    return np.stack([batch_of(rng, *shape) for _ in range(number)])


def some_weights(rng, channels):
    """Values for all four weights that are far from where these start."""
    return {
        "gamma": rng.choice([-1.0, 1.0], channels) * rng.uniform(0.5, 2, channels),
        "beta": rng.choice([-1.0, 1.0], channels) * rng.uniform(0.5, 2, channels),
        "moving_mean": rng.uniform(-3, 3, channels),
        "moving_variance": rng.uniform(0.3, 3, channels),
    }


def plain(weights):
    """The weights as lists: inputs that are nested travel as JSON."""
    return {name: value.tolist() for name, value in weights.items()}


def four_features(rng):
    return {"settings": SETTINGS, "features": 4}


def rows(rng, *, settings=SETTINGS, moved=False):
    weights = plain(some_weights(rng, 3)) if moved else {}
    return {"settings": settings, "weights": weights, "batches": some_batches(rng, 4, 3)}


def images(rng):
    return {
        "settings": SETTINGS,
        "weights": plain(some_weights(rng, 4)),
        "batches": some_batches(rng, 2, 2, 3, 4),
    }


def rows_and_images(rng):
    return {
        "settings": SETTINGS,
        "batches": some_batches(rng, 4, 3),
        "images": some_batches(rng, 2, 2, 3, 4),
    }


def rows_and_images_for_inference(rng):
    return {
        "settings": SETTINGS,
        "weights": plain(some_weights(rng, 3)),
        "batches": some_batches(rng, 4, 3, number=2),
        "images": some_batches(rng, 2, 2, 3, 3, number=2),
    }


def upstream_gradients(rng):
    return {
        "settings": SETTINGS,
        "weights": plain(some_weights(rng, 3)),
        "x": batch_of(rng, 4, 3),
        "images": batch_of(rng, 2, 2, 3, 3),
        "upstream": rng.normal(size=(4, 3)),
        "image_upstream": rng.normal(size=(2, 2, 3, 3)),
    }


def one_feature_of_zeros(rng):
    x = batch_of(rng, 4, 3)
    x[:, 1] = 0.0
    return {
        "settings": {"momentum": 0.7, "epsilon": 1e-3},
        "weights": plain(some_weights(rng, 3)),
        "x": x,
        "upstream": rng.normal(size=(4, 3)),
    }


def small_deviations(rng):
    """Deviations near 0.03: there the default epsilon of 0.001 shows."""
    batches = some_batches(rng, 4, 3)
    return {"settings": {}, "weights": {}, "batches": batches * 0.03}


def rows_of_two_sizes(rng):
    return {
        "settings": SETTINGS,
        "weights": plain(some_weights(rng, 3)),
        "batches": some_batches(rng, 4, 3),
        "smaller": batch_of(rng, 3, 3),
    }


def rows_before_and_after(rng):
    return {
        "settings": SETTINGS,
        "weights": plain(some_weights(rng, 3)),
        "batches": some_batches(rng, 4, 3),
        "x": batch_of(rng, 4, 3),
    }


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


def digits(rng):
    """600 handwritten digits to train on, 500 others to judge by, and weights far too large."""
    x, y = load_digits(return_X_y=True)
    order = rng.permutation(len(x))
    train, held_out = order[:600], order[-500:]
    return {
        "settings": {"momentum": 0.8},
        "kernel": 3 * rng.normal(size=(64, 24)),
        "last_kernel": 0.1 * rng.normal(size=(24, 10)),
        "x": x[train] / 16,
        "y": y[train],
        "batch_size": 50,
        "epochs": 2,
        "held_out_x": x[held_out] / 16,
        "held_out_y": y[held_out],
    }


HELD_OUT = ("held_out_x", "held_out_y")


def half_rows(rng):
    """Means within one deviation, of numbers that float16 holds exactly."""
    batches = rng.normal(size=(3, 4, 3)) + rng.uniform(-1, 1, 3)
    batches = batches / batches.std(axis=1, keepdims=True)
    return {
        "settings": SETTINGS,
        "weights": plain(some_weights(rng, 3)),
        "batches": batches.astype("float16").astype("float64"),
    }


def small_images(rng, *, channels=3, filters=3):
    """Images taller than wide, and a kernel large enough that epsilon hardly counts after it."""
    return {
        "filters": filters,
        "kernel_size": 3,
        "x": batch_of(rng, 2, 5, 3, channels),
        "kernel": 2 * rng.normal(size=(3, 3, channels, filters)),
        "weights": plain(some_weights(rng, filters)),
    }


def images_alone(rng, **more):
    return {"filters": 3, "x": batch_of(rng, 2, 5, 4, 2), **more}


def image_gradients(rng):
    return {**small_images(rng), "upstream": rng.normal(size=(2, 5, 3, 3))}


def image_regression(rng):
    inputs = small_images(rng)
    return {
        **inputs,
        "x": batch_of(rng, 10, 4, 3, 3),
        "last_kernel": rng.normal(size=(3, 2)),
        "y": rng.normal(size=(10, 2)),
        "epochs": 2,
    }


def tame_images(rng):
    inputs = small_images(rng)
    x = rng.normal(size=inputs["x"].shape).astype("float16").astype("float64")
    return {**inputs, "x": x, "kernel": inputs["kernel"] / 4}


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


def dense_activations(rng):
    return after_relu(rng, 6, 8, dead=([1, 4, 6], [], list(range(8))))


def first_row_dark(rng):
    """Units that are dark for all examples but one, now the first, now the last."""
    values = np.zeros((2, 5, 4))
    values[0, 0, [0, 2]] = rng.uniform(0.1, 1, 2)
    values[1, -1, [1, 2, 3]] = rng.uniform(0.1, 1, 3)
    return {"activations": values}


def image_activations(rng):
    inputs = after_relu(rng, 3, 4, 2, 5, dead=([0, 3], [2], []))
    # Some positions are dark in every unit, which makes no unit dead.
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


# --- judges ---------------------------------------------------------------------------------------

NAMES = ("gamma", "beta", "moving_mean", "moving_variance")


def only_gamma_and_beta(observed, expected, inputs):
    problem = mismatch(observed, expected)
    if problem:
        return problem
    for index, name in enumerate(NAMES):
        wanted = "trainable" if expected["trainable"][index] else "kept"
        if not observed[wanted][index] or observed["trainable"][index] != (wanted == "trainable"):
            kinds = {"trainable": "trainable_weights", "kept": "non_trainable_weights"}
            return f"{name} is not where it belongs, in the layer's {kinds[wanted]}."
    if (observed["counts"] != expected["counts"]).any():
        trainable, kept = observed["counts"]
        return f"expected 2 trainable and 2 other weights, got {trainable} and {kept}."
    return None


def nothing_moved(observed, expected, inputs):
    problem = mismatch(observed, expected)
    if problem:
        return problem
    for name, (before, after) in observed.items():
        if not np.array_equal(before, after):
            index = int(np.argmax(np.abs(after - before)))
            return (
                f"moving_{name}[{index}] was {before[index]:.6g} before and is "
                f"{after[index]:.6g} after calls with training=False; who has assigned to it?"
            )
    return None


def finite_and_close(observed, expected, inputs):
    problem = mismatch(observed, expected)
    if problem:
        return problem
    for name in ("output", "gradient"):
        if not np.isfinite(observed[name]).all():
            return (
                f"the {name} is not finite where a feature is 0 in the whole batch; its variance "
                "is 0, so what is left under the root?"
            )
    return close()(observed, expected, inputs)


def held_out_accuracy(observed, inputs):
    """Share of the held-out digits that the returned network reads correctly."""
    with np.errstate(all="ignore"):
        hidden = inputs["held_out_x"] @ observed["kernel"].astype("float64")
        hidden = np.maximum(hidden * observed["scale"] + observed["shift"], 0)
        scores = hidden @ observed["last_kernel"].astype("float64")
    return float(np.mean(scores.argmax(axis=1) == inputs["held_out_y"]))


def half_precision_close(observed, expected, inputs):
    problem = mismatch(observed, expected)
    if problem:
        return problem
    for name, size in (("output_bytes", 2), ("statistics_bytes", 4)):
        if name in expected and (observed[name] != size).any():
            what = "the output" if name == "output_bytes" else "a moving statistic"
            return f"{what} is float{8 * int(observed[name].max())}, expected float{8 * size}."
    values = [name for name in expected if not name.endswith("bytes")]
    return close(**HALF)(
        {name: observed[name] for name in values},
        {name: expected[name] for name in values},
        inputs,
    )


def block_half_precision_close(observed, expected, inputs):
    problem = mismatch(observed, expected)
    if problem:
        return problem
    if observed["bytes"] != 2:
        return f"the output is float{8 * int(observed['bytes'])}, expected float16."
    return close(**HALF)({"output": observed["output"]}, {"output": expected["output"]}, inputs)


def output_shapes(observed, expected, inputs):
    problem = mismatch(observed, expected)
    if problem:
        return problem
    for size, got, wanted in zip(
        inputs["kernel_sizes"], observed["shape"], expected["shape"], strict=True
    ):
        if not np.array_equal(got, wanted):
            return (
                f"kernel_size {size}, inputs of shape {inputs['x'].shape}: expected an output of "
                f"shape {tuple(int(n) for n in wanted)}, got {tuple(int(n) for n in got)}."
            )
    return None


def weights_counted(observed, expected, inputs):
    problem = mismatch(observed, expected)
    if problem:
        return problem
    for name, whose in (("conv", "conv"), ("bn", "bn"), ("all", "the block")):
        got, wanted = int(observed[name]), int(expected[name])
        if got != wanted:
            return f"{whose} has {got} weights, expected {wanted}."
    return close()(observed, expected, inputs)


def statistics_change_in_training_alone(observed, expected, inputs):
    problem = mismatch(observed, expected)
    if problem:
        return problem
    if observed["outside_training"].any():
        return "a call with training=False has changed the moving statistics of bn."
    if not observed["in_training"].all():
        return "a call with training=True has not changed both moving statistics of bn."
    return None


# --- checks ---------------------------------------------------------------------------------------


def batch_normalization(name, points, claim, probe, inputs, judge, **more):
    return Check(name, "BatchNormalization", claim, points, probe, inputs, judge, **more)


def conv_bn_relu(name, points, claim, probe, inputs, judge, **more):
    return Check(name, "ConvBNReLU", claim, points, probe, inputs, judge, **more)


def dead_share(name, points, claim, inputs):
    judge = close(along="case")
    return Check(name, "dead_fraction", claim, points, "dead_fractions", inputs, judge)


CHECKS = [
    batch_normalization(
        "training_normalizes_each_feature",
        2,
        "In training, each feature has the batch's mean taken off and its deviation divided out.",
        "training_outputs",
        rows,
        close(along="batch"),
    ),
    batch_normalization(
        "gamma_and_beta_act_in_training",
        1,
        "In training, the result is multiplied by gamma, and beta is added.",
        "training_outputs",
        partial(rows, moved=True),
        close(along="batch"),
    ),
    batch_normalization(
        "images_are_normalized_per_channel",
        2,
        "Each channel of a batch of images is normalized over rows, columns and examples at once.",
        "training_outputs",
        images,
        close(along="batch"),
    ),
    batch_normalization(
        "moving_mean_is_a_running_mean",
        2,
        "After each training batch, the moving mean is a running mean of the batches' means.",
        "moving_mean",
        rows_and_images,
        absolute(along="batch"),
    ),
    batch_normalization(
        "moving_variance_is_a_running_mean",
        2,
        "After each training batch, the moving variance is a running mean of biased variances.",
        "moving_variance",
        rows_and_images,
        absolute(along="batch"),
    ),
    batch_normalization(
        "inference_uses_moving_statistics",
        3,
        "Outside training, the moving statistics normalize, whatever else is in the batch.",
        "inference_outputs",
        rows_and_images_for_inference,
        close(),
    ),
    batch_normalization(
        "inference_changes_no_statistics",
        1,
        "Calls outside training leave the moving statistics as they are.",
        "statistics_around_inference",
        partial(rows, moved=True),
        nothing_moved,
    ),
    batch_normalization(
        "weights_start_right",
        1,
        "gamma and the moving variance start at one, beta and the moving mean at zero.",
        "fresh_weights",
        four_features,
        close(),
    ),
    batch_normalization(
        "only_gamma_and_beta_are_trainable",
        1,
        "gamma and beta are trainable weights, the moving statistics are kept but not trained.",
        "who_trains",
        four_features,
        only_gamma_and_beta,
    ),
    batch_normalization(
        "gradients_pass_through_the_statistics",
        2,
        "The gradient that reaches the inputs takes their part in mean and variance into account.",
        "gradients_of_inputs",
        upstream_gradients,
        close(),
    ),
    batch_normalization(
        "gamma_and_beta_get_gradients",
        1,
        "The gradients of gamma and beta are those of the formula.",
        "gradients_of_weights",
        upstream_gradients,
        close(),
    ),
    batch_normalization(
        "a_feature_of_zeros_stays_finite",
        1,
        "A feature that is 0 in the whole batch gives beta, and a finite gradient.",
        "output_and_gradient",
        one_feature_of_zeros,
        finite_and_close,
    ),
    batch_normalization(
        "defaults_are_as_stated",
        1,
        "Without arguments, momentum is 0.99 and epsilon is 0.001.",
        "config_round_trip",
        small_deviations,
        close(),
    ),
    batch_normalization(
        "config_holds_both_settings",
        1,
        "from_config(get_config()) makes a layer that normalizes and remembers in the same way.",
        "config_round_trip",
        partial(rows, settings=OTHER_SETTINGS, moved=True),
        close(),
    ),
    batch_normalization(
        "mixed_precision_works",
        1,
        "Under mixed_float16 the output is float16, and the statistics are kept in float32.",
        "mixed_precision",
        half_rows,
        half_precision_close,
        reference_floatx="float32",
    ),
    batch_normalization(
        "graph_mode_is_the_same",
        2,
        "Compiled by tf.function, batches of any size give the same numbers and statistics.",
        "graph_mode",
        rows_of_two_sizes,
        close(),
    ),
    batch_normalization(
        "saved_model_predicts_the_same",
        1,
        "A model that is saved and loaded has its statistics and settings with it.",
        "saved_model",
        rows_before_and_after,
        close(),
    ),
    batch_normalization(
        "fit_follows_the_rule",
        2,
        "model.fit ends every epoch at the weights and statistics of the formulas.",
        "fit",
        small_regression,
        close(),
    ),
    batch_normalization(
        "digits_are_learned_from_poor_weights",
        1,
        "From initial weights far too large, a network with the layer learns to read digits.",
        "learned_weights",
        digits,
        # Over 200 seeds the reference reaches .81, with a standard deviation of .027, and .73 at
        # least. This is 8 deviations below: a false alarm in fewer than one of 10^14 runs.
        # (benchmarks/false_alarms.py batch_normalization)
        at_least(held_out_accuracy, 0.60, "share of unseen digits read correctly"),
        withheld=HELD_OUT,
    ),
    conv_bn_relu(
        "height_and_width_are_kept",
        1,
        "The output is as high and wide as the input, for odd and even kernels.",
        "block_shapes",
        partial(images_alone, kernel_sizes=np.array([1, 2, 3])),
        output_shapes,
    ),
    conv_bn_relu(
        "convolution_then_normalization_then_relu",
        3,
        "In training, the output is ReLU of the normalized convolution, in that order.",
        "block_in_training",
        small_images,
        close(),
    ),
    conv_bn_relu(
        "inference_uses_moving_statistics",
        1,
        "Outside training, the block normalizes with the moving statistics of bn.",
        "block_at_inference",
        small_images,
        close(),
    ),
    conv_bn_relu(
        "the_convolution_has_no_bias",
        1,
        "conv has a kernel and nothing else, bn has its four weights, the block has no others.",
        "block_weights",
        partial(images_alone, kernel_size=3),
        weights_counted,
    ),
    conv_bn_relu(
        "statistics_follow_in_training_alone",
        1,
        "Training moves the statistics of bn, inference does not.",
        "block_statistics",
        small_images,
        statistics_change_in_training_alone,
    ),
    conv_bn_relu(
        "gradients_reach_every_weight",
        1,
        "The gradients of inputs, kernel, gamma and beta are those of the formulas.",
        "block_gradients",
        image_gradients,
        close(),
    ),
    conv_bn_relu(
        "mixed_precision_works",
        1,
        "Under mixed_float16 the block returns float16.",
        "block_in_mixed_precision",
        tame_images,
        block_half_precision_close,
        reference_floatx="float32",
    ),
    conv_bn_relu(
        "saved_block_predicts_the_same",
        1,
        "A model with the block, saved and loaded, predicts the same.",
        "saved_block",
        small_images,
        close(),
    ),
    conv_bn_relu(
        "fit_follows_the_rule",
        1,
        "model.fit ends every epoch at the weights of the formulas.",
        "fit_block",
        image_regression,
        close(along="epoch"),
    ),
    dead_share(
        "units_without_any_output_are_counted",
        2,
        "The fraction is the number of units that are 0 for every example, over all units.",
        dense_activations,
    ),
    dead_share(
        "every_example_counts",
        1,
        "A unit that responds to a single example is alive, be it the first or the last.",
        first_row_dark,
    ),
    dead_share(
        "every_position_counts",
        1,
        "In images a unit is a channel: one that responds at any position is alive.",
        image_activations,
    ),
    dead_share(
        "only_zeros_are_dead",
        1,
        "A unit of negative values, or of values that add up to 0, is not dead.",
        signed_activations,
    ),
    dead_share(
        "faint_is_not_dead",
        1,
        "A unit with values ever so small is not dead.",
        faint_activations,
    ),
]
