"""The probes of gradient descent: each runs an exercise on inputs, and returns arrays."""

import itertools
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from _shared.cases import complaint
from _shared.optimizer_probes import (  # noqa: F401 - probes that checks.py names
    changing_learning_rate,
    config_round_trip,
    descend,
    double_precision,
    fit,
    graph_trajectory,
    mixed_precision,
    resumed_training,
    trajectory,
    two_instances,
)

from autograder.probing.kit import numbers, variables

# --- minibatches ----------------------------------------------------------------------------------


def one_epoch(minibatches, x, y, batch_size, rng, *, may_be_empty=False):
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
    if not pairs and not may_be_empty:
        raise ValueError("the epoch had no batch at all")
    return pairs


def epochs_of_batches(minibatches, *, x, y, batch_size, epochs, seed):
    """The rows of each epoch in the order they came, from one generator, and the batches' sizes.

    Shapes: x (n, d), y (n,). Returns x (epochs, 3 n + 3, d), y and sizes (epochs, 3 n + 3), padded
    with -1.
    """
    width, rng = 3 * len(x) + 3, np.random.default_rng(seed)
    found = {
        "x": np.full((epochs, width, x.shape[1]), -1.0),
        "y": np.full((epochs, width), -1.0),
        "sizes": np.full((epochs, width), -1),
    }
    for epoch in range(epochs):
        batches = zip(*one_epoch(minibatches, x, y, batch_size, rng), strict=True)
        x_batches, y_batches = ([numbers(batch) for batch in both] for both in batches)
        rows, targets = np.concatenate(x_batches)[:width], np.concatenate(y_batches)[:width]
        found["x"][epoch, : len(rows)] = rows
        found["y"][epoch, : len(targets)] = targets
        found["sizes"][epoch, : len(x_batches)] = [len(batch) for batch in x_batches]
    return found


def order_and_seed(minibatches, *, seeds, **settings):
    """The numbers of the rows, in column 0 of x, as they come for each seed. (len(seeds), n)."""
    found = [epochs_of_batches(minibatches, epochs=1, seed=seed, **settings) for seed in seeds]
    orders = [rows["x"][0, :, 0] for rows in found]
    return {"order": np.stack([order[order >= 0] for order in orders])}


def batch_sizes(minibatches, *, x, y, cases, seed):
    """The sizes of the batches for several (rows, batch_size), padded with -1."""
    found = np.full((len(cases), 3 * len(x) + 3), -1)
    for sizes, (rows, batch_size) in zip(found, cases, strict=True):
        given = (x[:rows], y[:rows], batch_size, np.random.default_rng(seed))
        pairs = one_epoch(minibatches, *given, may_be_empty=True)
        sizes[: len(pairs)] = [len(x_batch) for x_batch, _ in pairs]
    return {"sizes": found}


def kinds_of_batches(minibatches, *, x, y, batch_size, seed, epochs=1):
    """For x (n, ...) and y (n, ...): are batches arrays, of its dtype, and is it unchanged?"""
    wholes, rng = (x.copy(), y.copy()), np.random.default_rng(seed)
    found = [one_epoch(minibatches, *wholes, batch_size, rng) for _ in range(epochs)]
    batches = list(zip(*itertools.chain(*found), strict=True))
    dtypes = [{getattr(batch, "dtype", None) for batch in both} for both in batches]
    return {
        "is_array": np.array([all(isinstance(b, np.ndarray) for b in both) for both in batches]),
        "same_dtype": np.array([dtypes[0] == {x.dtype}, dtypes[1] == {y.dtype}]),
        "is_unchanged": np.array([np.array_equal(wholes[0], x), np.array_equal(wholes[1], y)]),
    }


def complaints(minibatches, *, x, y, cases, seed):
    """What asking for the first batch raises, for several (rows of x, rows of y, batch_size)."""

    def first_batch(x_rows, y_rows, batch_size):
        rng = np.random.default_rng(seed)
        next(iter(minibatches(x[:x_rows], y[:y_rows], batch_size, rng)), None)

    return {"complaint": np.array([complaint(partial(first_batch, *case)) for case in cases])}


# --- GradientDescent ------------------------------------------------------------------------------


def mixed_types(optimizer_class, *, settings, start, gradients):
    """Positions of a float64 vector by float32 gradients, with a schedule of float32 rates."""
    rates = keras.optimizers.schedules.ExponentialDecay(settings["learning_rate"], 9, 0.5)
    optimizer, weights, path = optimizer_class(rates), variables(start, dtype="float64"), []
    for gradient in gradients.astype("float32"):
        optimizer.apply([tf.constant(gradient)], weights)
        path.append(numbers(*weights))
    return {"vector": np.stack(path)}


# --- train ----------------------------------------------------------------------------------------


def linear_model(kernel, *layers):
    """A linear model without bias that starts at ``kernel``, shape (d, k), after other layers."""
    dense = keras.layers.Dense(kernel.shape[1], use_bias=False)
    model = keras.Sequential([keras.Input((kernel.shape[0],)), *layers, dense])
    dense.kernel.assign(kernel)
    return model


def trained(train, model, optimizer, loss_fn, *, x, y, seed, **settings):
    """What ``train`` returns, given x and y in Keras' default float type (y may be classes)."""
    floatx = keras.config.floatx()
    x, y = (array.astype(floatx) if array.dtype.kind == "f" else array for array in (x, y))
    return train(model, optimizer, loss_fn, x, y, rng=np.random.default_rng(seed), **settings)


def returned(result):
    """The losses and the count that ``train`` returned, as arrays; NaN if there is no count."""
    if not isinstance(result, Mapping) or "loss" not in result:
        raise TypeError(
            f"expected a dictionary with 'loss' and 'updates' from train, got {str(result)[:60]}"
        )
    try:
        found = list(result["loss"])
    except TypeError:
        kind = type(result["loss"]).__name__
        raise TypeError(f"expected 'loss' to be a list of numbers, got one {kind}") from None
    losses, updates = [float(value) for value in found], np.nan
    # Only `counts` is about it: what else there is to judge does not end with it.
    with suppress(TypeError, ValueError):
        updates = float(result.get("updates", np.nan))
    return {"loss": np.array(losses, dtype="float64"), "updates": np.array(updates)}


def squared_error(y, y_pred):
    return tf.reduce_mean(tf.square(y_pred - tf.cast(y, y_pred.dtype)))


def class_loss():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def training(train, *, kernel, learning_rate=0.01, **settings):
    """What is returned, and for every update: the targets of its batch and the weights after it.

    Shapes: kernel (d, 1), x (n, d), y (n, 1) with all values different. Returns targets (updates,
    rows), padded with NaN, and weights (updates, d).
    """
    model, optimizer = linear_model(kernel), keras.optimizers.SGD(learning_rate)
    given, updates, apply = [np.zeros(0)], [], optimizer.apply

    # tf.numpy_function takes the notes: correct solutions may compile their step.
    def note_targets(y):
        given.append(np.array(y, dtype="float64").ravel())

    def note_update(weights):
        updates.append((given[-1], np.array(weights, dtype="float64").ravel()))

    def loss_fn(y, y_pred):
        tf.numpy_function(note_targets, [tf.convert_to_tensor(y)], [])
        return squared_error(y, y_pred)

    def apply_and_note(grads, trainable_variables=None):  # the names that Keras gives them
        apply(grads, trainable_variables)
        tf.numpy_function(note_update, [tf.convert_to_tensor(model.trainable_variables[0])], [])

    optimizer.apply = apply_and_note
    result = returned(trained(train, model, optimizer, loss_fn, **settings))
    if not updates:
        stay = np.allclose(model.get_weights()[0], kernel)
        what = "no weight moved" if stay else "the weights moved without it"
        raise RuntimeError(f"{what}: the optimizer was never asked to apply a gradient")
    batches, weights = zip(*updates, strict=True)
    targets = np.full((len(batches), max(1, *map(len, batches))), np.nan)
    for row, batch in zip(targets, batches, strict=True):
        row[: len(batch)] = batch
    return {**result, "targets": targets, "weights": np.stack(weights)}


def full_batch_training(train, *, x, **settings):
    """The losses, and the weights after every update, where a batch is all rows."""
    found = training(train, x=x, batch_size=len(x), **settings)
    return {"weights": found["weights"], "loss": found["loss"]}


def counts(train, *, x, y, cases, **settings):
    """Losses returned, updates returned, and updates made for each (rows, batch_size, epochs)."""
    found = []
    for rows, batch_size, epochs in cases:
        used = {"x": x[:rows], "y": y[:rows], "batch_size": batch_size, "epochs": epochs}
        got = training(train, **used, **settings)
        if not np.isfinite(got["updates"]):
            raise TypeError("expected 'updates', a number, in the dictionary that train returns")
        found.append([got["loss"].size, int(got["updates"]), len(got["weights"])])
    return {"counts": np.array(found)}


def orders_of_seeds(train, *, seeds, **settings):
    """The targets of one epoch as they come for each seed; see `training`. (len(seeds), n)."""
    found = [training(train, epochs=1, seed=seed, **settings)["targets"] for seed in seeds]
    return {"order": np.stack([targets[~np.isnan(targets)] for targets in found])}


class TwiceInTraining(keras.layers.Layer):
    """Doubles its input in training, and leaves it as it is otherwise."""

    def call(self, inputs, training=False):
        return 2 * inputs if training else inputs


def end_of_training(train, optimizer, loss_fn, *layers, kernel, x, **settings):
    """The losses, and all weights at the end, where a batch is all rows."""
    model = linear_model(kernel, *layers)
    result = trained(train, model, optimizer, loss_fn, x=x, batch_size=len(x), **settings)
    weights = np.concatenate([weight.ravel() for weight in model.get_weights()])
    return {"loss": returned(result)["loss"], "weights": weights}


def training_mode(train, *, learning_rate, **settings):
    """`end_of_training` of a model with a layer that doubles while it trains."""
    optimizer = keras.optimizers.SGD(learning_rate)
    return end_of_training(train, optimizer, squared_error, TwiceInTraining(), **settings)


def other_optimizer(train, *, settings, **data):
    """`end_of_training` of two layers, an optimizer that has a state, and Keras' own loss."""
    first = keras.layers.Dense(len(data["kernel"]), kernel_initializer="identity")
    return end_of_training(train, keras.optimizers.Adam(**settings), class_loss(), first, **data)


def trained_on_digits(train, *, kernel, bias, learning_rate, epochs, **settings):
    """What is returned as loss, and the weights of a softmax regression after each epoch.

    An epoch is over after its share of all updates. Returns loss (epochs,), kernel (epochs, d, k)
    and bias (epochs, k).
    """
    dense = keras.layers.Dense(len(bias))
    model = keras.Sequential([keras.Input((len(kernel),)), dense])
    model.set_weights([kernel, bias])
    optimizer, path = keras.optimizers.SGD(learning_rate), []
    apply = optimizer.apply

    def note(*weights):
        path.append([np.array(weight) for weight in weights])

    def apply_and_note(grads, trainable_variables=None):  # the names that Keras gives them
        apply(grads, trainable_variables)
        # Correct solutions may compile their step.
        tf.numpy_function(note, [tf.convert_to_tensor(one) for one in model.weights], [])

    optimizer.apply = apply_and_note
    result = trained(train, model, optimizer, class_loss(), epochs=epochs, **settings)
    path = path or [model.get_weights()]  # the optimizer was never asked to apply a gradient
    ends = [-(-len(path) * epoch // epochs) - 1 for epoch in range(1, epochs + 1)]
    kernels, biases = zip(*(path[end] for end in ends), strict=True)
    loss = returned(result)["loss"]
    return {"loss": loss, "kernel": np.stack(kernels), "bias": np.stack(biases)}
