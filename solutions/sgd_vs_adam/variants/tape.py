"""A gradient tape and apply_gradients; comparisons of booleans; a dictionary of errors."""

import keras
import numpy as np
import tensorflow as tf


def fit_linear(optimizer, x, y, steps):
    weights = keras.Variable(np.zeros(x.shape[1], dtype="float32"))
    for _ in range(steps):
        with tf.GradientTape() as tape:
            predictions = tf.linalg.matvec(x, tf.cast(weights, x.dtype))
            loss = tf.reduce_mean(tf.square(predictions - y))
        optimizer.apply_gradients([(tape.gradient(loss, weights.value), weights)])
    return weights.numpy()


def sign_accuracy(w, x, y):
    scores = np.asarray(x) @ np.asarray(w)
    right = ((scores > 0) & (y > 0)) | ((scores < 0) & (y < 0))
    return right.sum() / len(right)


def select_learning_rate(make_optimizer, rates, x, y, x_val, y_val, steps):
    errors = {}
    for rate in rates:
        residual = x_val @ fit_linear(make_optimizer(rate), x, y, steps) - y_val
        error = float((residual**2).mean())
        if np.isfinite(error) and rate not in errors:
            errors[rate] = error
    if not errors:
        raise ValueError("all diverged")
    return min(errors, key=errors.get)
