"""The step is compiled by tf.function, and a tf.data pipeline yields the rows."""

import keras
import tensorflow as tf


def minibatches(x, y, batch_size, rng):
    if batch_size < 1:
        raise ValueError("an epoch needs batches of at least one row")
    if x.shape[0] != y.shape[0]:
        raise ValueError("x and y must have the same number of rows")
    order = tf.data.Dataset.range(len(x)).shuffle(len(x), seed=int(rng.integers(2**31)))
    for rows in order.batch(batch_size).as_numpy_iterator():
        yield x[rows], y[rows]


class GradientDescent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)

    def update_step(self, gradient, variable, learning_rate):
        rate = tf.cast(learning_rate, variable.dtype)
        variable.assign_sub(rate * tf.cast(gradient, variable.dtype))


def train(model, optimizer, loss_fn, x, y, *, batch_size, epochs, rng):
    @tf.function(reduce_retracing=True)
    def step(x_batch, y_batch):
        with tf.GradientTape() as tape:
            loss = loss_fn(y_batch, model(x_batch, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    optimizer.build(model.trainable_variables)
    losses, count = [], 0
    for _ in range(epochs):
        total = tf.constant(0.0, tf.float64)
        for x_batch, y_batch in minibatches(x, y, batch_size, rng):
            loss = step(tf.constant(x_batch), tf.constant(y_batch))
            total += tf.cast(loss, tf.float64) * x_batch.shape[0]
            count += 1
        losses.append(float(total) / x.shape[0])
    return {"updates": count, "loss": losses}
