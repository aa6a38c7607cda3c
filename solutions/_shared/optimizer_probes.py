"""Probes that serve any exercise that is an optimizer: each drives one and returns what it did.

A probe gets the student's class and inputs, and returns arrays. It holds no answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from autograder.probing.kit import linear_softmax, numbers, saved_and_loaded, tensors, variables


def trajectory(
    optimizer_class: Any,
    *,
    settings: Mapping[str, Any],
    vector: np.ndarray,
    matrix: np.ndarray,
    vector_gradients: np.ndarray,
    matrix_gradients: np.ndarray,
) -> dict[str, np.ndarray]:
    """Positions of a vector and a matrix after each of a list of updates, made eagerly.

    Shapes: vector (d,), matrix (n, m), gradients the same with the number of updates in front.
    """
    optimizer = optimizer_class(**settings)
    weights = variables(vector, matrix)
    path: dict[str, list[np.ndarray]] = {"vector": [], "matrix": []}
    for gradients in zip(vector_gradients, matrix_gradients, strict=True):
        optimizer.apply_gradients(
            list(zip(tensors(*gradients, like=weights), weights, strict=True))
        )
        for positions, weight in zip(path.values(), weights, strict=True):
            positions.append(numbers(weight))
    return {name: np.stack(positions) for name, positions in path.items()}


def graph_trajectory(
    optimizer_class: Any,
    *,
    settings: Mapping[str, Any],
    vector: np.ndarray,
    matrix: np.ndarray,
    vector_gradients: np.ndarray,
    matrix_gradients: np.ndarray,
) -> dict[str, np.ndarray]:
    """The same positions, with the update compiled once by ``tf.function``."""
    optimizer = optimizer_class(**settings)
    weights = variables(vector, matrix)
    optimizer.build(weights)

    @tf.function
    def update(*gradients: Any) -> None:
        optimizer.apply(list(gradients), weights)

    path: dict[str, list[np.ndarray]] = {"vector": [], "matrix": []}
    for gradients in zip(vector_gradients, matrix_gradients, strict=True):
        update(*tensors(*gradients, like=weights))
        for positions, weight in zip(path.values(), weights, strict=True):
            positions.append(numbers(weight))
    return {name: np.stack(positions) for name, positions in path.items()}


def gradients_afterwards(
    optimizer_class: Any,
    *,
    settings: Mapping[str, Any],
    starts: np.ndarray,
    gradients: np.ndarray,
) -> dict[str, np.ndarray]:
    """Whether the caller's list of gradients holds after an update what it held before.

    Shapes: starts and gradients (2, d).
    """
    optimizer = optimizer_class(**settings)
    weights = variables(*starts)
    given = tensors(*gradients, like=weights)
    kept = list(given)
    optimizer.apply(given, weights)
    same = len(given) == len(kept) and all(a is b for a, b in zip(given, kept, strict=False))
    return {"list_is_as_it_was": np.array(same)}


def two_instances(
    optimizer_class: Any,
    *,
    settings: Mapping[str, Any],
    other_settings: Mapping[str, Any],
    starts: np.ndarray,
    gradients: np.ndarray,
) -> dict[str, np.ndarray]:
    """Two optimizers taking turns, each on its own two vectors, in changing order.

    Shapes: starts (4, d), gradients (updates, 4, d).
    """
    first, second = optimizer_class(**settings), optimizer_class(**other_settings)
    weights = variables(*starts)
    first.build(weights[:2])
    second.build(weights[2:])
    positions = []
    for update, rows in enumerate(gradients):
        pairs = list(zip(tensors(*rows, like=weights), weights, strict=True))
        order = -1 if update % 2 else 1
        first.apply_gradients(pairs[:2][::order])
        second.apply_gradients(pairs[2:][::order])
        positions.append(np.stack([numbers(weight) for weight in weights]))
    return {"vectors": np.stack(positions)}


def changing_learning_rate(
    optimizer_class: Any,
    *,
    settings: Mapping[str, Any],
    rates: np.ndarray,
    start: np.ndarray,
    gradients: np.ndarray,
) -> dict[str, np.ndarray]:
    """Positions while the learning rate is assigned anew before each update, then scheduled.

    Shapes: rates (updates,), start (d,), gradients (updates, d).
    """
    assigned = optimizer_class(**settings)
    weight = variables(start)[0]
    path = []
    for rate, gradient in zip(rates, gradients, strict=True):
        assigned.learning_rate = float(rate)
        assigned.apply(tensors(gradient, like=[weight]), [weight])
        path.append(numbers(weight))

    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(
        list(range(len(rates) - 1)), [float(rate) for rate in rates]
    )
    scheduled = optimizer_class(**{**settings, "learning_rate": schedule})
    weight = variables(start)[0]
    scheduled_path = []
    for gradient in gradients:
        scheduled.apply(tensors(gradient, like=[weight]), [weight])
        scheduled_path.append(numbers(weight))
    return {"assigned": np.stack(path), "scheduled": np.stack(scheduled_path)}


def missing_gradient(
    optimizer_class: Any,
    *,
    settings: Mapping[str, Any],
    starts: np.ndarray,
    gradients: np.ndarray,
    missing: np.ndarray,
) -> dict[str, np.ndarray]:
    """Positions of two vectors, one of which gets no gradient at some updates.

    Shapes: starts (2, d), gradients (updates, 2, d), missing (updates,) of booleans.
    """
    optimizer = optimizer_class(**settings)
    weights = variables(*starts)
    optimizer.build(weights)
    positions = []
    for rows, skip in zip(gradients, missing, strict=True):
        step = tensors(*rows, like=weights)
        if skip:
            step[1] = None
        optimizer.apply_gradients(list(zip(step, weights, strict=True)))
        positions.append(np.stack([numbers(weight) for weight in weights]))
    return {"vectors": np.stack(positions)}


def config_round_trip(
    optimizer_class: Any,
    *,
    settings: Mapping[str, Any],
    start: np.ndarray,
    gradients: np.ndarray,
) -> dict[str, np.ndarray]:
    """Positions reached by ``from_config(optimizer.get_config())``.

    Shapes: start (d,), gradients (updates, d).
    """
    optimizer = optimizer_class.from_config(optimizer_class(**settings).get_config())
    weight = variables(start)[0]
    path = []
    for gradient in gradients:
        optimizer.apply(tensors(gradient, like=[weight]), [weight])
        path.append(numbers(weight))
    return {"vector": np.stack(path)}


def resumed_training(
    optimizer_class: Any,
    *,
    settings: Mapping[str, Any],
    kernel: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    before: int,
    after: int,
) -> dict[str, np.ndarray]:
    """Weights of a softmax regression after each of some batches, saved and loaded half-way.

    Shapes: kernel (d, k), x (n, d), y (n,) of class numbers; ``before`` and ``after`` count the
    updates on either side of the file.
    """
    model = linear_softmax(kernel)
    model.compile(optimizer_class(**settings), "sparse_categorical_crossentropy", run_eagerly=True)
    path = []
    for _ in range(before):
        model.train_on_batch(x, y)
        path.append(model.get_weights()[0])
    model = saved_and_loaded(model, **{optimizer_class.__name__: optimizer_class})
    model.run_eagerly = True
    for _ in range(after):
        model.train_on_batch(x, y)
        path.append(model.get_weights()[0])
    return {"kernel": np.stack(path)}


def double_precision(
    optimizer_class: Any,
    *,
    settings: Mapping[str, Any],
    start: np.ndarray,
    gradients: np.ndarray,
) -> dict[str, np.ndarray]:
    """Positions of a float64 vector. Shapes: start (d,), gradients (updates, d)."""
    optimizer = optimizer_class(**settings)
    weight = variables(start, dtype="float64")[0]
    path = []
    for gradient in gradients:
        optimizer.apply(tensors(gradient, like=[weight]), [weight])
        path.append(numbers(weight))
    return {"vector": np.stack(path)}


def mixed_precision(
    optimizer_class: Any,
    *,
    settings: Mapping[str, Any],
    kernel: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    updates: int,
) -> dict[str, np.ndarray]:
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


def fit(
    optimizer_class: Any,
    *,
    settings: Mapping[str, Any],
    kernel: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    batch_size: int,
    epochs: int,
) -> dict[str, np.ndarray]:
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
        x, y, batch_size=batch_size, epochs=epochs, shuffle=False, verbose=0, callbacks=[remember]
    )
    return {"kernel": np.stack(path)}


def descend(
    optimizer_class: Any,
    *,
    settings: Mapping[str, Any],
    kernel: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    batch_size: int,
    epochs: int,
) -> dict[str, np.ndarray]:
    """The weights of a softmax regression after epochs of compiled updates, batches in order.

    Shapes: kernel (d, k), x (n, d) with n a multiple of ``batch_size``, y (n,) of class numbers.
    """
    optimizer, (weight,) = optimizer_class(**settings), variables(kernel)
    optimizer.build([weight])

    @tf.function
    def update(rows: tf.Tensor, wanted: tf.Tensor) -> None:
        # The gradient of the mean cross-entropy, in closed form.
        error = keras.ops.softmax(rows @ weight) - wanted
        optimizer.apply([keras.ops.transpose(rows) @ error / batch_size], [weight])

    batches = (
        x.reshape(-1, batch_size, x.shape[1]),
        np.eye(kernel.shape[1])[y.reshape(-1, batch_size)],
    )
    for _ in range(epochs):
        for rows, wanted in zip(*batches, strict=True):
            update(*tensors(rows, wanted, like=[weight, weight]))
    return {"kernel": numbers(weight)}
