"""The probes of the dropout assignment: each calls the layer or function, and returns what came.

A probe gets the student's class or function and inputs, and returns arrays. It holds no answer.
"""

from functools import partial

import keras
import numpy as np
from _shared.layer_probes import (
    called,
    compiled_outputs,
    fit_and_predict,
    inference_outputs,
    mixed_precision,
    output_and_gradient,
    saved_and_loaded_model,
    tensor,
    training_outputs,
)

from autograder.probing.kit import compile_model, numbers


def at_each_rate(probe, layer_class, rates, **inputs):
    """What a probe of one layer returns, for a layer of each rate, stacked."""
    found = [probe(partial(layer_class, rate), settings={}, **inputs) for rate in rates]
    return {name: np.array([one[name] for one in found]) for name in found[0]}


def training_calls(layer_class, *, rates, x, calls):
    """What a layer makes of one input, in training, call after call; one layer for each rate.

    Shapes: x of any rank; returns (rates, calls, *x.shape).
    """
    found = at_each_rate(training_outputs, layer_class, rates, batches=[x] * calls)
    return {"x": numbers(tensor(x)), "outputs": found["output"]}


def compiled_calls(layer_class, *, rates, x, calls):
    """The same, with each layer called by a function that is compiled once."""
    found = at_each_rate(compiled_outputs, layer_class, rates, batches=[x] * calls)
    return {"x": numbers(tensor(x)), "outputs": found["output"]}


def gradients(layer_class, *, rates, x, upstream):
    """Outputs in training, and the gradients that come back for some upstream gradient.

    Shapes: x and upstream alike; returns (rates, *x.shape) of each.
    """
    found = at_each_rate(output_and_gradient, layer_class, rates, x=x, upstream=upstream)
    return {"outputs": found["output"], "gradients": found["gradient"]}


def inference(layer_class, *, rate, x):
    """What comes out at inference, in four ways. Returns (4, *x.shape)."""
    return {"outputs": at_each_rate(inference_outputs, layer_class, [rate], x=x)["output"][0]}


def rate_zero(layer_class, *, x):
    """What a layer of rate 0 makes of its input in two calls in training."""
    return {"outputs": called(layer_class(0), [x, x], training=True)}


def refuses(layer_class, *, rates, x):
    """For each rate, whether making and using the layer ends in a ValueError.

    Any other exception is passed on.
    """
    refused = []
    for rate in rates:
        try:
            layer_class(rate)(tensor(x), training=True)
        except ValueError:
            refused.append(True)
        else:
            refused.append(False)
    return {"refused": np.array(refused)}


def seeds(layer_class, *, rate, x, seed, other_seed, calls):
    """Outputs in training of five layers, each called several times in a row.

    Two have ``seed``, one has ``other_seed``, two have none. Returns (5, calls, *x.shape).
    """
    layers = [layer_class(rate, seed=s) for s in (seed, seed, other_seed, None, None)]
    outputs = [called(layer, [x] * calls, training=True) for layer in layers]
    return {"x": numbers(tensor(x)), "outputs": np.array(outputs)}


def config_round_trip(layer_class, *, rate, seed, x, calls):
    """Outputs in training of a new layer, and of one made from its configuration.

    Returns (2, calls, *x.shape).
    """
    layer = layer_class(rate, seed=seed)
    again = layer_class.from_config(layer_class(rate, seed=seed).get_config())
    outputs = [called(one, [x] * calls, training=True) for one in (layer, again)]
    return {"x": numbers(tensor(x)), "outputs": np.array(outputs)}


def reloaded(layer_class, *, rate, x):
    """Outputs of a model with the layer in it, saved and loaded: in training and at inference.

    Shapes: x (n, d); returns (1, 1, n, d) and (n, d).
    """
    model = saved_and_loaded_model(layer_class(rate), x)
    return {
        "x": numbers(tensor(x)),
        "outputs": called(model, [x], training=True)[None],
        "inference": called(model, [x], training=False)[0],
    }


def half_precision(layer_class, *, rates, x):
    """Outputs of the layer under ``mixed_float16``, and the size in bytes of their numbers.

    Shapes: x (n, d); returns (rates, 1, n, d), (rates, n, d) and (2 rates,).
    """
    found = at_each_rate(mixed_precision, layer_class, rates, batches=[x])
    return {
        "x": x.astype("float16"),
        "outputs": found["training"],
        "inference": found["inference"],
        "bytes": found["output_bytes"].ravel(),
    }


def fit(layer_class, *, rate, **inputs):
    """What leaves the layer in each batch of ``model.fit``, and what ``predict`` makes of x.

    Shapes: x (2 n, d) in batches of n, y (2 n, 1); returns (1, 2 epochs, n, d) and the inputs in
    the same order.
    """
    found = fit_and_predict(partial(layer_class, rate), settings={}, **inputs)
    return {**found, "outputs": found["outputs"][None]}


def learned_weights(layer_class, *, rate, x, y, hidden, output, learning_rate, epochs, batch_size):
    """Weights of a network with the layer between its two dense layers, after ``model.fit``.

    Shapes: x (n, d), y (n,) of class numbers, hidden (d, h), output (h, k).
    """
    first = keras.layers.Dense(hidden.shape[1], "relu", use_bias=False)
    layer = layer_class(rate)
    last = keras.layers.Dense(output.shape[1], "softmax", use_bias=False)
    model = keras.Sequential([keras.Input(x.shape[1:]), first, layer, last])
    first.kernel.assign(hidden)
    last.kernel.assign(output)
    optimizer = keras.optimizers.SGD(learning_rate, momentum=0.9)
    compile_model(model, optimizer, "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0)
    return {"hidden": numbers(first.kernel), "output": numbers(last.kernel)}


def sampled(mc_predict, *, rate, x, samples):
    """Mean and deviation of Keras' dropout alone: each output is 0 or x / (1 - rate).

    Shapes: x (n, d); the answers are the same.
    """
    model = keras.Sequential([keras.Input(x.shape[1:]), keras.layers.Dropout(rate)])
    mean, std = mc_predict(model, x, samples)
    return {"x": x, "mean": numbers(mean), "std": numbers(std)}


def sampled_network(mc_predict, *, rate, x, kernel, samples):
    """Mean and deviation of dropout followed by a dense layer, and its weights after.

    Shapes: x (n, d), kernel (d, k); the answers are (n, k).
    """
    dropout = keras.layers.Dropout(rate)
    dense = keras.layers.Dense(kernel.shape[1], use_bias=False)
    model = keras.Sequential([keras.Input(x.shape[1:]), dropout, dense])
    dense.kernel.assign(kernel)
    mean, std = mc_predict(model, x, samples)
    return {"mean": numbers(mean), "std": numbers(std), "kernel": numbers(dense.kernel)}
