"""The checks of the regularization assignment: those of any regularizer, and of a loss with one.

Runs in the grader; students may read it: the right numbers come from the reference, which is not
here.
"""

from functools import partial

import numpy as np
from _shared.regularizer_checks import (
    HELD_OUT,
    as_good_on_unseen_rows,
    few_rows_many_columns,
    gradients_arrive,
    huge_vector,
    some_weights,
    standard_checks,
    steady_layer,
    three_tensors,
    weights,
)

from autograder.grading.judge import close
from autograder.model import Exercise

L1 = Exercise("L1", forbidden=("keras.regularizers.L1", "keras.regularizers.L1L2"))
L2 = Exercise("L2", forbidden=("keras.regularizers.L2", "keras.regularizers.L1L2"))
# Students may build it from their own L1 and L2.
L1L2 = Exercise(
    "L1L2",
    forbidden=("keras.regularizers.L1L2", "keras.regularizers.L1", "keras.regularizers.L2"),
)
L2Norm = Exercise("L2Norm")
penalized_loss = Exercise("penalized_loss")

standard_checks(L1, settings={"l1": 0.3}, other={"l1": 2.5138}, training={"l1": 0.4}, steepest=0.3)
standard_checks(L2, settings={"l2": 0.3}, other={"l2": 2.5138}, training={"l2": 0.2})
standard_checks(
    L1L2,
    settings={"l1": 0.3, "l2": 0.7},
    other={"l1": 1.7138, "l2": 0.4062},
    training={"l1": 0.3, "l2": 0.05},
    alternatives=({"l1": 0.4}, {"l2": 0.6}, {}),
    steepest=0.3,
)
standard_checks(
    L2Norm,
    settings={"l2": 0.3},
    other={"l2": 2.5138},
    training={"l2": 4.0},
    slack=3e-4,  # an epsilon of up to 1e-7 under the root costs 1e-4 at 0
)

# --- penalized_loss -------------------------------------------------------------------------------

penalized_loss.rule(
    "every_tensor_is_penalized",
    "The loss is the data loss plus the penalty of each of three tensors, whatever their names.",
    points=2,
    probe="penalized",
    inputs=partial(three_tensors, data_loss=1.75, strength=0.3),
    judge=close(),
)
penalized_loss.rule(
    "order_and_number_do_not_matter",
    "The same holds for lists of one tensor, and for two of one shape in either order.",
    points=0.5,
    probe="one_at_a_time",
    inputs=partial(weights, shapes={"one": (3, 4), "other": (3, 4)}, data_loss=0.6, strength=0.2),
    judge=close(),
)
penalized_loss.rule(
    "no_weights_no_penalty",
    "With no weights, the result is the data loss.",
    points=0.5,
    aspect="behaviour",
    probe="no_weights",
    inputs=lambda rng: {"data_loss": float(rng.uniform(0.5, 2.0)), "strength": 0.3},
    judge=close(),
)
penalized_loss.rule(
    "gradients_of_both_parts_arrive",
    "Every weight gets the gradient of the data loss and that of its penalty.",
    points=2,
    probe="penalized_gradients",
    inputs=lambda rng: {
        **weights(rng, shapes={"vector": (4,), "matrix": (3, 4)}, strength=0.8),
        "x": rng.normal(size=(6, 3)),
    },
    judge=gradients_arrive,
)
penalized_loss.rule(
    "float64_weights_work",
    "If the weights and the data loss are float64, so is the whole computation: numbers too large "
    "for float32 are fine.",
    points=1,
    aspect="behaviour",
    probe="double_precision_loss",
    inputs=partial(huge_vector, data_loss=1e150, strength=0.3),
    judge=close(),
)
penalized_loss.rule(
    "own_loop_follows_the_rule",
    "In a training loop compiled by tf.function, every loss and the final weights are right.",
    points=1.5,
    aspect="behaviour",
    probe="own_loop",
    inputs=lambda rng: {
        **steady_layer(rng, strength=0.3, learning_rate=0.01, updates=6),
        "bias": some_weights(rng, 3),
    },
    judge=close(),
)
penalized_loss.rule(
    "unseen_rows_gain",
    "A loop with it, on few noisy rows, predicts unseen rows as well as the right loss allows.",
    points=1.5,
    aspect="convergence",
    probe="own_loop",
    inputs=partial(few_rows_many_columns, strength=0.2, bias=np.zeros(4)),
    judge=as_good_on_unseen_rows,
    withheld=HELD_OUT,
)
