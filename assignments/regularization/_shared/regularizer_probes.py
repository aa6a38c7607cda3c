"""Probes that serve any exercise that is a regularizer: each asks for penalties and returns them.

A probe gets the student's class and inputs, and returns arrays. It holds no answer. A penalty is
returned in its own shape, so that a check sees whether it is a scalar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from _shared.descent import descend
from keras import ops

from autograder.probing.kit import (
    compile_model,
    held_numbers,
    in_batches,
    numbers,
    real,
    saved_and_loaded,
    tensors,
    variables,
)

Arrays = dict[str, np.ndarray]
Settings = Mapping[str, Any]

penalty_of = partial(real, what="the regularizer")


def penalties(regularizer_class: Any, *, settings: Settings, **weights: np.ndarray) -> Arrays:
    """The penalty of each tensor, of any names and ranks."""
    regularizer = regularizer_class(**settings)
    return {name: penalty_of(regularizer(variables(w)[0])) for name, w in weights.items()}


def gradients(regularizer_class: Any, *, settings: Settings, **weights: np.ndarray) -> Arrays:
    """The gradient of the penalty of each tensor, zeros where none arrives."""
    regularizer = regularizer_class(**settings)
    return {name: penalty_and_gradient(regularizer, w)[1] for name, w in weights.items()}


def two_strengths(
    regularizer_class: Any, *, settings: Settings, other_settings: Settings, **weights: np.ndarray
) -> Arrays:
    """Penalties by two regularizers that are made first and then used in turn, and the weights.

    And, in the end, by one whose strengths are 0.
    """
    pair = {"first": regularizer_class(**settings), "second": regularizer_class(**other_settings)}
    found = {}
    for name, values in weights.items():
        (weight,) = variables(values)
        for which, regularizer in pair.items():
            found[f"{which}_{name}"] = penalty_of(regularizer(weight))
        found[f"{name}_afterwards"] = numbers(weight)
    off = regularizer_class(**dict.fromkeys(settings, 0.0))
    return found | {f"off_{name}": penalty_of(off(variables(w)[0])) for name, w in weights.items()}


def several_settings(
    regularizer_class: Any, *, alternatives: Sequence[Settings], vector: np.ndarray
) -> Arrays:
    """Penalties and gradients of one vector, shape (d,), for each choice of arguments."""
    found = [penalty_and_gradient(regularizer_class(**chosen), vector) for chosen in alternatives]
    penalties, gradients = map(np.stack, zip(*found, strict=True))
    return {"penalties": penalties, "gradients": gradients}


def gradients_at_zero(regularizer_class: Any, *, settings: Settings, vector: np.ndarray) -> Arrays:
    """Penalties and gradients of a vector that is partly zero, and of an all-zero matrix.

    Shapes: vector (d,). Each array has two rows: computed eagerly, and inside ``tf.function``.
    """
    regularizer = regularizer_class(**settings)
    weights = variables(vector, np.zeros((2, 3)))

    def both() -> Any:
        with tf.GradientTape() as tape:
            costs = [ops.convert_to_tensor(regularizer(w)) for w in weights]
        return costs, tape.gradient(costs, [w.value for w in weights], unconnected_gradients="zero")

    names = ("vector", "zeros", "vector_gradient", "zeros_gradient")
    found: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for run in (both, tf.function(both)):
        costs, pulled = run()
        for name, value in zip(names, (*costs, *pulled), strict=True):
            found[name].append(penalty_of(value))
    return {name: np.stack(values) for name, values in found.items()}


def double_precision(regularizer_class: Any, *, settings: Settings, vector: np.ndarray) -> Arrays:
    """The penalty and the gradient of a float64 vector, shape (d,)."""
    penalty, gradient = penalty_and_gradient(regularizer_class(**settings), vector, "float64")
    return {"penalty": penalty, "gradient": gradient}


def config_round_trip(regularizer_class: Any, *, settings: Settings, vector: np.ndarray) -> Arrays:
    """The penalty of a vector (d,), by a regularizer, a copy of it, and one without arguments."""
    require_config(regularizer_class)
    regularizer = regularizer_class(**settings)
    config = regularizer.get_config()
    made = {
        "before": regularizer,
        "after": regularizer_class.from_config(config),
        "without_arguments": regularizer_class(),
    }
    found = {name: penalty_of(one(variables(vector)[0])) for name, one in made.items()}
    return {**found, "in_config": held_numbers(config, settings)}


def compiled(regularizer_class: Any, *, settings: Settings, matrices: np.ndarray) -> Arrays:
    """Penalties and gradients of one matrix after another, by a function compiled once.

    Shapes: matrices (calls, n, m).
    """
    regularizer = regularizer_class(**settings)

    @tf.function
    def both(matrix: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(matrix)
            penalty = ops.convert_to_tensor(regularizer(matrix))
        return penalty, tape.gradient(penalty, matrix, unconnected_gradients="zero")

    weight = variables(matrices[0])
    found = [both(*tensors(matrix, like=weight)) for matrix in matrices]
    return {
        "penalties": np.stack([penalty_of(penalty) for penalty, _ in found]),
        "gradients": np.stack([numbers(gradient) for _, gradient in found]),
    }


def reloaded(
    regularizer_class: Any, *, settings: Settings, kernel: np.ndarray, bias: np.ndarray
) -> Arrays:
    """The penalties of a layer's kernel and bias, before and after a trip through a file.

    Shapes: kernel (d, k), bias (k,).
    """
    model = linear_model(
        kernel,
        bias,
        kernel_regularizer=regularizer_class(**settings),
        bias_regularizer=regularizer_class(**settings),
    )
    before = np.stack([penalty_of(penalty) for penalty in model.losses])
    require_config(regularizer_class)
    model = saved_and_loaded(model, **{regularizer_class.__name__: regularizer_class})
    return {"before": before, "after": np.stack([penalty_of(penalty) for penalty in model.losses])}


def mixed_precision(
    regularizer_class: Any,
    *,
    settings: Settings,
    kernel: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    learning_rate: float,
    updates: int,
) -> Arrays:
    """The penalty and the weights of a ``mixed_float16`` layer at each of some updates.

    Shapes: kernel (d, k), x (n, d), y (n, k).
    """
    keras.config.set_dtype_policy("mixed_float16")
    layer = keras.layers.Dense(
        kernel.shape[1], use_bias=False, kernel_regularizer=regularizer_class(**settings)
    )
    layer.build((None, kernel.shape[0]))
    layer.kernel.assign(kernel)
    path: dict[str, list[np.ndarray]] = {"penalty": [], "kernel": []}
    for _ in range(updates):
        with tf.GradientTape() as tape:
            error = ops.cast(layer(x), "float32") - y
            penalty = ops.cast(layer.losses[0], "float32")
            loss = ops.mean(ops.square(error)) + penalty
        gradient = tape.gradient(loss, layer.kernel.value)
        layer.kernel.assign_sub(learning_rate * gradient)
        path["penalty"].append(penalty_of(penalty))
        path["kernel"].append(numbers(layer.kernel))
    return {name: np.stack(values) for name, values in path.items()}


def fit(
    regularizer_class: Any,
    *,
    settings: Settings,
    kernel: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    learning_rate: float,
    epochs: int,
) -> Arrays:
    """Weights of a linear model after each epoch of ``model.fit``, and the losses it reports.

    Shapes: kernel (d, k), x (n, d), y (n, k). Batches of two rows, in order.
    """
    model = linear_model(kernel, kernel_regularizer=regularizer_class(**settings))
    compile_model(model, keras.optimizers.SGD(learning_rate, momentum=0.9), "mse")
    path: list[np.ndarray] = []
    remember = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: path.append(model.get_weights()[0])
    )
    batches = in_batches(2, x, y)
    history = model.fit(
        batches, epochs=epochs, shuffle=False, verbose=0, callbacks=[remember]
    ).history
    return {"kernel": np.stack(path), "loss": np.array(history["loss"], dtype="float64")}


def regression(
    regularizer_class: Any,
    *,
    settings: Settings,
    kernel: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    learning_rate: float,
    updates: int,
) -> Arrays:
    """Weights of a linear model after descent on its squared error plus the penalty.

    Shapes: kernel (d, k), x (n, d), y (n, k).
    """
    regularizer = regularizer_class(**settings)
    weights = variables(kernel)
    x, y = tensors(x, y, like=weights * 2)

    def loss() -> Any:
        squares = ops.sum(ops.square(x @ weights[0] - y), axis=1)
        return ops.mean(squares) + regularizer(weights[0])

    descend(loss, weights, learning_rate, updates)
    return {"kernel": numbers(weights[0])}


# --- parts of probes ------------------------------------------------------------------------------


def pulls(penalty: Any, weights: Sequence[Any], tape: tf.GradientTape) -> list[np.ndarray]:
    """The gradient of a penalty for each weight, zeros where none arrives."""
    found = tape.gradient(ops.convert_to_tensor(penalty), weights)
    return [
        np.zeros(weight.shape) if pull is None else numbers(pull)
        for pull, weight in zip(found, weights, strict=True)
    ]


def penalty_and_gradient(
    regularizer: Callable[[Any], Any], values: np.ndarray, dtype: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The penalty of a new variable, computed eagerly, and its gradient."""
    weight = variables(values, dtype=dtype)[0]
    with tf.GradientTape() as tape:
        penalty = regularizer(weight)
    (gradient,) = pulls(penalty, [weight.value], tape)
    return penalty_of(penalty), gradient


def require_config(regularizer_class: Any) -> None:
    """Raise unless the class has a ``get_config`` of its own, which saving needs."""
    inherited = keras.regularizers.Regularizer.get_config
    if getattr(regularizer_class, "get_config", inherited) is inherited:
        raise AttributeError(
            f"{regularizer_class.__name__} has no get_config, so Keras can neither save it nor "
            "make another one like it"
        )


def linear_model(*weights: np.ndarray, **options: Any) -> keras.Model:
    """A built linear model that starts at a kernel, shape (d, k), and a bias (k,), if given."""
    features, targets = weights[0].shape
    dense = keras.layers.Dense(targets, use_bias=len(weights) > 1, **options)
    model = keras.Sequential([keras.Input((features,)), dense])
    model.set_weights(weights)
    return model
