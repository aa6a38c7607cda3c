"""The probes of the batch normalization assignment: each runs a layer and returns what it did.

A probe gets the student's class or function and inputs, and returns arrays. It holds no answer.
"""

import keras
import numpy as np
from _shared.layer_probes import (
    called,
    compiled,
    mixed_precision,
    output_and_gradient,  # noqa: F401 - checks.py names it
    pulled_back,
    real,
    saved_and_loaded_model,
    tensor,
    training_outputs,  # noqa: F401 - checks.py names it
    weights_after_epochs,
    with_weights,
)

from autograder.probing.kit import compile_model, numbers

WEIGHTS = ("gamma", "beta", "moving_mean", "moving_variance")


def fresh_weights(layer_class, *, settings, features):
    """The four weights as they are before any training. Shapes: (features,) each."""
    layer = layer_class(**settings)
    layer.build((None, features))
    return {name: numbers(getattr(layer, name)) for name in WEIGHTS}


def who_trains(layer_class, *, settings, features):
    """Which of gamma, beta, moving_mean, moving_variance are trainable, and which are not.

    Returns two arrays of four booleans, ``trainable`` and ``kept`` (weights that no optimizer
    moves, but that are saved), and how many weights the layer has of each kind.
    """
    layer = layer_class(**settings)
    layer.build((None, features))
    groups = {"trainable": layer.trainable_weights, "kept": layer.non_trainable_weights}
    return {
        **{
            kind: np.array([any(getattr(layer, name) is one for one in group) for name in WEIGHTS])
            for kind, group in groups.items()
        },
        "counts": np.array([len(group) for group in groups.values()]),
    }


def both_statistics(layer):
    """The moving mean and the moving variance as they are now."""
    return [numbers(layer.moving_mean), numbers(layer.moving_variance)]


def moving_statistics(layer_class, settings, batches, images):
    """Both moving statistics after each of some training batches, of rows and of images.

    Shapes: batches (batches, n, d), images (batches, n, h, w, c). Returns mean and variance,
    shape (batches, d + c): the features first, then the channels.
    """
    rows, pixels = layer_class(**settings), layer_class(**settings)
    path = []
    for batch, image in zip(batches, images, strict=True):
        rows(tensor(batch), training=True)
        pixels(tensor(image), training=True)
        pairs = zip(both_statistics(rows), both_statistics(pixels), strict=True)
        path.append([np.concatenate(pair) for pair in pairs])
    return np.stack(path, axis=1)


def moving_mean(layer_class, *, settings, batches, images):
    """The moving mean alone, as ``moving_statistics`` returns it."""
    return {"moving_mean": moving_statistics(layer_class, settings, batches, images)[0]}


def moving_variance(layer_class, *, settings, batches, images):
    """The moving variance alone, as ``moving_statistics`` returns it."""
    return {"moving_variance": moving_statistics(layer_class, settings, batches, images)[1]}


def inference_outputs(layer_class, *, settings, weights, batches, images):
    """What the layer returns at inference, for rows and for images.

    Shapes: batches (batches, n, d), images (batches, n, h, w, d).
    """
    rows = with_weights(layer_class(**settings), batches[0], weights)
    pixels = with_weights(layer_class(**settings), images[0], weights)
    return {
        "rows": called(rows, batches, training=False),
        "images": called(pixels, images, training=False),
    }


def statistics_around_inference(layer_class, *, settings, weights, batches):
    """Both moving statistics before and after some calls at inference.

    Shapes: batches (batches, n, d). Returns ``mean`` and ``variance``, shape (2, d).
    """
    layer = with_weights(layer_class(**settings), batches[0], weights)
    before = both_statistics(layer)
    called(layer, batches, training=False)
    mean, variance = zip(before, both_statistics(layer), strict=True)
    return {"mean": np.stack(mean), "variance": np.stack(variance)}


def layer_gradients(layer_class, settings, weights, x, upstream):
    """Gradients in training of the inputs, gamma and beta."""
    layer = with_weights(layer_class(**settings), x, weights)
    return pulled_back(layer, x, upstream, layer.gamma, layer.beta)[1]


def gradients_of_inputs(layer_class, *, settings, weights, x, images, upstream, image_upstream):
    """Gradients that reach the inputs in training. Shapes: x (n, d), images (n, h, w, d)."""
    return {
        "rows": layer_gradients(layer_class, settings, weights, x, upstream)[0],
        "images": layer_gradients(layer_class, settings, weights, images, image_upstream)[0],
    }


def gradients_of_weights(layer_class, *, settings, weights, x, images, upstream, image_upstream):
    """Gradients of gamma and beta in training. Shapes: x (n, d), images (n, h, w, d)."""
    of_rows = layer_gradients(layer_class, settings, weights, x, upstream)
    of_images = layer_gradients(layer_class, settings, weights, images, image_upstream)
    _, gamma, beta = zip(of_rows, of_images, strict=True)
    return {"gamma": np.stack(gamma), "beta": np.stack(beta)}


def config_round_trip(layer_class, *, settings, weights, batches):
    """What ``from_config(get_config())`` returns, and remembers, after some training batches.

    Shapes: batches (batches, n, d).
    """
    layer = layer_class.from_config(layer_class(**settings).get_config())
    output = called(with_weights(layer, batches[0], weights), batches, training=True)
    mean, variance = both_statistics(layer)
    return {"output": output, "moving_mean": mean, "moving_variance": variance}


def graph_mode(layer_class, *, settings, weights, batches, smaller):
    """Outputs and statistics of a layer compiled once by ``tf.function``.

    Batches of two sizes go through one compiled training step, then through one compiled
    inference step. Shapes: batches (batches, n, d), smaller (m, d).
    """
    layer = with_weights(layer_class(**settings), batches[0], weights)
    train = compiled(layer, training=True, features=batches.shape[-1])
    infer = compiled(layer, training=False, features=batches.shape[-1])
    trained, path = [], []
    for batch in (*batches, smaller):
        trained.append(real(train(tensor(batch))))
        path.append(both_statistics(layer))
    mean, variance = np.stack(path, axis=1)
    return {
        "training": np.concatenate(trained),
        "inference": real(infer(tensor(batches[0]))),
        "moving_mean": mean,
        "moving_variance": variance,
    }


def saved_model(layer_class, *, settings, weights, batches, x):
    """Predictions of a trained layer after a trip through a file, then after training on x.

    Shapes: batches (batches, n, d) to train on before saving, x (m, d).
    """
    layer = with_weights(layer_class(**settings), batches[0], weights)
    called(layer, batches, training=True)
    loaded = saved_and_loaded_model(layer, x)
    after = called(loaded, [x], training=False)[0]
    loaded(tensor(x), training=True)
    return {"after": after, "trained_on": called(loaded, [x], training=False)[0]}


def small_network(layer, kernel, last_kernel):
    """Dense without bias, the layer, ReLU, Dense without bias; with the given kernels."""
    first = keras.layers.Dense(kernel.shape[1], use_bias=False)
    last = keras.layers.Dense(last_kernel.shape[1], use_bias=False)
    model = keras.Sequential(
        [keras.Input((kernel.shape[0],)), first, layer, keras.layers.ReLU(), last]
    )
    first.kernel.assign(kernel)
    last.kernel.assign(last_kernel)
    return model


def fit(layer_class, *, settings, gamma, kernel, last_kernel, learning_rate, x, y, **lengths):
    """Weights of a network with the layer after each epoch of ``model.fit``, and predictions.

    Rows come in order, the last batch is smaller. Shapes: kernel (d, h), last_kernel (h, k),
    x (n, d), y (n, k).
    """
    layer = layer_class(**settings)
    layer.build((None, kernel.shape[1]))
    model = small_network(layer, kernel, last_kernel)
    layer.gamma.assign(gamma)

    def weights():
        own = {name: getattr(layer, name) for name in WEIGHTS}
        return {"kernel": model.layers[0].kernel, **own}

    optimizer = keras.optimizers.SGD(learning_rate)
    path = weights_after_epochs(model, optimizer, x, y, weights=weights, **lengths)
    return {**path, "prediction": numbers(model(tensor(x), training=False))}


def learned_weights(layer_class, *, settings, kernel, last_kernel, x, y, batch_size, epochs):
    """What a network with the layer is after ``model.fit``: two kernels, and what the layer does.

    At inference the layer scales and shifts each feature; both are read off from what it makes
    of zeros and of ones. Shapes: kernel (d, h), last_kernel (h, k), x (n, d), y (n,) of classes.
    """
    layer = layer_class(**settings)
    layer.build((None, kernel.shape[1]))
    model = small_network(layer, kernel, last_kernel)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    compile_model(model, keras.optimizers.SGD(0.3, momentum=0.8), loss)
    model.fit(tensor(x), y, batch_size=batch_size, epochs=epochs, shuffle=False, verbose=0)
    zeros = np.zeros((1, kernel.shape[1]))
    shift, both = called(layer, [zeros, zeros + 1], training=False)[:, 0]
    return {
        "kernel": numbers(model.layers[0].kernel),
        "scale": both - shift,
        "shift": shift,
        "last_kernel": numbers(model.layers[-1].kernel),
    }


def half_precision(layer_class, **inputs):
    """Outputs and statistics under ``mixed_float16``: see ``mixed_precision``."""
    return mixed_precision(layer_class, **inputs, kept=("moving_mean", "moving_variance"))


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
    groups = {
        "conv": layer.conv.weights,
        "bn": layer.bn.weights,
        "trainable": layer.trainable_weights,
        "all": layer.weights,
    }
    return {name: np.array(len(group)) for name, group in groups.items()}


def block_in_training(block_class, *, x, **parts):
    """What a block returns in training. Shapes: x (n, h, w, c), kernel (k, k, c, filters)."""
    return {"output": called(block(block_class, x, **parts), [x], training=True)[0]}


def block_at_inference(block_class, *, x, **parts):
    """What a block returns at inference. Shapes: x (n, h, w, c)."""
    return {"output": called(block(block_class, x, **parts), [x], training=False)[0]}


def block_statistics(block_class, *, x, **parts):
    """Whether the moving statistics change in training, and at inference: mean, then variance."""
    layer, changed = block(block_class, x, **parts), {}
    for name, training in (("outside_training", False), ("in_training", True)):
        before = both_statistics(layer.bn)
        layer(tensor(x), training=training)
        pairs = zip(before, both_statistics(layer.bn), strict=True)
        changed[name] = np.array([bool(np.any(old != new)) for old, new in pairs])
    return changed


def block_gradients(block_class, *, x, upstream, **parts):
    """Gradients in training of the kernel, gamma, beta and the inputs.

    Shapes: x (n, h, w, c), upstream (n, h, w, filters).
    """
    layer = block(block_class, x, **parts)
    weights = layer.conv.kernel, layer.bn.gamma, layer.bn.beta
    _, found = pulled_back(layer, x, upstream, *weights)
    return dict(zip(("inputs", "kernel", "gamma", "beta"), found, strict=True))


def saved_block(block_class, *, x, **parts):
    """Predictions of a block after a trip through a ``.keras`` file. Shapes: x (n, h, w, c)."""
    layer = block(block_class, x, **parts)
    loaded = saved_and_loaded_model(layer, x, layer.bn)
    return {"output": called(loaded, [x], training=False)[0]}


def fit_block(block_class, *, filters, kernel_size, kernel, weights, last_kernel, x, y, epochs):
    """Kernel, gamma and beta of a block after each epoch of ``model.fit`` in batches of 4.

    Shapes: x (n, h, w, c), kernel (k, k, c, filters), last_kernel (filters, k), y (n, k).
    """
    layer = block_class(filters, kernel_size)
    last = keras.layers.Dense(last_kernel.shape[1], use_bias=False)
    model = keras.Sequential(
        [keras.Input(x.shape[1:]), layer, keras.layers.GlobalAveragePooling2D(), last]
    )
    layer.conv.kernel.assign(kernel)
    last.kernel.assign(last_kernel)
    for name, value in weights.items():
        getattr(layer.bn, name).assign(value)

    def trained():
        return {"kernel": layer.conv.kernel, "gamma": layer.bn.gamma, "beta": layer.bn.beta}

    return weights_after_epochs(
        model, keras.optimizers.SGD(0.05), x, y, batch_size=4, epochs=epochs, weights=trained
    )


def block_in_mixed_precision(block_class, *, x, **parts):
    """A block's output under ``mixed_float16``, and the size of its numbers in bytes."""
    keras.config.set_dtype_policy("mixed_float16")
    output = numbers(block(block_class, x, **parts)(tensor(x), training=True))
    return {"output": output.astype("float32"), "bytes": np.array(output.dtype.itemsize)}


# --- dead_fraction --------------------------------------------------------------------------------


def dead_fractions(function, *, activations):
    """The fraction for each of a stack of activations, shape (cases, n, ..., units)."""
    fractions = [real(function(case), "dead_fraction") for case in activations]
    return {"fraction": np.array(fractions, dtype="float64")}
