"""The probes of the batch normalization assignment: each runs a layer and returns what it did.

A probe gets the student's class or function and inputs, and returns arrays. It holds no answer.
"""

from contextlib import suppress

import keras
import numpy as np
from _shared.layer_probes import (  # noqa: F401 - checks.py names some of them
    called,
    mixed_precision,
    output_and_gradient,
    pulled_back,
    saved_and_loaded_model,
    tensor,
    training_outputs,
    two_layers_after_epochs,
    weights_after_epochs,
    with_weights,
)
from _shared.normalization_probes import (  # noqa: F401
    WEIGHTS,
    config_round_trip,
    fresh_weights,
    gradients,
    graph_mode,
    inference_outputs,
    moving_statistics,
    saved_model,
    statistics,
    statistics_around_inference,
    who_trains,
)

from autograder.probing.kit import held_numbers, numbers, real

# --- dead_fraction --------------------------------------------------------------------------------


def dead_fractions(function, *, activations):
    """The fraction for each of a stack of activations, shape (cases, n, ..., units)."""
    fractions = [real(function(case), "dead_fraction", shape=()) for case in activations]
    return {"fraction": np.array(fractions, dtype="float64")}


# --- BatchNormalization ---------------------------------------------------------------------------


def small_network(layer, kernel, last_kernel):
    """Dense without bias, the layer, ReLU, Dense without bias; with the given kernels."""
    first = keras.layers.Dense(kernel.shape[1], use_bias=False)
    last = keras.layers.Dense(last_kernel.shape[1], use_bias=False)
    inputs = keras.Input(kernel.shape[:1])
    # Sequential would stay unbuilt, without a word, where the layer is not written yet.
    model = keras.Model(inputs, last(keras.layers.ReLU()(layer(first(inputs)))))
    first.kernel.assign(kernel)
    last.kernel.assign(last_kernel)
    return model


def fit(layer_class, *, settings, gamma, kernel, last_kernel, learning_rate, x, y, **lengths):
    """Weights of a network with the layer after each epoch of ``model.fit``, and predictions.

    The last batch is smaller. Shapes: kernel (d, h), last_kernel (h, k), x (n, d), y (n, k).
    """
    layer = layer_class(**settings)
    model = small_network(layer, kernel, last_kernel)
    layer.gamma.assign(gamma)

    def weights():
        own = {name: getattr(layer, name) for name in WEIGHTS}
        return {"kernel": model.layers[1].kernel, **own}

    path = weights_after_epochs(model, weights, x, y, learning_rate=learning_rate, **lengths)
    return {**path, "prediction": numbers(model(tensor(x), training=False))}


def learned_weights(layer_class, *, settings, hidden, **training):
    """Kernels of two dense layers, with the layer and a ReLU between them, after each epoch.

    Also how the layer scales and shifts, (epochs, h), read off from what it makes of zeros and of
    ones at inference. See `two_layers_after_epochs`.
    """
    layer, zeros = layer_class(**settings), np.zeros((1, hidden.shape[1]))
    layer.build((None, hidden.shape[1]))

    def note():
        shift, both = called(layer, [zeros, zeros + 1], training=False)[:, 0]
        return {"scale": both - shift, "shift": shift}

    return two_layers_after_epochs(
        lambda values: keras.ops.relu(layer(values, training=True)),
        hidden,
        further=layer.trainable_weights,
        note=note,
        **training,
    )


# --- ConvBNReLU -----------------------------------------------------------------------------------


def block(block_class, x, *, filters, kernel_size, kernel, weights):
    """A block, built by one call at inference, with the given kernel and normalization."""
    layer = block_class(filters, kernel_size)
    layer(tensor(x), training=False)
    layer.conv.kernel.assign(kernel)
    for name, value in weights.items():
        getattr(layer.bn, name).assign(value)
    return layer


def block_shapes(block_class, *, filters, kernel_sizes, x):
    """Shapes of a block's outputs, one row for each kernel size. Shapes: x (n, h, w, c)."""
    layers = [block_class(filters, int(size)) for size in kernel_sizes]
    return {"shape": np.array([called(layer, [x], training=False)[0].shape for layer in layers])}


def block_weights(block_class, *, filters, kernel_size, x):
    """How many weights ``conv``, ``bn`` and the whole block have. Shapes: x (n, h, w, c)."""
    layer = block_class(filters, kernel_size)
    layer(tensor(x), training=False)
    parts = {"conv": layer.conv.weights, "bn": layer.bn.weights, "all": layer.weights}
    groups = {**parts, "trainable": layer.trainable_weights}
    counts = {name: np.array(len(group)) for name, group in groups.items()}
    # For telling mistakes apart; whether there is a right one is another check's business.
    config = {}
    with suppress(Exception):
        config = layer.get_config()
    arguments = {"filters": filters, "kernel_size": kernel_size}
    return {**counts, "in_config": held_numbers(config, arguments)}


def block_normalization(block_class, *, filters, kernel_size, x, batches):
    """What ``bn``, "own_...", and one of its class made without arguments return and remember.

    Shapes: x (n, h, w, c), batches (batches, n, filters).
    """
    layer = block_class(filters, kernel_size)
    layer(tensor(x), training=False)
    found = {}
    for prefix, made in (("own_", layer.bn), ("", type(layer.bn)())):
        path = [real(made(tensor(batch), training=True)) for batch in batches]
        found[f"{prefix}output"] = np.stack(path)
        found[f"{prefix}weights"] = np.concatenate([numbers(w).ravel() for w in made.weights])
    return found


def block_output(block_class, *, x, training=False, saved=False, **parts):
    """What a block returns, perhaps after a trip through a file. Shapes: x (n, h, w, c)."""
    layer = block(block_class, x, **parts)
    used = saved_and_loaded_model(layer, x, layer.bn) if saved else layer
    return {"output": called(used, [x], training=training)[0]}


def block_statistics(block_class, *, x, **parts):
    """Whether each moving statistic changes at inference, and in training."""
    layer, changed = block(block_class, x, **parts), {}
    for name, training in (("outside_training", False), ("in_training", True)):
        before = statistics(layer.bn)
        layer(tensor(x), training=training)
        after = statistics(layer.bn)
        changed[name] = np.array([bool(np.any(after[one] != before[one])) for one in after])
    return changed


def block_gradients(block_class, *, x, upstream, **parts):
    """Gradients of a block in training. Shapes: x (n, h, w, c), upstream (n, h, w, filters)."""
    layer = block(block_class, x, **parts)
    weights = layer.conv.kernel, layer.bn.gamma, layer.bn.beta
    _, found = pulled_back(layer, x, upstream, *weights)
    return dict(zip(("inputs", "kernel", "gamma", "beta"), found, strict=True))


def block_in_mixed_precision(block_class, *, x, **parts):
    """A block's output under ``mixed_float16``, and the size of its numbers in bytes."""
    keras.config.set_dtype_policy("mixed_float16")
    output = numbers(block(block_class, x, **parts)(tensor(x), training=True))
    return {"output": output.astype("float32"), "bytes": np.array(output.dtype.itemsize)}


def fit_block(block_class, *, x, y, last_kernel, epochs, **parts):
    """Kernel, gamma and beta of a block after each epoch of ``model.fit``.

    Shapes: x (n, h, w, c), kernel (k, k, c, filters), last_kernel (filters, k), y (n, k).
    """
    layer = block(block_class, x, **parts)
    last = keras.layers.Dense(last_kernel.shape[1], use_bias=False)
    pooling = keras.layers.GlobalAveragePooling2D()
    model = keras.Sequential([keras.Input(x.shape[1:]), layer, pooling, last])
    last.kernel.assign(last_kernel)

    def weights():
        return {"kernel": layer.conv.kernel, "gamma": layer.bn.gamma, "beta": layer.bn.beta}

    return weights_after_epochs(
        model, weights, x, y, learning_rate=0.05, batch_size=4, epochs=epochs
    )
