"""The probes of the gradient descent assignment: each runs an exercise and returns what it did.

A probe gets the student's class or function and inputs, and returns arrays. It holds no answer.
"""

import itertools
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf
from _shared.optimizer_probes import (  # noqa: F401 - probes that checks.py names
    changing_learning_rate,
    config_round_trip,
    double_precision,
    fit,
    graph_trajectory,
    mixed_precision,
    resumed_training,
    trajectory,
    two_instances,
)

from autograder.probing.kit import numbers

# --- minibatches ----------------------------------------------------------------------------------


def one_epoch(minibatches, x, y, batch_size, rng):
    """The batches of one epoch, pairs as they come. One that never ends is cut off."""
    pairs = list(itertools.islice(minibatches(x, y, batch_size, rng), 3 * len(x) + 3))
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise TypeError(f"expected pairs (x_batch, y_batch), got a {type(pair).__name__}")
        for name, batch, whole in zip(("x_batch", "y_batch"), pair, (x, y), strict=True):
            shape = numbers(batch).shape
            if shape[1:] != whole.shape[1:] or len(shape) != whole.ndim:
                rows = ", ".join(["rows", *(str(size) for size in whole.shape[1:])])
                raise TypeError(f"expected {name} of shape ({rows}), got shape {shape}")
    if not pairs:
        raise ValueError("the epoch had no batch at all")
    return pairs


def epochs_of_batches(minibatches, *, x, y, batch_size, epochs, seed):
    """All rows of some epochs in the order they came, from one generator.

    Shapes: x (n, d), y (n,). Returns x and y of all epochs, concatenated, the sizes of all batches,
    and how many batches each epoch had.
    """
    rng = np.random.default_rng(seed)
    found = [one_epoch(minibatches, x, y, batch_size, rng) for _ in range(epochs)]
    x_batches, y_batches = zip(*itertools.chain(*found), strict=True)
    return {
        "x": np.concatenate([numbers(batch) for batch in x_batches]).astype("float32"),
        "y": np.concatenate([numbers(batch) for batch in y_batches]).astype("float64"),
        "sizes": np.array([len(batch) for batch in x_batches]),
        "batches": np.array([len(epoch) for epoch in found]),
    }


def batch_sizes(minibatches, *, x, y, cases, seed):
    """The sizes of the batches for several (rows, batch_size), padded with -1.

    Shapes: x (n, d), y (n,), cases (k, 2); the first ``rows`` rows are used.
    """
    found = np.full((len(cases), 3 * len(x) + 3), -1)
    for sizes, (rows, batch_size) in zip(found, cases.tolist(), strict=True):
        pairs = one_epoch(minibatches, x[:rows], y[:rows], batch_size, np.random.default_rng(seed))
        sizes[: len(pairs)] = [len(x_batch) for x_batch, _ in pairs]
    return {"sizes": found}


def order_and_seed(minibatches, *, seeds, **settings):
    """The order of the rows for each of some seeds of the generator; see `epochs_of_batches`.

    Row numbers are in column 0 of x. Returns order (len(seeds), n).
    """
    found = [epochs_of_batches(minibatches, epochs=1, seed=seed, **settings) for seed in seeds]
    return {"order": np.stack([rows["x"][:, 0] for rows in found]).astype("float64")}


def kinds_of_batches(minibatches, *, x, y, batch_size, seed, epochs=1):
    """For each of x and y: are all batches NumPy arrays, of its dtype, and is it unchanged?

    Shapes: x (n, ...), y (n, ...).
    """
    wholes, rng = (x.copy(), y.copy()), np.random.default_rng(seed)
    pairs = [
        pair for _ in range(epochs) for pair in one_epoch(minibatches, *wholes, batch_size, rng)
    ]
    found = {"is_array": [], "same_dtype": [], "is_unchanged": []}
    for used, whole, batches in zip(wholes, (x, y), zip(*pairs, strict=True), strict=True):
        dtypes = {getattr(batch, "dtype", None) for batch in batches}
        found["is_array"].append(all(isinstance(batch, np.ndarray) for batch in batches))
        found["same_dtype"].append(dtypes == {whole.dtype})
        found["is_unchanged"].append(np.array_equal(used, whole))
    return {name: np.array(values) for name, values in found.items()}


def complaints(minibatches, *, x, y, cases, seed):
    """What asking for the first batch raises: 0 nothing, 1 ValueError, 2 something else.

    Shapes: x (n, d), y (n,), cases (k, 3) of rows of x, rows of y, and batch_size.
    """
    found = []
    for x_rows, y_rows, batch_size in cases.tolist():
        try:
            rng = np.random.default_rng(seed)
            next(iter(minibatches(x[:x_rows], y[:y_rows], batch_size, rng)), None)
        except NotImplementedError:
            raise
        except Exception as error:
            found.append(1 if isinstance(error, ValueError) else 2)
        else:
            found.append(0)
    return {"complaint": np.array(found)}


# --- train ----------------------------------------------------------------------------------------


def linear_model(kernel, *layers):
    """A linear model without bias that starts at ``kernel``, shape (d, k), after other layers."""
    dense = keras.layers.Dense(kernel.shape[1], use_bias=False)
    model = keras.Sequential([keras.Input((kernel.shape[0],)), *layers, dense])
    dense.kernel.assign(kernel)
    return model


def trained(train, model, optimizer, loss_fn, x, y, *, batch_size, epochs, seed):
    """What ``train`` returns, given x and y in Keras' default float type (y may be classes)."""
    floatx = keras.config.floatx()
    x, y = (array.astype(floatx) if array.dtype.kind == "f" else array for array in (x, y))
    rng = np.random.default_rng(seed)
    return train(model, optimizer, loss_fn, x, y, batch_size=batch_size, epochs=epochs, rng=rng)


def returned(result):
    """The losses and the count that ``train`` returned, as arrays."""
    if not isinstance(result, Mapping) or not {"loss", "updates"} <= set(result):
        raise TypeError(
            f"expected a dictionary with 'loss' and 'updates' from train, got {str(result)[:60]}"
        )
    return {
        "loss": np.array([float(value) for value in result["loss"]], dtype="float64"),
        "updates": np.array(int(result["updates"])),
    }


def squared_error(y, y_pred):
    """The mean of the squared errors of a batch."""
    return tf.reduce_mean(tf.square(y_pred - tf.cast(y, y_pred.dtype)))


def training(train, *, kernel, x, y, learning_rate=0.01, **settings):
    """What is returned, and for every update: the targets of its batch and the weights after it.

    Shapes: kernel (d, 1), x (n, d), y (n, 1) with all values different. ``settings`` are
    batch_size, epochs and seed. Returns targets (updates, rows), padded with NaN, and weights
    (updates, d).
    """
    model, optimizer = linear_model(kernel), keras.optimizers.SGD(learning_rate)
    given, updates, apply = [np.zeros(0)], [], optimizer.apply

    # Notes are taken by tf.numpy_function: right solutions may compile their step.
    def note_targets(y):
        given.append(np.array(y, dtype="float64").ravel())

    def note_update(weights):
        updates.append((given[-1], np.array(weights, dtype="float64").ravel()))

    def loss_fn(y, y_pred):
        tf.numpy_function(note_targets, [tf.convert_to_tensor(y)], [])
        return squared_error(y, y_pred)

    def apply_and_note(gradients, trainable_variables=None):
        apply(gradients, trainable_variables)
        tf.numpy_function(note_update, [tf.convert_to_tensor(model.trainable_variables[0])], [])

    optimizer.apply = apply_and_note
    result = trained(train, model, optimizer, loss_fn, x, y, **settings)
    if not updates:
        raise RuntimeError("the optimizer was never asked to apply a gradient")
    batches = np.full((len(updates), max(1, *(targets.size for targets, _ in updates))), np.nan)
    for row, (targets, _) in zip(batches, updates, strict=True):
        row[: targets.size] = targets
    weights = np.stack([weights for _, weights in updates])
    return {**returned(result), "targets": batches, "weights": weights}


def full_batch_training(train, *, x, **settings):
    """Weights after every update, and the losses, where a batch is all rows; see `training`."""
    found = training(train, x=x, batch_size=len(x), **settings)
    return {"weights": found["weights"], "loss": found["loss"]}


def counts(train, *, kernel, x, y, cases, seed):
    """How many losses and updates are returned, and updates made, for each (rows, batch, epochs).

    Shapes: kernel (d, 1), x (n, d), y (n, 1), cases (k, 3). Returns (k, 3).
    """
    found = []
    for rows, batch_size, epochs in cases.tolist():
        settings = {"batch_size": batch_size, "epochs": epochs, "seed": seed}
        got = training(train, kernel=kernel, x=x[:rows], y=y[:rows], **settings)
        found.append([got["loss"].size, got["updates"], len(got["weights"])])
    return {"counts": np.array(found)}


def orders_of_seeds(train, *, seeds, **settings):
    """The targets of one epoch in the order they came, for each of some seeds; see `training`.

    Returns (len(seeds), n).
    """
    found = [training(train, epochs=1, seed=seed, **settings)["targets"] for seed in seeds]
    return {"order": np.stack([targets[~np.isnan(targets)] for targets in found])}


class TwiceInTraining(keras.layers.Layer):
    """Doubles its input in training, and leaves it as it is otherwise."""

    def call(self, inputs, training=False):
        return 2 * inputs if training else inputs


def training_mode(train, *, kernel, x, y, epochs, learning_rate, seed):
    """Losses and weights at the end, of a model with a layer that doubles while it trains.

    Shapes: kernel (d, 1), x (n, d), y (n, 1).
    """
    model, optimizer = linear_model(kernel, TwiceInTraining()), keras.optimizers.SGD(learning_rate)
    settings = {"batch_size": len(x), "epochs": epochs, "seed": seed}
    result = trained(train, model, optimizer, squared_error, x, y, **settings)
    return {"loss": returned(result)["loss"], "kernel": numbers(model.get_weights()[0])}


def other_optimizer(train, *, kernel, x, y, epochs, settings, seed):
    """Losses, and weights at the end, of full batches with an optimizer that has a state.

    The loss is Keras' own. Shapes: kernel (d, k), x (n, d), y (n,) of class numbers.
    """
    model, optimizer = linear_model(kernel), keras.optimizers.Adam(**settings)
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    batches = {"batch_size": len(x), "epochs": epochs, "seed": seed}
    result = trained(train, model, optimizer, loss_fn, x, y, **batches)
    return {"loss": returned(result)["loss"], "kernel": numbers(model.get_weights()[0])}


def trained_on_digits(train, *, kernel, x, y, learning_rate, **settings):
    """The weights of a softmax regression after training with Keras' own loss.

    Shapes: kernel (d, k), x (n, d), y (n,) of class numbers.
    """
    model, optimizer = linear_model(kernel), keras.optimizers.SGD(learning_rate)
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    trained(train, model, optimizer, loss_fn, x, y, **settings)
    return {"kernel": numbers(model.get_weights()[0])}
