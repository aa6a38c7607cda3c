"""Type hints, a swap shuffle, a step on all variables at once, sums in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Array = np.ndarray


def shuffled(count: int, rng: np.random.Generator) -> Array:
    """Fisher and Yates: each place gets one of the numbers that are left."""
    order = np.arange(count)
    for place in range(count - 1, 0, -1):
        other = rng.integers(place + 1)
        order[[place, other]] = order[[other, place]]
    return order


def minibatches(
    x: Array, y: Array, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[Array, Array]]:
    if x.shape[0] != y.shape[0]:
        raise ValueError(f"{x.shape[0]} != {y.shape[0]}")
    if batch_size < 1:
        raise ValueError(f"{batch_size} < 1")
    order = shuffled(len(x), rng)
    for number in range(-(-len(x) // batch_size)):
        mine = np.arange(number * batch_size, min((number + 1) * batch_size, len(x)))
        yield x[order[mine]], y[order[mine]]


class GradientDescent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate: float = 0.01, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)

    def _backend_update_step(
        self, grads: list[tf.Tensor], trainable_variables: list[Any], learning_rate: tf.Tensor
    ) -> None:
        for gradient, variable in zip(grads, trainable_variables, strict=True):
            self.update_step(gradient, variable, learning_rate)

    def update_step(self, gradient: tf.Tensor, variable: Any, learning_rate: tf.Tensor) -> None:
        rate = keras.ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, rate * keras.ops.cast(gradient, variable.dtype))


def train(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    loss_fn: Callable[[Any, Any], tf.Tensor],
    x: Array,
    y: Array,
    *,
    batch_size: int,
    epochs: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    def update(x_batch: Array, y_batch: Array) -> tuple[float, int]:
        with tf.GradientTape() as tape:
            loss = loss_fn(y_batch, model(x_batch, training=True))
        variables = list(model.trainable_variables)
        optimizer.apply(tape.gradient(loss, variables), variables)
        return keras.ops.convert_to_numpy(loss).item(), len(x_batch)

    passes = [
        np.array([update(*batch) for batch in minibatches(x, y, batch_size, rng)])
        for _ in range(epochs)
    ]
    return {
        "loss": [float(losses @ rows / rows.sum()) for losses, rows in (p.T for p in passes)],
        "updates": sum(map(len, passes)),
    }
