"""The checks of the regularization assignment: what must hold, what it is worth, how it is judged.

One table of (regularizer, settings) times (problem). Runs in the grader; students may read it: the
right numbers come from the reference, which is not here.
"""

from functools import partial

import numpy as np

from autograder.grading.judge import ATOL, RTOL, close, mismatch
from autograder.model import Check, Exercise

EXERCISES = [
    Exercise("L1", forbidden=("keras.regularizers.L1", "keras.regularizers.L1L2")),
    Exercise("L2", forbidden=("keras.regularizers.L2", "keras.regularizers.L1L2")),
    # Built from the student's own L1 and L2 it is as good as written out.
    Exercise(
        "L1L2",
        forbidden=("keras.regularizers.L1L2", "keras.regularizers.L1", "keras.regularizers.L2"),
    ),
    Exercise("L2Norm"),
    Exercise("penalized_loss"),
]

# Two sets of strengths, far from the defaults and from each other, and such that a strength that
# is squared, rooted or swapped with another shows.
SETTINGS = {
    "L1": ({"l1": 0.3}, {"l1": 2.5}),
    "L2": ({"l2": 0.3}, {"l2": 2.5}),
    "L1L2": ({"l1": 0.3, "l2": 0.7}, {"l1": 1.7, "l2": 0.4}),
    "L2Norm": ({"l2": 0.3}, {"l2": 2.5}),
}
# Strengths that suit the regression below.
TRAINING = {
    "L1": {"l1": 0.4},
    "L2": {"l2": 0.2},
    "L1L2": {"l1": 0.3, "l2": 0.05},
    "L2Norm": {"l2": 4.0},
}


def some_weights(rng, *shape):
    """Weights of either sign and sizes from 0.2 to 3: none so near 0 that its sign is chance."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.2, 3.0, shape)


def three_tensors(rng, **settings):
    return {
        **settings,
        "vector": some_weights(rng, 5),
        "matrix": some_weights(rng, 3, 4),
        "kernel": some_weights(rng, 2, 3, 2, 4),
    }


def two_tensors(rng, **settings):
    return {**settings, "vector": some_weights(rng, 5), "matrix": some_weights(rng, 3, 4)}


def one_vector(rng, **settings):
    return {**settings, "vector": some_weights(rng, 6)}


def huge_vector(rng, **settings):
    """Weights that float64 holds and float32 does not (it ends at 3e38)."""
    return {**settings, "vector": 1e50 * some_weights(rng, 6)}


def partly_zero(rng, **settings):
    return {**settings, "vector": some_weights(rng, 6) * np.array([1, 0, 1, 1, 0, 1])}


def several_matrices(rng, **settings):
    return {**settings, "matrices": some_weights(rng, 4, 3, 4)}


def one_layer(rng, **settings):
    return {**settings, "kernel": some_weights(rng, 4, 3), "bias": some_weights(rng, 3)}


def steady_layer(rng, **settings):
    """A layer whose weights (sizes from 0.5) keep their signs in a few short updates."""
    kernel = rng.choice([-1.0, 1.0], (4, 3)) * rng.uniform(0.5, 1.5, (4, 3))
    return {
        **settings,
        "kernel": kernel.astype("float32"),
        "x": rng.uniform(-1, 1, size=(6, 4)).astype("float32"),
        "y": rng.uniform(-1, 1, size=(6, 3)).astype("float32"),
    }


def few_rows_many_columns(rng, **settings):
    """24 noisy rows of 20 columns of which 3 matter, from zero weights, and 400 rows to judge by.

    There are 4 targets. Least squares fits the noise of the 24 rows; a penalty of the right kind
    does much better on the others.
    """
    truth = np.zeros((20, 4))
    for target in range(4):
        truth[rng.permutation(20)[:3], target] = rng.choice([-2.0, 2.0], 3)
    x, held_out_x = rng.normal(size=(24, 20)), rng.normal(size=(400, 20))
    return {
        **settings,
        "kernel": np.zeros((20, 4)),
        "x": x,
        "y": x @ truth + 1.5 * rng.normal(size=(24, 4)),
        "learning_rate": 0.05,
        "updates": 120,
        "held_out_x": held_out_x,
        "held_out_y": held_out_x @ truth,
    }


HELD_OUT = ("held_out_x", "held_out_y")


def held_out_error(observed, inputs):
    """Mean squared error of the returned weights on the withheld rows, which carry no noise."""
    guess = inputs["held_out_x"] @ observed["kernel"].astype("float64")
    guess += observed["bias"].astype("float64") if "bias" in observed else 0.0
    return float(np.mean((guess - inputs["held_out_y"]) ** 2))


def as_good_on_unseen_rows(observed, expected, inputs):
    """The error on withheld rows is at most a tenth above that of the reference's weights.

    Both descend along the same path, so only rounding tells them apart. Over 200 seeds of the
    reference, each in float32 and in float64, the two errors differ by at most 0.4 %.
    """
    problem = mismatch(observed, expected)
    if problem:
        return problem
    with np.errstate(all="ignore"):
        error, wanted = held_out_error(observed, inputs), held_out_error(expected, inputs)
    if error <= 1.1 * wanted:
        return None
    plain = np.linalg.lstsq(inputs["x"], inputs["y"], rcond=None)[0]
    return (
        f"the mean squared error on 400 unseen rows is {error:.3g}; expected about {wanted:.3g}. "
        f"Without any penalty it is {held_out_error({'kernel': plain}, inputs):.3g}."
    )


def scalars(observed, expected, inputs):
    """The penalties are scalars, and the right ones."""
    for name, wanted in expected.items():
        got = observed.get(name)
        if got is not None and wanted.shape == () and got.shape != ():
            return (
                f"{name}: expected one number, got {got.size} of them (shape {got.shape}). "
                "A penalty is one number for the whole tensor, whatever its rank."
            )
    return close()(observed, expected, inputs)


def gradients_arrive(observed, expected, inputs):
    """The gradients are right; where none arrives at all, the message says so."""
    problem = mismatch(observed, expected)
    if problem:
        return problem
    for name, wanted in expected.items():
        if wanted.any() and not observed[name].any():
            return (
                f"{name}: no gradient arrives at the weights (all {wanted.size} numbers are 0). "
                "Training sees a penalty only if it is computed from the tensor by operations "
                "that TensorFlow records."
            )
    return close()(observed, expected, inputs)


def at_zero(steepest, slack):
    """A judge of ``gradients_at_zero``.

    Where a weight is 0 while others are not, and where all are, its gradient must be finite and
    at most ``steepest(settings)`` in size; where it is not, it must be the reference's. ``slack``
    times the largest strength is what an all-zero tensor may cost: an epsilon under a root is
    right.
    """

    def judge(observed, expected, inputs):
        problem = mismatch(observed, expected)
        if problem:
            return problem
        bound = steepest(inputs["settings"]) * (1 + RTOL) + ATOL
        zero = inputs["vector"] == 0
        for run, how in enumerate(("eagerly", "inside tf.function")):
            for name, of in (("zeros_gradient", "of zeros"), ("vector_gradient", "partly zero")):
                found = observed[name][run]
                if not np.isfinite(found).all():
                    return (
                        f"{how}, a tensor {of} gets the gradient {found[~np.isfinite(found)][0]}: "
                        "after one update every weight would be nan."
                    )
            partly = observed["vector_gradient"][run]
            largest = max(np.abs(observed["zeros_gradient"][run]).max(), np.abs(partly[zero]).max())
            if largest > bound:
                return (
                    f"{how}, a weight that is 0 is pulled with {largest:.6g}; "
                    f"expected at most {steepest(inputs['settings']):.6g}."
                )
            message = close()(
                {"the gradient where weights are not 0": partly[~zero]},
                {"the gradient where weights are not 0": expected["vector_gradient"][run][~zero]},
                inputs,
            ) or close()(
                {"the penalty of a vector with zeros": observed["vector"][run]},
                {"the penalty of a vector with zeros": expected["vector"][run]},
                inputs,
            )
            if message:
                return f"{how}, {message}"
            cost = float(observed["zeros"][run])
            if not abs(cost) <= slack * max(inputs["settings"].values()) + ATOL:
                return f"{how}, a tensor of zeros costs {cost:.6g}; expected 0."
        return None

    return judge


def checks_of(exercise, settings, other):
    """The checks of one regularizer: the cheap ones, and those that tell the most apart, first."""
    largest_l1 = {
        "L1": lambda s: s["l1"],
        "L1L2": lambda s: s["l1"],
        "L2": lambda s: 0.0,
        "L2Norm": lambda s: 0.0,
    }[exercise]
    return [
        Check(
            "penalty_follows_the_formula",
            exercise,
            "The penalty of a vector, of a matrix and of a convolution kernel is the formula's.",
            2,
            "penalties",
            partial(three_tensors, settings=settings),
            scalars,
        ),
        Check(
            "strength_belongs_to_the_instance",
            exercise,
            "Two regularizers of different strengths each use their own.",
            1,
            "two_strengths",
            partial(two_tensors, settings=settings, other_settings=other),
            close(),
        ),
        *(
            [
                Check(
                    "either_factor_may_be_left_out",
                    exercise,
                    "With one factor at its default of 0 the other still counts; with both, none.",
                    1,
                    "factors_left_out",
                    lambda rng: {
                        "alternatives": [{"l1": 0.4}, {"l2": 0.6}, {}],
                        "vector": some_weights(rng, 5),
                    },
                    close(),
                )
            ]
            if exercise == "L1L2"
            else []
        ),
        Check(
            "gradient_pulls_every_weight",
            exercise,
            "The gradient of the penalty is right for every weight.",
            2,
            "gradients",
            partial(three_tensors, settings=other),
            gradients_arrive,
        ),
        Check(
            "zero_weights_are_harmless",
            exercise,
            "Weights that are exactly 0 get a finite gradient no larger than the formula allows.",
            1,
            "gradients_at_zero",
            partial(partly_zero, settings=settings),
            # An epsilon of up to 1e-7 under L2Norm's root costs 3e-4 of the strength at 0.
            at_zero(largest_l1, slack=1e-3 if exercise == "L2Norm" else 0.0),
        ),
        Check(
            "float64_weights_work",
            exercise,
            "float64 weights too large for float32 are penalized in float64.",
            1,
            "double_precision",
            partial(huge_vector, settings=settings),
            close(),
        ),
        Check(
            "config_holds_every_strength",
            exercise,
            "from_config(get_config()) makes a regularizer that asks for the same penalty.",
            1,
            "config_round_trip",
            partial(one_vector, settings=other),
            close(),
        ),
        Check(
            "mixed_precision_works",
            exercise,
            "The weights of a mixed_float16 layer are penalized in float32.",
            1,
            "mixed_precision",
            partial(steady_layer, settings=settings, learning_rate=0.02, updates=5),
            close(along="update"),
            reference_floatx="float32",  # what is rounded to float16 must be the same numbers
        ),
        Check(
            "graph_mode_follows_the_formula",
            exercise,
            "Compiled once by tf.function, penalty and gradient are right for every new tensor.",
            1,
            "compiled",
            partial(several_matrices, settings=settings),
            close(along="call"),
        ),
        Check(
            "saving_keeps_the_penalty",
            exercise,
            "A model saved and loaded again carries the same penalties.",
            1,
            "reloaded",
            partial(one_layer, settings=other),
            close(),
        ),
        Check(
            "fit_uses_the_penalty",
            exercise,
            "model.fit reports the penalized loss and ends every epoch at the formula's weights.",
            2,
            "fit",
            partial(steady_layer, settings=settings, learning_rate=0.002, epochs=3),
            close(along="epoch"),
        ),
        Check(
            "unseen_rows_gain",
            exercise,
            "From zero weights and few noisy rows, a model predicts others as well as it should.",
            1,
            "few_rows",
            partial(few_rows_many_columns, settings=TRAINING[exercise]),
            as_good_on_unseen_rows,
            withheld=HELD_OUT,
        ),
    ]


CHECKS = [check for name, pair in SETTINGS.items() for check in checks_of(name, *pair)]

CHECKS += [
    Check(
        "every_tensor_is_penalized",
        "penalized_loss",
        "The loss is the data loss plus the penalty of each of three tensors.",
        3,
        "penalized",
        partial(three_tensors, data_loss=1.75, strength=0.3),
        scalars,
    ),
    Check(
        "order_and_number_do_not_matter",
        "penalized_loss",
        "The same holds for lists of one tensor, and for two in either order.",
        1,
        "one_at_a_time",
        partial(two_tensors, data_loss=0.6, strength=0.2),
        close(),
    ),
    Check(
        "no_weights_no_penalty",
        "penalized_loss",
        "Of no weights at all, it is the data loss.",
        1,
        "no_weights",
        lambda rng: {"data_loss": float(rng.uniform(0.5, 2.0)), "strength": 0.3},
        scalars,
    ),
    Check(
        "gradients_of_both_parts_arrive",
        "penalized_loss",
        "Every weight gets the gradient of the data loss and that of its penalty.",
        2,
        "penalized_gradients",
        lambda rng: {
            "strength": 0.8,
            "vector": some_weights(rng, 4),
            "matrix": some_weights(rng, 3, 4),
            "x": rng.normal(size=(6, 3)),
        },
        gradients_arrive,
    ),
    Check(
        "float64_weights_work",
        "penalized_loss",
        "Everything stays in float64 if the weights and the data loss are.",
        1,
        "double_precision_loss",
        partial(huge_vector, data_loss=1e150, strength=0.3),
        close(),
    ),
    Check(
        "own_loop_follows_the_rule",
        "penalized_loss",
        "In a compiled training loop, the loss of every update and the final weights are right.",
        2,
        "own_loop",
        lambda rng: {
            **steady_layer(rng, strength=0.3, learning_rate=0.01, updates=6),
            "bias": some_weights(rng, 3),
        },
        close(),
    ),
    Check(
        "unseen_rows_gain",
        "penalized_loss",
        "A loop with the penalty, on few noisy rows, predicts others as well as it should.",
        1,
        "own_loop",
        partial(few_rows_many_columns, strength=0.2, bias=np.zeros(4)),
        as_good_on_unseen_rows,
        withheld=HELD_OUT,
    ),
]
