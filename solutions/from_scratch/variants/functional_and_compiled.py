"""Keras' functional interface; the updates are compiled, and the weights kept as a dictionary."""

import math

import keras
import numpy as np
import tensorflow as tf


def small_cnn(input_shape, classes, *, normalization, dropout, regularizer=None, filters=(8, 16)):
    images = keras.Input(shape=input_shape)
    features = images
    for count in filters:
        convolution = keras.layers.Conv2D(
            filters=count,
            kernel_size=(3, 3),
            padding="same",
            use_bias=False,
            kernel_regularizer=regularizer,
        )
        features = normalization()(convolution(features))
        # The maximum of what a ReLU lets through is the ReLU of the maximum.
        features = keras.ops.relu(keras.layers.MaxPool2D((2, 2))(features))
    features = dropout()(keras.layers.Flatten()(features))
    scores = keras.layers.Dense(classes, kernel_regularizer=regularizer)(features)
    return keras.Model(images, scores)


def fit_network(
    model, optimizer, loss_fn, x, y, x_val, y_val, *, batch_size, epochs, rng, callback
):
    @tf.function(reduce_retracing=True)
    def update(x_batch, y_batch):
        with tf.GradientTape() as tape:
            loss = loss_fn(y_batch, model(x_batch, training=True))
            if model.losses:
                loss = loss + tf.add_n(model.losses)
        variables = model.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    optimizer.build(model.trainable_variables)
    callback.set_model(model)
    model.stop_training = False
    callback.on_train_begin({})
    curves = ([], [])
    logs = {}
    for epoch in range(epochs):
        numbers = np.argsort(rng.random(len(x)))
        parts = np.array_split(numbers, range(batch_size, len(x), batch_size))
        losses = [float(update(tf.constant(x[part]), tf.constant(y[part]))) for part in parts]
        logs["loss"] = float(np.average(losses, weights=[len(part) for part in parts]))
        penalties = math.fsum(float(penalty) for penalty in model.losses)
        logs["val_loss"] = float(loss_fn(y_val, model(x_val))) + penalties
        for curve, name in zip(curves, ("loss", "val_loss"), strict=True):
            curve.append(logs[name])
        callback.on_epoch_end(epoch, dict(logs))
        if model.stop_training:
            break
    callback.on_train_end(logs)
    return {"loss": np.array(curves[0]), "val_loss": np.array(curves[1])}


def tune(model, make_optimizer, rates, fit):
    before = dict(enumerate(model.get_weights()))

    def run(rate):
        model.set_weights(list(before.values()))
        losses = np.asarray(fit(model, make_optimizer(rate))["val_loss"], dtype=float)
        lowest = losses.min() if np.isfinite(losses.sum()) else np.inf
        return lowest, model.get_weights()

    results = [run(rate) for rate in rates]
    lowest = [result[0] for result in results]
    winner = int(np.argmin(lowest))
    if np.isinf(lowest[winner]):
        raise ValueError("no rate works")
    model.set_weights(results[winner][1])
    return {"rate": rates[winner], "val_loss": lowest[winner]}
