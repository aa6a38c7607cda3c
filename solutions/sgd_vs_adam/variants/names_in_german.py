"""Namen auf Deutsch, Rückgabe als Tensor oder NumPy-Zahl."""

import keras
import numpy as np
import tensorflow as tf


def verlust(gewichte, x, y):
    return keras.losses.mean_squared_error(y, tf.linalg.matvec(x, gewichte))


def fit_linear(optimizer, x, y, steps):
    gewichte = keras.Variable(np.zeros(x.shape[1:], dtype=x.dtype))
    for _ in range(steps):
        with tf.GradientTape() as band:
            wert = verlust(gewichte.value, x, y)
        (steigung,) = band.gradient(wert, [gewichte.value])
        optimizer.apply([steigung], [gewichte])
    return keras.ops.copy(gewichte)


def sign_accuracy(w, x, y):
    punkte = np.matmul(x, w)
    richtig = np.sign(punkte).astype("int64") == np.asarray(y).astype("int64")
    return np.mean(richtig, dtype="float64")


def select_learning_rate(make_optimizer, rates, x, y, x_val, y_val, steps):
    bester_fehler = float("inf")
    beste_rate = None
    for rate in rates:
        gewichte = fit_linear(make_optimizer(rate), x, y, steps)
        fehler = float(verlust(gewichte, x_val, y_val))
        if fehler == fehler and fehler < bester_fehler:
            bester_fehler, beste_rate = fehler, rate
    if beste_rate is None:
        raise ValueError("Kein Lauf ist gelungen")
    return beste_rate
