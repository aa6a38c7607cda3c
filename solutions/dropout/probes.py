"""The probes of the dropout assignment: each calls the layer or function, and returns what came.

A probe gets the student's class or function and inputs, and returns arrays. It holds no answer.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from autograder.probing.kit import compile_model, numbers, saved_and_loaded


def tensor(values):
    """Values as a tensor of Keras' default float type."""
    return ops.convert_to_tensor(values, dtype=keras.config.floatx())


def training_calls(layer_class, *, rates, x, calls):
    """What a layer makes of one input, in training, call after call; one layer for each rate.

    Shapes: x of any rank; returns (rates, calls, *x.shape).
    """
    outputs = []
    for rate in rates:
        layer = layer_class(rate)
        outputs.append([numbers(layer(tensor(x), training=True)) for _ in range(calls)])
    return {"x": numbers(tensor(x)), "outputs": np.array(outputs)}


def compiled(layer, training):
    """The layer as a function compiled by TensorFlow."""

    @tf.function
    def call(inputs):
        return layer(inputs, training=training)

    return call


def compiled_calls(layer_class, *, rates, x, calls):
    """The same, with each layer called by a function that is compiled once."""
    outputs = []
    for rate in rates:
        layer = layer_class(rate)
        layer(tensor(x), training=True)  # a layer may build itself before it is compiled
        call = compiled(layer, training=True)
        outputs.append([numbers(call(tensor(x))) for _ in range(calls)])
    return {"x": numbers(tensor(x)), "outputs": np.array(outputs)}


def gradients(layer_class, *, rates, x, upstream):
    """Outputs in training, and the gradients that come back for some upstream gradient.

    Shapes: x and upstream alike; returns (rates, *x.shape) of each.
    """
    outputs, pulled = [], []
    for rate in rates:
        layer, inputs = layer_class(rate), tensor(x)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            output = layer(inputs, training=True)
        gradient = tape.gradient(
            output, inputs, output_gradients=tensor(upstream), unconnected_gradients="zero"
        )
        outputs.append(numbers(output))
        pulled.append(numbers(gradient))
    return {"outputs": np.array(outputs), "gradients": np.array(pulled)}


def inference(layer_class, *, rate, x):
    """What comes out in inference: told so, not told anything, compiled, and after training."""
    layer = layer_class(rate)
    inputs = tensor(x)
    outputs = [layer(inputs, training=False), layer(inputs)]
    outputs.append(compiled(layer, training=False)(inputs))
    layer(inputs, training=True)
    outputs.append(layer(inputs, training=False))
    return {"outputs": np.stack([numbers(output) for output in outputs])}


def rate_zero(layer_class, *, x):
    """What a layer of rate 0 makes of its input in training."""
    layer = layer_class(0)
    return {"outputs": np.stack([numbers(layer(tensor(x), training=True)) for _ in range(2)])}


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
    outputs = [[numbers(layer(tensor(x), training=True)) for _ in range(calls)] for layer in layers]
    return {"x": numbers(tensor(x)), "outputs": np.array(outputs)}


def config_round_trip(layer_class, *, rate, seed, x, calls):
    """Outputs in training of a new layer, and of one made from its configuration.

    Returns (2, calls, *x.shape).
    """
    layer = layer_class(rate, seed=seed)
    again = layer_class.from_config(layer_class(rate, seed=seed).get_config())
    outputs = [
        [numbers(one(tensor(x), training=True)) for _ in range(calls)] for one in (layer, again)
    ]
    return {"x": numbers(tensor(x)), "outputs": np.array(outputs)}


def reloaded(layer_class, *, rate, x):
    """Outputs of a model with the layer in it, saved and loaded: in training and in inference.

    Shapes: x (n, d); returns "training" and "inference" of the same shape.
    """
    model = keras.Sequential([keras.Input(x.shape[1:]), layer_class(rate)])
    model = saved_and_loaded(model, **{layer_class.__name__: layer_class})
    training = numbers(model(tensor(x), training=True))
    return {
        "x": numbers(tensor(x)),
        "outputs": training[None, None],
        "inference": numbers(model(tensor(x), training=False)),
    }


def mixed_precision(layer_class, *, rates, x):
    """Outputs of the layer under ``mixed_float16``, and the size in bytes of their numbers."""
    keras.config.set_dtype_policy("mixed_float16")
    found = {"x": numbers(ops.cast(x, "float16")), "outputs": [], "inference": [], "bytes": []}
    for rate in rates:
        layer = layer_class(rate)
        for name, training in (("outputs", True), ("inference", False)):
            output = numbers(layer(ops.cast(x, "float32"), training=training))
            found["bytes"].append(output.dtype.itemsize)
            found[name].append(output[None] if training else output)
    return {name: np.array(values) for name, values in found.items()}


class Remember(keras.layers.Layer):
    """Passes its input on, and keeps a copy of the rows it has seen, batch after batch."""

    def __init__(self, batches, rows, columns):
        super().__init__()
        self.seen = self.add_weight(
            shape=(batches, rows, columns), initializer="zeros", trainable=False
        )
        self.count = self.add_weight(shape=(), initializer="zeros", dtype="int32", trainable=False)

    def call(self, batch):
        place = ops.reshape(self.count, (1, 1))
        self.seen.assign(ops.scatter_update(self.seen, place, batch[None]))
        self.count.assign_add(1)
        return batch


def fit(layer_class, *, rate, x, y, epochs):
    """What leaves the layer in each batch of ``model.fit``, and what ``predict`` makes of x.

    Shapes: x (2 n, d) in batches of n, y (2 n, 1); returns (1, 2 epochs, n, d) and the inputs in
    the same order.
    """
    rows = len(x) // 2
    remember = Remember(2 * epochs, rows, x.shape[1])
    model = keras.Sequential(
        [keras.Input((x.shape[1],)), layer_class(rate), remember, keras.layers.Dense(1)]
    )
    remember.count.assign(0)  # Keras has called the layers once to see their shapes
    compile_model(model, keras.optimizers.SGD(0.01), "mse")
    model.fit(x, y, batch_size=rows, epochs=epochs, shuffle=False, verbose=0)
    seen = numbers(remember.seen)
    remember.count.assign(0)
    predicted = model.predict(x, batch_size=rows, verbose=0)
    kernel, bias = (numbers(weight) for weight in model.layers[-1].weights)
    return {
        "x": np.stack([x[:rows], x[rows:]] * epochs),
        "outputs": seen[None],
        "predicted": np.array(predicted),
        "kernel": kernel,
        "bias": bias,
    }


def learned_weights(layer_class, *, rate, x, y, hidden, output, learning_rate, epochs, batch_size):
    """Weights of a network with the layer between its two dense layers, after ``model.fit``.

    Shapes: x (n, d), y (n,) of class numbers, hidden (d, h), output (h, k).
    """
    model = keras.Sequential(
        [
            keras.Input((x.shape[1],)),
            keras.layers.Dense(hidden.shape[1], "relu", use_bias=False),
            layer_class(rate),
            keras.layers.Dense(output.shape[1], "softmax", use_bias=False),
        ]
    )
    model.layers[0].set_weights([hidden])
    model.layers[-1].set_weights([output])
    optimizer = keras.optimizers.SGD(learning_rate, momentum=0.9)
    compile_model(model, optimizer, "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0)
    return {"hidden": numbers(model.layers[0].kernel), "output": numbers(model.layers[-1].kernel)}


def dropout_of(x, rate):
    """A model that is nothing but Keras' dropout: each output is 0 or x / (1 - rate)."""
    return keras.Sequential([keras.Input(x.shape[1:]), keras.layers.Dropout(rate)])


def two_arrays(answer):
    """What ``mc_predict`` returned, as two arrays."""
    mean, std = answer
    return {"mean": numbers(mean), "std": numbers(std)}


def sampled(mc_predict, *, rate, x, samples):
    """Mean and standard deviation of a model that is nothing but dropout. Shapes: x (n, d)."""
    return {"x": x, **two_arrays(mc_predict(dropout_of(x, rate), x, samples))}


def sampled_network(mc_predict, *, rate, x, kernel, samples):
    """Mean and standard deviation of dropout followed by a dense layer, and its weights after.

    Shapes: x (n, d), kernel (d, k); the answers are (n, k).
    """
    model = keras.Sequential(
        [
            keras.Input((x.shape[1],)),
            keras.layers.Dropout(rate),
            keras.layers.Dense(kernel.shape[1], use_bias=False),
        ]
    )
    model.set_weights([kernel])
    found = two_arrays(mc_predict(model, x, samples))
    return {**found, "kernel": numbers(model.layers[-1].kernel)}
