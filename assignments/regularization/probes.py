"""The probes of the regularization assignment: each asks for penalties and returns what came back.

A probe gets the student's class or function and inputs, and returns arrays. It holds no answer.
"""

from functools import partial

import keras
import numpy as np
import tensorflow as tf
from _shared.descent import descend
from _shared.regularizer_probes import (  # noqa: F401 - probes that checks.py names
    compiled,
    config_round_trip,
    double_precision,
    fit,
    gradients,
    gradients_at_zero,
    mixed_precision,
    penalties,
    pulls,
    regression,
    reloaded,
    several_settings,
    two_strengths,
)
from keras import ops

from autograder.probing.kit import numbers, real, tensors, variables

# Of a vector, a matrix and a kernel, three times.
NAMES = (
    *("bias", "kernel", "embeddings"),
    *("beta", "gamma", "recurrent_kernel"),
    *("offset", "weight", "depthwise_kernel"),
)

loss_of = partial(real, what="penalized_loss")


def sum_of_cubes(strength):
    """A regularizer that no student knows: any function of one tensor will do."""
    return lambda weight: strength * ops.sum(ops.abs(weight) ** 3)


def length(strength):
    """A regularizer whose penalty of two tensors is not that of the two joined."""
    return lambda weight: strength * ops.sqrt(ops.sum(ops.square(weight)))


def penalized(penalized_loss, *, data_loss, strength, vector, matrix, kernel):
    """Penalized losses of three variables of usual names, by cubes, by lengths, and by cubes again.

    The last variable is not trainable, as that of a frozen layer: what is in the list counts.
    Shapes: vector (d,), matrix (n, m), kernel (h, w, c, f). A loss is a scalar.
    """
    loss = ops.convert_to_tensor(data_loss, dtype=keras.config.floatx())
    regularizers = {"cubes": sum_of_cubes, "lengths": length, "again": sum_of_cubes}
    names = iter(NAMES)
    found = {}
    for which, regularizer in regularizers.items():
        weights = [
            keras.Variable(start, dtype=keras.config.floatx(), name=next(names))
            for start in (vector, matrix, kernel)
        ]
        weights[-1].trainable = False
        found[which] = loss_of(penalized_loss(loss, weights, regularizer(strength)))
    return found


def one_at_a_time(penalized_loss, *, data_loss, strength, one, other):
    """Penalized losses of lists of one tensor, and of the same two in either order.

    Shapes: one, other (n, m).
    """
    loss = ops.convert_to_tensor(data_loss, dtype=keras.config.floatx())
    one, other = tensors(one, other, like=variables(one, other))
    lists = ([one], [other], [one, other], [other, one])
    losses = [loss_of(penalized_loss(loss, w, sum_of_cubes(strength))) for w in lists]
    return {"losses": np.stack(losses)}


def no_weights(penalized_loss, *, data_loss, strength):
    """The penalized loss of an empty list."""
    loss = ops.convert_to_tensor(data_loss, dtype=keras.config.floatx())
    return {"loss": loss_of(penalized_loss(loss, [], sum_of_cubes(strength)))}


def penalized_gradients(penalized_loss, *, strength, vector, matrix, x):
    """Gradients of a penalized loss; the data loss is the mean square of ``x @ matrix + vector``.

    Shapes: vector (k,), matrix (d, k), x (n, d).
    """
    weights = variables(vector, matrix)
    (x,) = tensors(x, like=weights[:1])
    with tf.GradientTape() as tape:
        data_loss = ops.mean(ops.square(x @ weights[1] + weights[0]))
        loss = penalized_loss(data_loss, weights, length(strength))
    found = pulls(loss, [weight.value for weight in weights], tape)
    return {"vector": found[0], "matrix": found[1]}


def double_precision_loss(penalized_loss, *, data_loss, strength, vector):
    """The penalized loss of a float64 vector, shape (d,), with a float64 data loss."""
    loss = ops.convert_to_tensor(data_loss, dtype="float64")
    weights = variables(vector, dtype="float64")
    return {"loss": loss_of(penalized_loss(loss, weights, sum_of_cubes(strength)))}


def own_loop(penalized_loss, *, strength, kernel, bias, x, y, learning_rate, updates):
    """Kernel and bias of a linear model after a compiled loop with the penalized loss.

    Shapes: kernel (d, k), bias (k,), x (n, d), y (n, k). Returns the loss before every update,
    shape (updates,), and the weights after the last.
    """
    weights = variables(kernel, bias)
    x, y = tensors(x, y, like=weights)

    def loss():
        squares = ops.sum(ops.square(x @ weights[0] + weights[1] - y), axis=1)
        return penalized_loss(
            ops.mean(squares), weights, lambda weight: strength * ops.sum(ops.square(weight))
        )

    losses = descend(loss, weights, learning_rate, updates)
    return {"loss": losses, "kernel": numbers(weights[0]), "bias": numbers(weights[1])}
