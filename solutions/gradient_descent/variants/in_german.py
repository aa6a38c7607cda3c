"""German names, a deck of cards to draw from, running means, and helpers."""

import keras
import numpy as np
import tensorflow as tf


def _prüfe(x, y, größe):
    if größe < 1:
        raise ValueError("Die Stapelgröße muss mindestens 1 sein.")
    if len(x) != len(y):
        raise ValueError("x und y sind nicht gleich lang.")


def minibatches(x, y, batch_size, rng):
    _prüfe(x, y, batch_size)

    def stapel():
        karten = rng.permuted(np.arange(len(x))).tolist()
        while karten:
            zeilen = [karten.pop() for _ in range(min(batch_size, len(karten)))]
            yield x[zeilen], y[zeilen]

    return stapel()


class GradientDescent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)

    def update_step(self, gradient, variable, learning_rate):
        typ = variable.dtype
        schritt = tf.math.scalar_mul(tf.cast(learning_rate, typ), tf.cast(gradient, typ))
        self.assign_sub(variable, schritt)


def _ein_schritt(modell, optimierer, verlust, x, y):
    with tf.GradientTape() as band:
        vorhersage = modell(x, training=True)
        wert = verlust(y, vorhersage)
    gewichte = modell.trainable_variables
    optimierer.apply(band.gradient(wert, gewichte), gewichte)
    return float(wert)


def train(model, optimizer, loss_fn, x, y, *, batch_size, epochs, rng):
    verlauf, anzahl = [], 0
    while len(verlauf) < epochs:
        mittel, gesehen = 0.0, 0
        for teil_x, teil_y in minibatches(x, y, batch_size, rng):
            wert = _ein_schritt(model, optimizer, loss_fn, teil_x, teil_y)
            gesehen += len(teil_x)
            mittel += (wert - mittel) * len(teil_x) / gesehen
            anzahl += 1
        verlauf.append(mittel)
    return {"loss": verlauf, "updates": anzahl}
