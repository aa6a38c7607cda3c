"""Gradient descent on any loss, for probes of what is added to one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from autograder.probing.kit import numbers


def descend(
    loss_of: Callable[[], Any],
    weights: Sequence[keras.Variable],
    learning_rate: float,
    updates: int,
) -> np.ndarray:
    """Full-batch gradient descent with momentum on ``loss_of()``, compiled.

    The learning rate falls to zero along half a cosine.

    Returns:
        The loss before every update, shape (updates,).
    """
    places = [weight.value for weight in weights]
    velocities = [tf.Variable(tf.zeros_like(place)) for place in places]

    @tf.function
    def update(rate: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = ops.convert_to_tensor(loss_of())
        pulled = tape.gradient(loss, places, unconnected_gradients="zero")
        for place, velocity, gradient in zip(places, velocities, pulled, strict=True):
            velocity.assign(0.9 * velocity - rate * gradient)
            place.assign_add(velocity)
        return loss

    losses = []
    for step in range(updates):
        rate = learning_rate * (1 + np.cos(np.pi * step / updates)) / 2
        losses.append(update(tf.constant(rate, dtype=places[0].dtype)))
    return np.stack([numbers(loss) for loss in losses])
