"""An iterator class, a configuration of its own, and a training loop that shuffles by itself."""

import math

import keras
import tensorflow as tf
from keras import ops


class Epoch:
    def __init__(self, x, y, batch_size, order):
        self.x, self.y, self.batch_size, self.order = x, y, batch_size, list(order)

    def __iter__(self):
        return self

    def __next__(self):
        if not self.order:
            raise StopIteration
        rows, self.order = self.order[: self.batch_size], self.order[self.batch_size :]
        return [self.x[rows], self.y[rows]]


def minibatches(x, y, batch_size, rng):
    if int(batch_size) <= 0:
        raise ValueError("batch_size <= 0")
    if len(y) - len(x):
        raise ValueError("lengths differ")
    return Epoch(x, y, batch_size, rng.choice(len(x), size=len(x), replace=False))


class GradientDescent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, name="descent", **kwargs):
        super().__init__(learning_rate, name=name, **kwargs)

    def update_step(self, gradient, variable, learning_rate):
        dtype = variable.dtype
        new = ops.subtract(variable, ops.cast(learning_rate, dtype) * ops.cast(gradient, dtype))
        self.assign(variable, new)

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def train(model, optimizer, loss_fn, x, y, *, batch_size, epochs, rng):
    rows = len(x)
    batch_size = min(batch_size, rows)
    updates = epochs * math.ceil(rows / batch_size)
    losses = [0.0] * epochs
    for epoch in range(epochs):
        order = rng.permutation(rows)
        start = 0
        while start < rows:
            chosen = order[start : start + batch_size]
            x_batch = tf.convert_to_tensor(x[chosen])
            y_batch = tf.convert_to_tensor(y[chosen])
            with tf.GradientTape(persistent=True) as tape:
                loss = loss_fn(y_batch, model(x_batch, training=True))
            weights = model.trainable_variables
            optimizer.apply([tape.gradient(loss, weight) for weight in weights], weights)
            losses[epoch] += loss.numpy().item() * chosen.size / rows
            start += batch_size
    return {"loss": losses, "updates": updates}
