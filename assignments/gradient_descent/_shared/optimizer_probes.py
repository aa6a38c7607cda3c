"""Probes that serve any exercise that is an optimizer: each drives one and returns what it did.

A probe gets the student's class and inputs, and returns arrays. It holds no answer. Start values
have any shape; gradients have the same shape, with the number of updates in front, and so do the
positions that a probe returns.
"""

import itertools

import keras
import numpy as np
import tensorflow as tf

from autograder.probing.kit import (
    held_numbers,
    in_batches,
    linear_softmax,
    numbers,
    saved_and_loaded,
    tensors,
    variables,
)


def positions(update, weights, steps):
    """Where each variable is after each update: one array per variable, the updates in front.

    Args:
        update: ``update(gradients, weights)`` makes one update.
        steps: for each update, the gradients of all variables.
    """
    path = []
    for gradients in steps:
        update(tensors(*gradients, like=weights), weights)
        path.append([numbers(weight) for weight in weights])
    return [np.stack(places) for places in zip(*path, strict=True)]


def named_positions(update_of, arrays):
    """The positions of named variables. ``update_of(weights)`` makes the ``update`` of them.

    Args:
        arrays: for each variable a start value, "vector", and gradients, "vector_gradients".
    """
    names = [name for name in arrays if not name.endswith("_gradients")]
    weights = variables(*(arrays[name] for name in names))
    steps = zip(*(arrays[f"{name}_gradients"] for name in names), strict=True)
    return dict(zip(names, positions(update_of(weights), weights, steps), strict=True))


def trajectory(optimizer_class, *, settings, **arrays):
    """Positions of named variables after each of a list of updates, made eagerly."""
    optimizer = optimizer_class(**settings)

    def update(gradients, weights):
        optimizer.apply_gradients(list(zip(gradients, weights, strict=True)))

    return named_positions(lambda weights: update, arrays)


def graph_trajectory(optimizer_class, *, settings, **arrays):
    """The same positions, with the update compiled once by ``tf.function``."""
    optimizer = optimizer_class(**settings)

    def update_of(weights):
        optimizer.build(weights)
        compiled = tf.function(lambda *gradients: optimizer.apply(list(gradients), weights))
        return lambda gradients, weights: compiled(*gradients)

    return named_positions(update_of, arrays)


def gradients_afterwards(optimizer_class, *, settings, starts, gradients):
    """Whether the caller's list of gradients holds after an update what it held before."""
    optimizer, weights = optimizer_class(**settings), variables(*starts)
    given = tensors(*gradients, like=weights)
    kept = list(given)
    optimizer.apply(given, weights)
    same = len(given) == len(kept) and all(a is b for a, b in zip(given, kept, strict=False))
    return {"list_is_as_it_was": np.array(same)}


def two_instances(optimizer_class, *, settings, other_settings, starts, gradients):
    """Two optimizers taking turns, each on its own two vectors, in changing order.

    Shapes: starts (4, d), gradients (updates, 4, d).
    """
    first, second = optimizer_class(**settings), optimizer_class(**other_settings)
    weights = variables(*starts)
    first.build(weights[:2])
    second.build(weights[2:])
    orders = itertools.cycle([1, -1])

    def update(gradients, weights):
        pairs, order = list(zip(gradients, weights, strict=True)), next(orders)
        first.apply_gradients(pairs[:2][::order])
        second.apply_gradients(pairs[2:][::order])

    return {"vectors": np.stack(positions(update, weights, gradients), axis=1)}


def changing_learning_rate(optimizer_class, *, settings, rates, start, gradients):
    """Positions while the learning rate is assigned anew before each update, then scheduled.

    Shapes: rates (updates,), start (d,), gradients (updates, d).
    """
    rates, steps = [float(rate) for rate in rates], gradients[:, None]
    assigned, coming = optimizer_class(**settings), iter(rates)

    def update(gradients, weights):
        assigned.learning_rate = next(coming)
        assigned.apply(gradients, weights)

    path = positions(update, variables(start), steps)[0]
    # Made after the first has finished: instances may share something, which is another check.
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(list(range(len(rates) - 1)), rates)
    scheduled = optimizer_class(**{**settings, "learning_rate": schedule})
    return {
        "assigned": path,
        "scheduled": positions(scheduled.apply, variables(start), steps)[0],
    }


def missing_gradient(optimizer_class, *, settings, starts, gradients, missing):
    """Positions of two vectors, the second of which gets no gradient at some updates.

    Shapes: starts (2, d), gradients (updates, 2, d), missing (updates,) of booleans.
    """
    optimizer, weights = optimizer_class(**settings), variables(*starts)
    optimizer.build(weights)
    skips = iter(missing)

    def update(gradients, weights):
        first, second = gradients
        given = [first, None if next(skips) else second]
        optimizer.apply_gradients(list(zip(given, weights, strict=True)))

    return {"vectors": np.stack(positions(update, weights, gradients), axis=1)}


def config_round_trip(optimizer_class, *, settings, start, gradients):
    """Positions of a vector, moved by ``from_config(optimizer.get_config())``; and by the first."""
    optimizer = optimizer_class(**settings)
    config = optimizer.get_config()
    copied, original = (
        positions(each.apply, variables(start), gradients[:, None])[0]
        for each in (optimizer_class.from_config(config), optimizer)
    )
    return {"vector": copied, "original": original, "in_config": held_numbers(config, settings)}


def effect_of_epsilon(optimizer_class, *, settings, epsilon, gradient, faint_gradient):
    """The first step, with and without an epsilon, of a vector that is zero.

    Shapes: gradient (d,), faint_gradient (d,). Returns the step with the epsilon "passed", "copied"
    by the configuration, and too small to count, "plain"; for the faint gradient with the
    "default", and "faint_plain".
    """
    given = {**settings, "epsilon": epsilon}
    config = optimizer_class(**given).get_config()
    negligible = {**settings, "epsilon": 1e-30}
    optimizers = {
        "passed": (optimizer_class(**given), gradient),
        "copied": (optimizer_class.from_config(config), gradient),
        "plain": (optimizer_class(**negligible), gradient),
        "default": (optimizer_class(**settings), faint_gradient),
        "faint_plain": (optimizer_class(**negligible), faint_gradient),
    }
    steps = {
        name: positions(optimizer.apply, variables(np.zeros_like(pull)), [[pull]])[0][0]
        for name, (optimizer, pull) in optimizers.items()
    }
    return {**steps, "in_config": held_numbers(config, given)}


def alike_variables(optimizer_class, *, settings, starts, gradients):
    """Positions of vectors that have one name and one shape; and with `build` called twice.

    Shapes: starts (n, d), gradients (updates, n, d); returns (updates, n, d) each.
    """
    found, again = {}, len(gradients) // 2
    for name, built_at in (("of_one_name", [0]), ("built_again", [0, again])):
        optimizer, counts = optimizer_class(**settings), itertools.count()
        floatx = keras.config.floatx()
        weights = [keras.Variable(start, dtype=floatx, name="kernel") for start in starts]

        def update(gradients, weights, optimizer=optimizer, counts=counts, built_at=built_at):
            if next(counts) in built_at:
                optimizer.build(weights)
            optimizer.apply(gradients, weights)

        found[name] = np.stack(positions(update, weights, gradients), axis=1)
    return found


def double_precision(optimizer_class, *, settings, start, gradients):
    """Positions of a float64 vector; also with float32 gradients, and with a schedule."""
    rate = settings["learning_rate"]
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([3], [rate, rate / 2])
    found = {}
    for name, rates, dtype in (
        ("vector", rate, "float64"),
        ("of_float32_gradients", rate, "float32"),
        ("scheduled", schedule, "float64"),
    ):
        optimizer = optimizer_class(**{**settings, "learning_rate": rates})

        def update(gradients, weights, optimizer=optimizer, dtype=dtype):
            optimizer.apply([keras.ops.cast(each, dtype) for each in gradients], weights)

        weights = variables(start, dtype="float64")
        found[name] = positions(update, weights, gradients[:, None])[0]
    return found


def mixed_precision(optimizer_class, *, settings, kernel, x, y, updates):
    """Weights of a ``mixed_float16`` linear model trained with loss scaling, as ``fit`` does it.

    Shapes: kernel (d, k), x (n, d), y (n, k).
    """
    keras.config.set_dtype_policy("mixed_float16")
    layer = keras.layers.Dense(kernel.shape[1], use_bias=False)
    layer.build((None, kernel.shape[0]))
    layer.kernel.assign(kernel)
    optimizer = keras.optimizers.LossScaleOptimizer(
        optimizer_class(**settings), initial_scale=256.0
    )
    optimizer.build(layer.trainable_variables)
    path = []
    for _ in range(updates):
        with tf.GradientTape() as tape:
            error = keras.ops.cast(layer(x), "float32") - y
            loss = optimizer.scale_loss(keras.ops.mean(keras.ops.square(error)))
        optimizer.apply(tape.gradient(loss, layer.trainable_variables), layer.trainable_variables)
        path.append(numbers(layer.kernel))
    return {"kernel": np.stack(path)}


def resumed_training(optimizer_class, *, settings, kernel, x, y, before, after):
    """Weights of a softmax regression after each of some batches, saved and loaded in between.

    Shapes: kernel (d, k), x (n, d), y (n,) of class numbers; ``before`` and ``after`` count the
    updates on either side of the file. Returns ``kernel`` (before + after, d, k), and of the model
    that was saved and trained on, ``unsaved`` (after, d, k).
    """

    def trained(model, updates):
        for _ in range(updates):
            model.train_on_batch(x, y)
            yield model.get_weights()[0]

    model = linear_softmax(kernel)
    model.compile(optimizer_class(**settings), "sparse_categorical_crossentropy", run_eagerly=True)
    path = list(trained(model, before))
    loaded = saved_and_loaded(model, **{optimizer_class.__name__: optimizer_class})
    loaded.run_eagerly = True
    path += trained(loaded, after)
    return {"kernel": np.stack(path), "unsaved": np.stack(list(trained(model, after)))}


def fit(optimizer_class, *, settings, kernel, x, y, batch_size, epochs):
    """Weights of a softmax regression after each epoch of ``model.fit``, batches in order.

    The optimizer is built by ``fit``, while it compiles the step.

    Shapes: kernel (d, k), x (n, d), y (n,) of class numbers. Returns the kernels, (epochs, d, k).
    """
    model = linear_softmax(kernel)
    model.compile(optimizer_class(**settings), "sparse_categorical_crossentropy")
    path = []
    remember = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: path.append(model.get_weights()[0])
    )
    model.fit(
        in_batches(batch_size, x, y), epochs=epochs, shuffle=False, verbose=0, callbacks=[remember]
    )
    return {"kernel": np.stack(path)}


def descend(optimizer_class, *, settings, kernel, bias, x, y, batch_size, epochs):
    """The weights of a softmax regression after each epoch of eager updates, batches in order.

    Shapes: kernel (d, k), bias (k,), x (n, d) with n a multiple of ``batch_size``, y (n,) of class
    numbers. Returns each weight with the epochs in front.
    """
    optimizer, weights, path = optimizer_class(**settings), variables(kernel, bias), []
    batches = list(
        zip(
            x.reshape(-1, batch_size, x.shape[1]),
            np.eye(len(bias))[y.reshape(-1, batch_size)],
            strict=True,
        )
    )
    for _ in range(epochs):
        for batch in batches:
            rows, wanted = tensors(*batch, like=weights)
            # The gradients of the mean cross-entropy, in closed form.
            error = (keras.ops.softmax(rows @ weights[0] + weights[1]) - wanted) / batch_size
            optimizer.apply([keras.ops.transpose(rows) @ error, keras.ops.sum(error, 0)], weights)
        path.append([numbers(weight) for weight in weights])
    kernels, biases = zip(*path, strict=True)
    return {"kernel": np.stack(kernels), "bias": np.stack(biases)}
