"""The probes of the gradient descent assignment: each runs an exercise and returns what it did.

A probe gets the student's class or function and inputs, and returns arrays. It holds no answer.
"""

import itertools
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

# The probes of GradientDescent are the kit's: they serve any optimizer.
from autograder.probing.kit import (  # noqa: F401 - checks.py names most of them
    changing_learning_rate,
    config_round_trip,
    double_precision,
    fit,
    graph_trajectory,
    mixed_precision,
    numbers,
    resumed_training,
    trajectory,
    two_instances,
)

# --- minibatches ----------------------------------------------------------------------------------


def one_epoch(minibatches, x, y, batch_size, rng):
    """The batches of one epoch as two lists of arrays. One that never ends is cut off."""
    x_batches, y_batches = [], []
    batches = minibatches(x, y, batch_size, rng)
    for batch in itertools.islice(batches, 3 * len(x) + 3):
        if not isinstance(batch, tuple | list) or len(batch) != 2:
            raise TypeError(f"expected pairs (x_batch, y_batch), got a {type(batch).__name__}")
        x_batch, y_batch = numbers(batch[0]), numbers(batch[1])
        for name, got, whole in (("x_batch", x_batch, x), ("y_batch", y_batch, y)):
            if got.shape[1:] != whole.shape[1:] or got.ndim != whole.ndim:
                rows = ", ".join(["rows", *(str(size) for size in whole.shape[1:])])
                raise TypeError(f"expected a {name} of shape ({rows}), got shape {got.shape}")
        x_batches.append(x_batch)
        y_batches.append(y_batch)
    if not x_batches:
        raise ValueError("the epoch had no batch at all")
    return x_batches, y_batches


def epochs_of_batches(minibatches, *, x, y, batch_size, epochs, seed):
    """All rows of some epochs in the order they came, from one generator.

    Shapes: x (n, d), y (n,). Returns x and y of all epochs, concatenated, the sizes of all batches,
    and how many batches each epoch had.
    """
    rng = np.random.default_rng(seed)
    found = {"x": [], "y": [], "sizes": [], "batches": []}
    for _ in range(epochs):
        x_batches, y_batches = one_epoch(minibatches, x, y, batch_size, rng)
        found["x"] += x_batches
        found["y"] += y_batches
        found["sizes"] += [len(x_batch) for x_batch in x_batches]
        found["batches"].append(len(x_batches))
    return {
        "x": np.concatenate(found["x"]).astype("float32"),
        "y": np.concatenate(found["y"]).astype("float64"),
        "sizes": np.array(found["sizes"]),
        "batches": np.array(found["batches"]),
    }


def batch_sizes(minibatches, *, x, y, cases, seed):
    """The sizes of the batches for several (rows, batch_size), filled up with -1.

    Shapes: x (n, d), y (n,), cases (k, 2); the first ``rows`` rows are used.
    """
    found = np.full((len(cases), 3 * len(x) + 3), -1)
    for row, (rows, batch_size) in zip(found, cases.tolist(), strict=True):
        rng = np.random.default_rng(seed)
        x_batches, _ = one_epoch(minibatches, x[:rows], y[:rows], batch_size, rng)
        row[: len(x_batches)] = [len(x_batch) for x_batch in x_batches]
    return {"sizes": found}


def order_and_seed(minibatches, *, x, y, batch_size, seeds):
    """The order of the rows for each of some seeds of the generator.

    Shapes: x (n, d) with the row's number in column 0, y (n,). Returns order (len(seeds), n).
    """
    orders = []
    for seed in seeds:
        x_batches, _ = one_epoch(minibatches, x, y, batch_size, np.random.default_rng(seed))
        orders.append(np.concatenate(x_batches)[:, 0])
    return {"order": np.stack(orders).astype("float64")}


def arrays_afterwards(minibatches, *, x, y, batch_size, epochs, seed):
    """The caller's arrays after some epochs. Shapes: x (n, d), y (n,)."""
    x, y, rng = x.copy(), y.copy(), np.random.default_rng(seed)
    for _ in range(epochs):
        one_epoch(minibatches, x, y, batch_size, rng)
    return {"x": x, "y": y}


def kinds_of_batches(minibatches, *, x, y, batch_size, seed):
    """For each of x and y: whether every batch is a NumPy array, and of the right dtype.

    Shapes: x (n, height, width, channels), y (n, k).
    """
    one_epoch(minibatches, x, y, batch_size, np.random.default_rng(seed))  # examines the shapes
    rng = np.random.default_rng(seed)
    batches = list(itertools.islice(minibatches(x, y, batch_size, rng), len(x)))
    return {
        "is_array": np.array(
            [all(isinstance(batch[i], np.ndarray) for batch in batches) for i in (0, 1)]
        ),
        "same_dtype": np.array(
            [
                all(getattr(batch[i], "dtype", None) == whole.dtype for batch in batches)
                for i, whole in ((0, x), (1, y))
            ]
        ),
    }


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
        except ValueError:
            found.append(1)
        except Exception:
            found.append(2)
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


class TwiceInTraining(keras.layers.Layer):
    """Doubles its input in training, and leaves it as it is otherwise."""

    def call(self, inputs, training=False):
        return 2 * inputs if training else inputs


def squared_error(y, y_pred):
    """The mean of the squared errors of a batch."""
    return tf.reduce_mean(tf.square(y_pred - tf.cast(y, y_pred.dtype)))


def as_floats(*arrays):
    """The arrays in Keras' default float type."""
    return [array.astype(keras.config.floatx()) for array in arrays]


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


class Log:
    """What happens during training, also inside ``tf.function``: the targets that the loss is
    given, and the weights after each update."""

    def __init__(self, model, optimizer):
        self.targets, self.updates = np.zeros(0), []
        apply = optimizer.apply

        def apply_and_note(gradients, trainable_variables=None):
            apply(gradients, trainable_variables)
            weights = [tf.reshape(tf.convert_to_tensor(v), [-1]) for v in model.trainable_variables]
            tf.numpy_function(self.note_update, [tf.concat(weights, axis=0)], [])

        optimizer.apply = apply_and_note

    def loss(self, y, y_pred):
        """The squared error, and a note of the targets."""
        tf.numpy_function(self.note_targets, [tf.convert_to_tensor(y)], [])
        return squared_error(y, y_pred)

    def note_targets(self, y):
        self.targets = np.array(y, dtype="float64").ravel()

    def note_update(self, weights):
        self.updates.append((self.targets, np.array(weights, dtype="float64")))

    def arrays(self):
        """The targets of each update's batch, filled up with NaN, and the weights after it."""
        if not self.updates:
            raise RuntimeError("the optimizer was never asked to apply a gradient")
        width = max(1, *(targets.size for targets, _ in self.updates))
        batches = np.full((len(self.updates), width), np.nan)
        for row, (targets, _) in zip(batches, self.updates, strict=True):
            row[: targets.size] = targets
        return {"targets": batches, "weights": np.stack([weights for _, weights in self.updates])}


def training(train, *, kernel, x, y, batch_size, epochs, learning_rate, seed):
    """What is returned, and for every update: the targets of its batch and the weights after it.

    Shapes: kernel (d, 1), x (n, d), y (n, 1) with all values different.
    """
    x, y = as_floats(x, y)
    model, optimizer = linear_model(kernel), keras.optimizers.SGD(learning_rate)
    log = Log(model, optimizer)
    rng = np.random.default_rng(seed)
    result = train(model, optimizer, log.loss, x, y, batch_size=batch_size, epochs=epochs, rng=rng)
    return {**returned(result), **log.arrays()}


def full_batch_training(train, *, kernel, x, y, epochs, learning_rate, seed):
    """Weights after every update, and the losses, where a batch is all rows.

    Shapes: kernel (d, 1), x (n, d), y (n, 1). Returns weights (updates, d).
    """
    found = training(
        train,
        kernel=kernel,
        x=x,
        y=y,
        batch_size=len(x),
        epochs=epochs,
        learning_rate=learning_rate,
        seed=seed,
    )
    return {"weights": found["weights"], "loss": found["loss"]}


def counts(train, *, kernel, x, y, cases, seed):
    """How many losses and updates are returned, and updates made, for each (rows, batch, epochs).

    Shapes: kernel (d, 1), x (n, d), y (n, 1), cases (k, 3). Returns (k, 3).
    """
    found = []
    for rows, batch_size, epochs in cases.tolist():
        got = training(
            train,
            kernel=kernel,
            x=x[:rows],
            y=y[:rows],
            batch_size=batch_size,
            epochs=epochs,
            learning_rate=0.01,
            seed=seed,
        )
        found.append([got["loss"].size, got["updates"], len(got["weights"])])
    return {"counts": np.array(found)}


def training_mode(train, *, kernel, x, y, epochs, learning_rate, seed):
    """Losses and weights at the end, of a model with a layer that doubles while it trains.

    Shapes: kernel (d, 1), x (n, d), y (n, 1).
    """
    x, y = as_floats(x, y)
    model = linear_model(kernel, TwiceInTraining())
    optimizer = keras.optimizers.SGD(learning_rate)
    rng = np.random.default_rng(seed)
    result = train(model, optimizer, squared_error, x, y, batch_size=len(x), epochs=epochs, rng=rng)
    return {"loss": returned(result)["loss"], "kernel": numbers(model.get_weights()[0])}


def other_optimizer(train, *, kernel, x, y, epochs, settings, seed):
    """Weights at the end of full batches with an optimizer that remembers earlier gradients.

    The loss is a class of Keras, for class numbers and scores. Shapes: kernel (d, k), x (n, d),
    y (n,) of class numbers.
    """
    (x,) = as_floats(x)
    model, optimizer = linear_model(kernel), keras.optimizers.Adam(**settings)
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    rng = np.random.default_rng(seed)
    result = train(model, optimizer, loss_fn, x, y, batch_size=len(x), epochs=epochs, rng=rng)
    return {"loss": returned(result)["loss"], "kernel": numbers(model.get_weights()[0])}


def orders_of_seeds(train, *, kernel, x, y, batch_size, seeds):
    """The targets of one epoch in the order they came, for each of some seeds of the generator.

    Shapes: kernel (d, 1), x (n, d), y (n, 1) with all values different. Returns (len(seeds), n).
    """
    orders = []
    for seed in seeds:
        got = training(
            train,
            kernel=kernel,
            x=x,
            y=y,
            batch_size=batch_size,
            epochs=1,
            learning_rate=0.01,
            seed=seed,
        )
        orders.append(got["targets"][~np.isnan(got["targets"])])
    return {"order": np.stack(orders)}


def trained_on_digits(train, *, kernel, x, y, batch_size, epochs, learning_rate, seed):
    """The weights of a softmax regression after training. Shapes: kernel (d, k), x (n, d), y (n,).

    The loss is Keras' own, for class numbers and scores.
    """
    (x,) = as_floats(x)
    model, optimizer = linear_model(kernel), keras.optimizers.SGD(learning_rate)
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    rng = np.random.default_rng(seed)
    train(model, optimizer, loss_fn, x, y, batch_size=batch_size, epochs=epochs, rng=rng)
    return {"kernel": numbers(model.get_weights()[0])}
