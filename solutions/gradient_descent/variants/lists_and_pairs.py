"""A list of batches instead of a generator, gradients and variables in pairs."""

import keras
import numpy as np
import tensorflow as tf


def minibatches(x, y, batch_size, rng):
    if batch_size < 1 or len(x) != len(y):
        raise ValueError("batch_size must be positive, and x and y equally long")
    order = np.arange(len(x))
    rng.shuffle(order)
    x, y = x[order], y[order]
    starts = np.arange(0, len(x), batch_size)
    return [(x[i : i + batch_size], y[i : i + batch_size]) for i in starts]


class GradientDescent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)

    def update_step(self, gradient, variable, learning_rate):
        step = keras.ops.cast(learning_rate, variable.dtype) * keras.ops.cast(
            gradient, variable.dtype
        )
        self.assign(variable, variable - step)


def train(model, optimizer, loss_fn, x, y, *, batch_size, epochs, rng):
    history = []
    updates = 0
    for _epoch in range(epochs):
        rows, losses = [], []
        for pair in minibatches(x, y, batch_size, rng):
            features, targets = pair
            with tf.GradientTape() as tape:
                loss = loss_fn(targets, model(features, training=True))
            weights = model.trainable_weights
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
            rows.append(len(features))
            losses.append(loss.numpy())
        history.append(np.average(losses, weights=rows))
        updates += len(losses)
    return {"loss": history, "updates": updates}
