"""An order from sorting random numbers, batches from np.split, a mean from Keras' metric."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops


def minibatches(x, y, batch_size, rng):
    if len(x) != len(y):
        raise ValueError(f"{len(x)} rows but {len(y)} targets")
    if not batch_size >= 1:
        raise ValueError(f"batch_size is {batch_size}, must be 1 or more")
    order = np.argsort(rng.random(len(x)))
    pieces = np.split(order, range(batch_size, len(x), batch_size))
    return ((np.take(x, rows, axis=0), np.take(y, rows, axis=0)) for rows in pieces)


class GradientDescent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)

    def build(self, variables):
        super().build(variables)

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        self.assign_add(variable, ops.multiply(ops.negative(learning_rate), gradient))

    def get_config(self):
        return super().get_config()


def train(model, optimizer, loss_fn, x, y, *, batch_size, epochs, rng):
    mean = keras.metrics.Mean()
    losses = []
    updates = 0
    for _ in range(epochs):
        mean.reset_state()
        for x_batch, y_batch in minibatches(x, y, batch_size, rng):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                for weight in model.trainable_variables:
                    tape.watch(weight.value)
                loss = loss_fn(y_batch, model(x_batch, training=True))
            values = [weight.value for weight in model.trainable_variables]
            optimizer.apply(tape.gradient(loss, values), model.trainable_variables)
            mean.update_state(loss, sample_weight=len(y_batch))
            updates += 1
        losses.append(float(mean.result()))
    return dict(zip(("loss", "updates"), (losses, updates), strict=True))
