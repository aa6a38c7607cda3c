"""The checks that any regularizer gets, and the inputs and judges that serve losses with a penalty.

    standard_checks(L2, settings={"l2": 0.3}, other={"l2": 2.5}, training={"l2": 0.2})

declares them all. The probes are in ``regularizer_probes.py``.
"""

from functools import partial

import numpy as np

from autograder.grading.judge import ATOL, RTOL, close, expect, expect_close, failing

# --- inputs ---------------------------------------------------------------------------------------


def some_weights(rng, *shape):
    """Weights of either sign and sizes from 0.2 to 3: none so near 0 that its sign is chance."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.2, 3.0, shape)


def weights(rng, *, shapes, **others):
    """Weights of the given names and shapes, and other arguments as they are."""
    return {**others, **{name: some_weights(rng, *shape) for name, shape in shapes.items()}}


one_vector = partial(weights, shapes={"vector": (6,)})
one_layer = partial(weights, shapes={"kernel": (4, 3), "bias": (3,)})
two_tensors = partial(weights, shapes={"vector": (5,), "matrix": (3, 4)})
three_tensors = partial(weights, shapes={"vector": (5,), "matrix": (3, 4), "kernel": (2, 3, 2, 4)})
four_matrices = partial(weights, shapes={"matrices": (4, 3, 4)})


def tensors_of_all_sizes(rng, **others):
    """Three tensors, and a vector with a length below 1: a threshold or a constant shows there."""
    small = rng.choice([-1.0, 1.0], 5) * rng.uniform(0.1, 0.4, 5)
    return {**three_tensors(rng, **others), "small": small}


def huge_vector(rng, **others):
    """Weights that float64 holds and float32 does not (it ends at 3e38)."""
    return {**others, "vector": 1e50 * some_weights(rng, 6)}


def partly_zero(rng, **others):
    return {**others, "vector": some_weights(rng, 6) * np.array([1, 0, 1, 1, 0, 1])}


def steady_layer(rng, **others):
    """A layer whose weights (sizes from 0.5) keep their signs in a few short updates."""
    kernel = rng.choice([-1.0, 1.0], (4, 3)) * rng.uniform(0.5, 1.5, (4, 3))
    return {
        **others,
        "kernel": kernel.astype("float32"),
        "x": rng.uniform(-1, 1, size=(6, 4)).astype("float32"),
        "y": rng.uniform(-1, 1, size=(6, 3)).astype("float32"),
    }


def few_rows_many_columns(rng, **others):
    """24 noisy rows of 20 columns of which 3 matter, from zero weights, and 400 rows to judge by.

    There are 4 targets. Least squares fits the noise of the 24 rows; a penalty of the right kind
    does much better on the others.
    """
    truth = np.zeros((20, 4))
    for target in range(4):
        truth[rng.permutation(20)[:3], target] = rng.choice([-2.0, 2.0], 3)
    x, held_out_x = rng.normal(size=(24, 20)), rng.normal(size=(400, 20))
    return {
        **others,
        "kernel": np.zeros((20, 4)),
        "x": x,
        "y": x @ truth + 1.5 * rng.normal(size=(24, 4)),
        "learning_rate": 0.05,
        "updates": 120,
        "held_out_x": held_out_x,
        "held_out_y": held_out_x @ truth,
    }


HELD_OUT = ("held_out_x", "held_out_y")

# --- judges ---------------------------------------------------------------------------------------


def gradients_arrive(observed, expected):
    """The gradients are right; where none arrives at all, the message says so."""
    for name, wanted in expected.items():
        expect(
            observed[name].any() or not wanted.any(),
            f"{name}: no gradient reaches the weights (all {wanted.size} numbers are 0). Compute "
            "the penalty from the tensor with operations that TensorFlow can differentiate.",
        )
    close()(observed, expected)


def penalties_are_alike(observed, expected):
    """What else the configuration holds is for telling mistakes apart."""
    for name, by in (
        ("before", "the regularizer"),
        ("after", "from_config(get_config())"),
        ("without_arguments", "a regularizer without arguments"),
    ):
        expect_close(observed[name], expected[name], what=f"the penalty by {by}")


def zeros_are_harmless(observed, expected, inputs, *, steepest=0.0, slack=0.0):
    """The gradient at a weight of 0 is at most ``steepest``; the rest is the reference's.

    ``slack`` is what a tensor of zeros may cost.
    """
    zero = inputs["vector"] == 0
    for run, how in enumerate(("Eagerly: ", "Inside tf.function: ")):
        got, wanted = ({name: found[name][run] for name in found} for found in (observed, expected))
        at_zero = np.append(got["zeros_gradient"], got["vector_gradient"][zero])
        with failing(how):
            expect(
                np.abs(at_zero).max() <= steepest * (1 + RTOL) + ATOL,
                f"the gradient at a weight of 0 has size {np.abs(at_zero).max():.6g}, "
                f"expected at most {steepest:.6g}.",
            )
            for name, where in (("vector_gradient", ~zero), ("vector", None)):
                expect_close(got[name], wanted[name], where=where, what=name)
            expect_close(got["zeros"], 0.0, atol=slack + ATOL, what="zeros")


def held_out_error(found, inputs):
    """Mean squared error of the returned weights on the withheld rows, which carry no noise."""
    guess = inputs["held_out_x"] @ found["kernel"].astype("float64") + found.get("bias", 0.0)
    return float(np.mean((guess - inputs["held_out_y"]) ** 2))


def as_good_on_unseen_rows(observed, expected, inputs):
    """The error on withheld rows is at most a tenth above that of the reference's weights.

    Both descend along the same path, so only rounding tells them apart. Over 200 seeds of the
    reference, each in float32 and in float64, the two errors differ by at most 0.4 %.
    """
    with np.errstate(all="ignore"):
        error, wanted = held_out_error(observed, inputs), held_out_error(expected, inputs)
    plain = np.linalg.lstsq(inputs["x"], inputs["y"], rcond=None)[0]
    expect(
        error <= 1.1 * wanted,
        f"The mean squared error on 400 unseen rows is {error:.3g}, expected about {wanted:.3g}. "
        f"Without any penalty it is {held_out_error({'kernel': plain}, inputs):.3g}.",
    )


# --- the checks -----------------------------------------------------------------------------------


def standard_checks(
    exercise, settings, other, training, *, alternatives=(), steepest=0.0, slack=0.0
):
    """Declare every check: the cheap ones, and those that tell the most mistakes apart, first.

    Args:
        settings, other: strengths far from the defaults and from each other, so that a strength
            that is squared, rooted or swapped shows.
        training: strengths that suit the regression of `few_rows_many_columns`.
        alternatives: choices of arguments that leave some strengths at their default of 0.
        steepest: the largest gradient that a weight of 0 may get, with ``settings``.
        slack: the largest penalty that a tensor of zeros may get, with ``settings``.
    """
    check = partial(exercise.rule, judge=close())
    behaviour = partial(check, points=0.5, aspect="behaviour")
    check(
        "penalty_follows_the_formula",
        "The penalties of two vectors, a matrix and a convolution kernel follow the formula, "
        "whether the weights are small or large: one scalar each.",
        points=1.5 if alternatives else 2,
        probe="penalties",
        inputs=partial(tensors_of_all_sizes, settings=settings),
    )
    behaviour(
        "strength_belongs_to_the_instance",
        "Two regularizers of different strengths each use their own, and leave the weights alone; "
        "one of strength 0 costs nothing.",
        probe="two_strengths",
        inputs=partial(two_tensors, settings=settings, other_settings=other),
    )
    if alternatives:
        check(
            "either_factor_may_be_left_out",
            "A factor left at its default of 0 switches off its own part of the penalty only.",
            points=0.5,
            probe="several_settings",
            inputs=partial(weights, shapes={"vector": (5,)}, alternatives=list(alternatives)),
        )
    check(
        "gradient_pulls_every_weight",
        "The gradient of the penalty is right for every weight.",
        points=1.5,
        probe="gradients",
        inputs=partial(three_tensors, settings=other),
        judge=gradients_arrive,
        pairs=True,
    )
    check(
        "zero_weights_are_harmless",
        "The gradient at weights of exactly 0 is finite and no larger than the formula allows, "
        "also in tf.function.",
        points=0.5,
        probe="gradients_at_zero",
        inputs=partial(partly_zero, settings=settings),
        judge=partial(zeros_are_harmless, steepest=steepest, slack=slack),
    )
    behaviour(
        "float64_weights_work",
        "The penalty of float64 weights and its gradient are computed in float64: weights that are "
        "too large for float32 are fine.",
        probe="double_precision",
        inputs=partial(huge_vector, settings=settings),
    )
    behaviour(
        "config_holds_every_strength",
        "A regularizer made by from_config(get_config()) has the same penalty, and the defaults "
        "are those of the given `__init__`.",
        probe="config_round_trip",
        inputs=partial(one_vector, settings=other),
        judge=penalties_are_alike,
    )
    behaviour(
        "mixed_precision_works",
        "The float32 weights of a mixed_float16 layer are penalized in float32.",
        probe="mixed_precision",
        inputs=partial(steady_layer, settings=settings, learning_rate=0.02, updates=5),
        judge=close(along="update"),
        reference_floatx="float32",  # what is rounded to float16 must be the same numbers
    )
    behaviour(
        "graph_mode_follows_the_formula",
        "Compiled once by tf.function, penalty and gradient are right for every new tensor.",
        probe="compiled",
        inputs=partial(four_matrices, settings=settings),
        judge=close(along="call"),
    )
    behaviour(
        "saving_keeps_the_penalty",
        "A model has the same penalties after saving and loading.",
        probe="reloaded",
        inputs=partial(one_layer, settings=other),
    )
    behaviour(
        "fit_uses_the_penalty",
        "model.fit reports the penalized loss, and the weights after each epoch are right.",
        probe="fit",
        inputs=partial(steady_layer, settings=settings, learning_rate=0.002, epochs=3),
        judge=close(along="epoch"),
    )
    check(
        "unseen_rows_gain",
        "Trained on few noisy rows, a model predicts others as well as the right penalty allows.",
        points=1.5,
        aspect="convergence",
        probe="regression",
        inputs=partial(few_rows_many_columns, settings=training),
        judge=as_good_on_unseen_rows,
        withheld=HELD_OUT,
    )
