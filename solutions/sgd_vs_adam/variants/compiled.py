"""The update compiled by tf.function; everything in TensorFlow."""

import keras
import tensorflow as tf


def fit_linear(optimizer, x, y, steps):
    x, y = tf.constant(x), tf.constant(y)
    w = keras.Variable(tf.zeros([x.shape[1], 1], x.dtype))
    optimizer.build([w])

    @tf.function
    def update():
        with tf.GradientTape() as tape:
            difference = tf.matmul(x, w.value) - y[:, tf.newaxis]
            loss = tf.reduce_mean(difference * difference)
        optimizer.apply(tape.gradient(loss, [w.value]), [w])

    for _ in range(steps):
        update()
    return tf.squeeze(w.value, axis=1)


def sign_accuracy(w, x, y):
    scores = tf.linalg.matvec(tf.convert_to_tensor(x), tf.cast(w, x.dtype))
    return tf.reduce_mean(tf.cast(tf.equal(tf.sign(scores), y), "float32"))


def select_learning_rate(make_optimizer, rates, x, y, x_val, y_val, steps):
    best = None
    for rate in rates:
        w = fit_linear(make_optimizer(rate), x, y, steps)
        error = tf.reduce_mean(tf.square(tf.linalg.matvec(x_val, w) - y_val))
        if not tf.math.is_finite(error):
            continue
        if best is None or error < best[0]:
            best = error, rate
    if best is None:
        raise ValueError("every rate diverged")
    return best[1]
