"""The probes of the dropout assignment: each calls the layer or function, and returns what came.

A probe gets the student's class or function and inputs, and returns arrays. It holds no answer.
"""

from collections.abc import Mapping
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from _shared.layer_probes import (
    called,
    compiled_outputs,
    fit_and_predict,
    inference_outputs,
    mixed_precision,
    output_and_gradient,
    saved_and_loaded_model,
    tensor,
    two_layers_after_epochs,
)

from autograder.probing.kit import numbers


def at_each_rate(probe, layer_class, rates, **inputs):
    """What a probe of one layer returns, for a layer of each rate, stacked."""
    found = [probe(partial(layer_class, rate), settings={}, **inputs) for rate in rates]
    return {name: np.array([one[name] for one in found]) for name in found[0]}


def masked(layers, x, calls):
    """What each layer makes of x in training, call after call. Shape: (layers, calls, *x.shape)."""
    # Two layers draw the same only if their own seeds say so, not TensorFlow's global one.
    tf.random.set_seed(None)
    outputs = [called(layer, [x] * calls, training=True) for layer in layers]
    return {"x": numbers(tensor(x)), "outputs": np.array(outputs)}


def training_calls(layer_class, *, rates, x, calls):
    """Outputs in training of a layer of each rate. Returns (rates, calls, *x.shape)."""
    return masked(map(layer_class, rates), x, calls)


def compiled_calls(layer_class, *, rates, x, calls):
    """The same, with each layer called by a function that is compiled once."""
    found = at_each_rate(compiled_outputs, layer_class, rates, batches=[x] * calls)
    return {"x": numbers(tensor(x)), "outputs": found["output"]}


def seeds(layer_class, *, rate, x, seed, other_seed, calls):
    """Of two layers with ``seed``, one with ``other_seed``, two without. (5, calls, *x.shape)."""
    given = (seed, seed, other_seed, None, None)
    return masked([layer_class(rate, seed=one) for one in given], x, calls)


def config_round_trip(layer_class, *, rate, seed, x, calls):
    """Of a new layer, and of one made from its configuration. Returns (2, calls, *x.shape).

    Also whether the second has the "same_name".
    """
    layer = layer_class(rate, seed=seed, name="thinning")
    again = layer_class.from_config(layer.get_config())
    found = masked([layer_class(rate, seed=seed), again], x, calls)
    return {**found, "same_name": np.array(again.name == layer.name == "thinning")}


def reloaded(layer_class, *, rate, x):
    """Of a saved and loaded model of the layer, and at inference. (1, 1, *x.shape), x.shape."""
    model = saved_and_loaded_model(layer_class(rate), x)
    return {**masked([model], x, 1), "inference": called(model, [x], training=False)[0]}


def rate_zero(layer_class, *, x):
    """What a layer of rate 0 makes of its input in two calls in training. (2, *x.shape)."""
    return {"outputs": called(layer_class(0), [x, x], training=True)}


def inference(layer_class, *, rate, x):
    """What comes out at inference, in four ways. Returns (4, *x.shape)."""
    return {"outputs": at_each_rate(inference_outputs, layer_class, [rate], x=x)["output"][0]}


def gradients(layer_class, *, rates, x, upstream):
    """Outputs in training, and gradients of x, given those of the output. (rates, *x.shape)."""
    found = at_each_rate(output_and_gradient, layer_class, rates, x=x, upstream=upstream)
    return {"outputs": found["output"], "gradients": found["gradient"]}


def refuses(layer_class, *, rates, x):
    """Whether making and using a layer is a ValueError; others are passed on. Shape: (rates,)."""
    refused = np.zeros(len(rates), bool)
    for place, rate in enumerate(rates):
        try:
            layer_class(rate)(tensor(x), training=True)
        except ValueError:
            refused[place] = True
    return {"refused": refused}


def half_precision(layer_class, *, rates, x):
    """Under ``mixed_float16``: outputs (rates, 1, n, d) and (rates, n, d), and bytes a number."""
    found = at_each_rate(mixed_precision, layer_class, rates, batches=[x])
    return {
        "x": x.astype("float16"),
        "outputs": found["training"],
        "inference": found["inference"],
        "bytes": found["output_bytes"].ravel(),
    }


def fit(layer_class, *, rate, **inputs):
    """What leaves the layer in ``model.fit``, (1, 2 epochs, n, d), and what ``predict`` returns."""
    found = fit_and_predict(partial(layer_class, rate), settings={}, **inputs)
    return {**found, "outputs": found["outputs"][None]}


def learned_weights(layer_class, *, rate, **training):
    """Kernels of two dense layers, with a ReLU and the layer between them, after each epoch.

    See `two_layers_after_epochs`.
    """
    layer = layer_class(rate)
    return two_layers_after_epochs(
        lambda hidden: layer(keras.ops.relu(hidden), training=True), **training
    )


def sampled(mc_predict, *, rate, x, samples, kernel=None):
    """Mean and deviation of Keras' dropout: each output is 0 or x / (1 - rate).

    With a kernel (d, k), a dense layer follows, and its kernel afterwards is returned too.
    """
    model = keras.Sequential([keras.Input(x.shape[1:]), keras.layers.Dropout(rate)])
    if kernel is not None:
        model.add(keras.layers.Dense(kernel.shape[1], use_bias=False))
        model.layers[-1].kernel.assign(kernel)
    result = mc_predict(model, x, samples)
    if isinstance(result, Mapping):  # it would unpack into its keys
        raise TypeError("expected (mean, std), got a dictionary")
    mean, std = map(numbers, result)
    weights = {} if kernel is None else {"kernel": numbers(model.layers[-1].kernel)}
    return {"mean": mean, "std": std, **weights}
