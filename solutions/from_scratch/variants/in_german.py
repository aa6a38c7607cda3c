"""Names in German, helper functions, a copy of the model's weights by `assign`."""

import keras
import numpy as np
import tensorflow as tf


def _block(anzahl, normierung, strafe):
    faltung = keras.layers.Conv2D(
        anzahl, 3, padding="same", use_bias=False, kernel_regularizer=strafe
    )
    return [faltung, normierung(), keras.layers.Activation("relu"), keras.layers.MaxPooling2D()]


def small_cnn(input_shape, classes, *, normalization, dropout, regularizer=None, filters=(8, 16)):
    schichten = [keras.layers.Input(input_shape)]
    for anzahl in filters:
        schichten += _block(anzahl, normalization, regularizer)
    schichten += [
        keras.layers.Flatten(),
        dropout(),
        keras.layers.Dense(classes, activation="linear", kernel_regularizer=regularizer),
    ]
    return keras.Sequential(schichten, name="ziffern")


def _verlust(model, loss_fn, x, y, training):
    return loss_fn(y, model(x, training=training)) + sum(model.losses)


def fit_network(
    model, optimizer, loss_fn, x, y, x_val, y_val, *, batch_size, epochs, rng, callback
):
    verlauf = {"loss": [], "val_loss": []}
    model.stop_training = False
    callback.set_model(model)
    callback.on_train_begin()
    epoche = 0
    while not model.stop_training and epoche < epochs:
        reihenfolge = list(range(len(x)))
        rng.shuffle(reihenfolge)
        summe = 0.0
        while reihenfolge:
            zeilen, reihenfolge = reihenfolge[:batch_size], reihenfolge[batch_size:]
            with tf.GradientTape() as band:
                verlust = _verlust(model, loss_fn, x[zeilen], y[zeilen], True)
            gewichte = model.trainable_weights
            optimizer.apply_gradients(zip(band.gradient(verlust, gewichte), gewichte, strict=True))
            summe += verlust.numpy() * len(zeilen) / len(x)
        verlauf["loss"].append(summe)
        verlauf["val_loss"].append(_verlust(model, loss_fn, x_val, y_val, False).numpy())
        zeilen_der_epoche = {name: werte[-1] for name, werte in verlauf.items()}
        callback.on_epoch_end(epoche, zeilen_der_epoche)
        epoche += 1
    callback.on_train_end()
    return verlauf


def tune(model, make_optimizer, rates, fit):
    anfang = [np.array(gewicht) for gewicht in model.weights]
    beste, sieger = None, None
    for rate in rates:
        for gewicht, wert in zip(model.weights, anfang, strict=True):
            gewicht.assign(wert)
        verluste = list(fit(model, make_optimizer(rate))["val_loss"])
        if not all(abs(verlust) < float("inf") for verlust in verluste):
            continue
        if beste is None or min(verluste) < beste["val_loss"]:
            beste = {"rate": rate, "val_loss": min(verluste)}
            sieger = [np.array(gewicht) for gewicht in model.weights]
    if beste is None:
        raise ValueError("alle divergieren")
    for gewicht, wert in zip(model.weights, sieger, strict=True):
        gewicht.assign(wert)
    return beste
