"""The probes of the batch normalization assignment: each runs a layer and returns what it did.

A probe gets the student's class or function and inputs, and returns arrays. It holds no answer.
"""

import keras
import numpy as np
import tensorflow as tf

from autograder.probing.kit import compile_model, numbers, saved_and_loaded


def tensor(values):
    """The values in Keras' default float type."""
    return keras.ops.convert_to_tensor(values, dtype=keras.config.floatx())


def with_weights(layer, x, weights):
    """The layer, built for inputs like ``x``, with the given values in its named weights."""
    layer.build((None, *x.shape[1:]))
    for name, value in weights.items():
        getattr(layer, name).assign(value)
    return layer


def real(result, what):
    """A tensor as an array of floating-point numbers; anything else fails with a sentence."""
    if result is None:
        raise TypeError(f"{what} returned None; is a return statement missing?")
    array = numbers(result)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{what} returned {type(result).__name__}, expected numbers")
    return array.astype("float64") if array.dtype.kind in "biu" else array


def fresh_weights(layer_class, *, settings, features):
    """The four weights as they are before any training. Shapes: (features,) each."""
    layer = layer_class(**settings)
    layer.build((None, features))
    return {
        name: numbers(getattr(layer, name))
        for name in ("gamma", "beta", "moving_mean", "moving_variance")
    }


def who_trains(layer_class, *, settings, features):
    """Which of gamma, beta, moving_mean, moving_variance are trainable, and which are not.

    Returns two arrays of four booleans, ``trainable`` and ``kept`` (weights that no optimizer
    moves, but that are saved), and how many weights the layer has of each kind.
    """
    layer = layer_class(**settings)
    layer.build((None, features))
    weights = [layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance]

    def among(group):
        return np.array([any(weight is other for other in group) for weight in weights])

    return {
        "trainable": among(layer.trainable_weights),
        "kept": among(layer.non_trainable_weights),
        "counts": np.array([len(layer.trainable_weights), len(layer.non_trainable_weights)]),
    }


def training_outputs(layer_class, *, settings, weights, batches):
    """What the layer returns for some batches in training.

    Shapes: batches (batches, n, ..., c). Returns an array of the same shape.
    """
    layer = with_weights(layer_class(**settings), batches[0], weights)
    outputs = [real(layer(tensor(batch), training=True), "the layer") for batch in batches]
    return {"output": np.stack(outputs)}


def moving_statistics(layer_class, *, settings, batches, images):
    """Both moving statistics after each of some training batches, of rows and of images.

    Shapes: batches (batches, n, d), images (batches, n, h, w, c). Returns ``mean`` and
    ``variance``, shape (batches, d + c): the features first, then the channels.
    """
    rows = with_weights(layer_class(**settings), batches[0], {})
    pixels = with_weights(layer_class(**settings), images[0], {})
    path = {"mean": [], "variance": []}
    for batch, image in zip(batches, images, strict=True):
        rows(tensor(batch), training=True)
        pixels(tensor(image), training=True)
        for name, values in path.items():
            both = [numbers(getattr(layer, f"moving_{name}")) for layer in (rows, pixels)]
            values.append(np.concatenate(both))
    return {name: np.stack(values) for name, values in path.items()}


def moving_mean(layer_class, *, settings, batches, images):
    """The moving mean alone, as ``moving_statistics`` returns it."""
    found = moving_statistics(layer_class, settings=settings, batches=batches, images=images)
    return {"moving_mean": found["mean"]}


def moving_variance(layer_class, *, settings, batches, images):
    """The moving variance alone, as ``moving_statistics`` returns it."""
    found = moving_statistics(layer_class, settings=settings, batches=batches, images=images)
    return {"moving_variance": found["variance"]}


def inference_outputs(layer_class, *, settings, weights, batches, images):
    """What the layer returns outside training, for rows and for images.

    Shapes: batches (batches, n, d), images (batches, n, h, w, d).
    """
    rows = with_weights(layer_class(**settings), batches[0], weights)
    pixels = with_weights(layer_class(**settings), images[0], weights)
    outputs = {"rows": [], "images": []}
    for batch, image in zip(batches, images, strict=True):
        outputs["rows"].append(real(rows(tensor(batch), training=False), "the layer"))
        outputs["images"].append(real(pixels(tensor(image), training=False), "the layer"))
    return {name: np.stack(values) for name, values in outputs.items()}


def statistics_around_inference(layer_class, *, settings, weights, batches):
    """Both moving statistics before and after some calls outside training.

    Shapes: batches (batches, n, d). Returns ``mean`` and ``variance``, shape (2, d).
    """
    layer = with_weights(layer_class(**settings), batches[0], weights)
    before = numbers(layer.moving_mean), numbers(layer.moving_variance)
    for batch in batches:
        layer(tensor(batch), training=False)
    return {
        "mean": np.stack([before[0], numbers(layer.moving_mean)]),
        "variance": np.stack([before[1], numbers(layer.moving_variance)]),
    }


def gradients(layer, x, upstream, training):
    """Gradients of the sum of ``upstream`` times output, for the inputs, gamma and beta."""
    x = tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        output = keras.ops.cast(layer(x, training=training), keras.config.floatx())
        total = keras.ops.sum(output * tensor(upstream))
    found = tape.gradient(
        total,
        [x, *(weight.value for weight in (layer.gamma, layer.beta))],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    return [numbers(gradient) for gradient in found]


def gradients_of_inputs(layer_class, *, settings, weights, x, images, upstream, image_upstream):
    """Gradients that reach the inputs in training. Shapes: x (n, d), images (n, h, w, d)."""
    rows = with_weights(layer_class(**settings), x, weights)
    pixels = with_weights(layer_class(**settings), images, weights)
    return {
        "rows": gradients(rows, x, upstream, True)[0],
        "images": gradients(pixels, images, image_upstream, True)[0],
    }


def gradients_of_weights(layer_class, *, settings, weights, x, images, upstream, image_upstream):
    """Gradients of gamma and beta in training. Shapes: x (n, d), images (n, h, w, d)."""
    rows = with_weights(layer_class(**settings), x, weights)
    pixels = with_weights(layer_class(**settings), images, weights)
    of_rows = gradients(rows, x, upstream, True)
    of_images = gradients(pixels, images, image_upstream, True)
    return {
        "gamma": np.stack([of_rows[1], of_images[1]]),
        "beta": np.stack([of_rows[2], of_images[2]]),
    }


def output_and_gradient(layer_class, *, settings, weights, x, upstream):
    """Output and input gradient of one batch in training. Shapes: x (n, d)."""
    layer = with_weights(layer_class(**settings), x, weights)
    found = gradients(layer, x, upstream, True)
    return {"output": real(layer(tensor(x), training=True), "the layer"), "gradient": found[0]}


def config_round_trip(layer_class, *, settings, weights, batches):
    """What ``from_config(get_config())`` returns, and remembers, after some training batches.

    Shapes: batches (batches, n, d).
    """
    layer = layer_class.from_config(layer_class(**settings).get_config())
    layer = with_weights(layer, batches[0], weights)
    outputs = [real(layer(tensor(batch), training=True), "the layer") for batch in batches]
    return {
        "output": np.stack(outputs),
        "moving_mean": numbers(layer.moving_mean),
        "moving_variance": numbers(layer.moving_variance),
    }


def graph_mode(layer_class, *, settings, weights, batches, smaller):
    """Outputs and statistics of a layer compiled once by ``tf.function``.

    Batches of two sizes go through one compiled training step, then through one compiled
    inference step. Shapes: batches (batches, n, d), smaller (m, d).
    """
    layer = with_weights(layer_class(**settings), batches[0], weights)
    signature = [tf.TensorSpec([None, batches.shape[-1]], keras.config.floatx())]

    @tf.function(input_signature=signature)
    def train(x):
        return layer(x, training=True)

    @tf.function(input_signature=signature)
    def infer(x):
        return layer(x, training=False)

    means, variances, trained = [], [], []
    for batch in (*batches, smaller):
        trained.append(real(train(tensor(batch)), "the layer"))
        means.append(numbers(layer.moving_mean))
        variances.append(numbers(layer.moving_variance))
    return {
        "training": np.concatenate(trained),
        "inference": real(infer(tensor(batches[0])), "the layer"),
        "moving_mean": np.stack(means),
        "moving_variance": np.stack(variances),
    }


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


def saved_model(layer_class, *, settings, weights, batches, x):
    """Predictions of a model before and after a trip through a ``.keras`` file, then training.

    Shapes: batches (batches, n, d) to train on before saving, x (m, d).
    """
    layer = with_weights(layer_class(**settings), batches[0], weights)
    for batch in batches:
        layer(tensor(batch), training=True)
    model = keras.Sequential([keras.Input(batches.shape[2:]), layer])
    loaded = saved_and_loaded(model, **{layer_class.__name__: layer_class})
    after = real(loaded(tensor(x), training=False), "the loaded layer")
    loaded(tensor(x), training=True)
    return {"after": after, "trained_on": real(loaded(tensor(x), training=False), "the layer")}


def fit(
    layer_class, *, settings, gamma, kernel, last_kernel, learning_rate, x, y, batch_size, epochs
):
    """Weights and predictions of a network with the layer after each epoch of ``model.fit``.

    Rows come in order, the last batch is smaller. Shapes: kernel (d, h), last_kernel (h, k),
    x (n, d), y (n, k).
    """
    layer = layer_class(**settings)
    layer.build((None, kernel.shape[1]))
    model = small_network(layer, kernel, last_kernel)
    layer.gamma.assign(gamma)
    compile_model(model, keras.optimizers.SGD(learning_rate), "mse")
    path = {"kernel": [], "gamma": [], "beta": [], "moving_mean": [], "moving_variance": []}

    def remember(epoch, logs):
        path["kernel"].append(numbers(model.layers[0].kernel))
        for name in ("gamma", "beta", "moving_mean", "moving_variance"):
            path[name].append(numbers(getattr(layer, name)))

    model.fit(
        tensor(x),
        tensor(y),
        batch_size=batch_size,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=remember)],
    )
    prediction = numbers(model(tensor(x), training=False))
    return {**{name: np.stack(values) for name, values in path.items()}, "prediction": prediction}


def learned_weights(layer_class, *, settings, kernel, last_kernel, x, y, batch_size, epochs):
    """What a network with the layer is after ``model.fit``: two kernels, and what the layer does.

    Outside training the layer scales and shifts each feature; both are read off from what it makes
    of zeros and of ones. Shapes: kernel (d, h), last_kernel (h, k), x (n, d), y (n,) of classes.
    """
    layer = layer_class(**settings)
    layer.build((None, kernel.shape[1]))
    model = small_network(layer, kernel, last_kernel)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    compile_model(model, keras.optimizers.SGD(0.3, momentum=0.8), loss)
    model.fit(tensor(x), y, batch_size=batch_size, epochs=epochs, shuffle=False, verbose=0)
    zeros = np.zeros((1, kernel.shape[1]))
    shift = real(layer(tensor(zeros), training=False), "the layer")[0]
    scale = real(layer(tensor(zeros + 1), training=False), "the layer")[0] - shift
    return {
        "kernel": numbers(model.layers[0].kernel),
        "scale": scale,
        "shift": shift,
        "last_kernel": numbers(model.layers[-1].kernel),
    }


def mixed_precision(layer_class, *, settings, weights, batches):
    """Outputs and statistics under ``mixed_float16``, and the sizes of their numbers in bytes.

    Shapes: batches (batches, n, d).
    """
    keras.config.set_dtype_policy("mixed_float16")
    layer = with_weights(layer_class(**settings), batches[0], weights)
    trained = [layer(keras.ops.cast(batch, "float16"), training=True) for batch in batches]
    inferred = layer(keras.ops.cast(batches[0], "float16"), training=False)
    for result in (*trained, inferred):
        real(result, "the layer")
    kept = layer.moving_mean, layer.moving_variance
    return {
        "training": np.stack([numbers(result) for result in trained]).astype("float32"),
        "inference": numbers(inferred).astype("float32"),
        "moving_mean": numbers(kept[0]).astype("float32"),
        "moving_variance": numbers(kept[1]).astype("float32"),
        "output_bytes": np.array([numbers(r).dtype.itemsize for r in (*trained, inferred)]),
        "statistics_bytes": np.array([numbers(k).dtype.itemsize for k in kept]),
    }


# --- ConvBNReLU -----------------------------------------------------------------------------------


def block(block_class, *, filters, kernel_size, x, kernel, weights):
    """A block, built by one call outside training, with the given kernel and normalization."""
    layer = block_class(filters, kernel_size)
    layer(tensor(x), training=False)
    layer.conv.kernel.assign(kernel)
    for name, value in weights.items():
        getattr(layer.bn, name).assign(value)
    return layer


def block_shapes(block_class, *, filters, kernel_sizes, x):
    """Shapes of a block's outputs, one row for each kernel size. Shapes: x (n, h, w, c)."""
    layers = [block_class(filters, int(size)) for size in kernel_sizes]
    outputs = [real(layer(tensor(x), training=False), "the block") for layer in layers]
    return {"shape": np.array([output.shape for output in outputs])}


def block_weights(block_class, *, filters, kernel_size, x):
    """How many weights ``conv``, ``bn`` and the whole block have. Shapes: x (n, h, w, c)."""
    layer = block_class(filters, kernel_size)
    layer(tensor(x), training=False)
    return {
        "conv": np.array(len(layer.conv.weights)),
        "bn": np.array(len(layer.bn.weights)),
        "trainable": np.array(len(layer.trainable_weights)),
        "all": np.array(len(layer.weights)),
    }


def block_in_training(block_class, *, filters, kernel_size, x, kernel, weights):
    """What a block returns in training. Shapes: x (n, h, w, c), kernel (k, k, c, filters)."""
    layer = block(
        block_class, filters=filters, kernel_size=kernel_size, x=x, kernel=kernel, weights=weights
    )
    return {"output": real(layer(tensor(x), training=True), "the block")}


def block_at_inference(block_class, *, filters, kernel_size, x, kernel, weights):
    """What a block returns outside training. Shapes: x (n, h, w, c)."""
    layer = block(
        block_class, filters=filters, kernel_size=kernel_size, x=x, kernel=kernel, weights=weights
    )
    return {"output": real(layer(tensor(x), training=False), "the block")}


def block_statistics(block_class, *, filters, kernel_size, x, kernel, weights):
    """Whether the moving statistics change in training, and outside it: mean, then variance."""
    layer = block(
        block_class, filters=filters, kernel_size=kernel_size, x=x, kernel=kernel, weights=weights
    )
    changed = {}
    for name, training in (("outside_training", False), ("in_training", True)):
        before = numbers(layer.bn.moving_mean), numbers(layer.bn.moving_variance)
        layer(tensor(x), training=training)
        after = numbers(layer.bn.moving_mean), numbers(layer.bn.moving_variance)
        pairs = zip(before, after, strict=True)
        changed[name] = np.array([bool(np.any(old != new)) for old, new in pairs])
    return changed


def block_gradients(block_class, *, filters, kernel_size, x, kernel, weights, upstream):
    """Gradients in training of the kernel, gamma, beta and the inputs.

    Shapes: x (n, h, w, c), upstream (n, h, w, filters).
    """
    layer = block(
        block_class, filters=filters, kernel_size=kernel_size, x=x, kernel=kernel, weights=weights
    )
    x = tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = keras.ops.sum(layer(x, training=True) * tensor(upstream))
    found = tape.gradient(
        total,
        [x, layer.conv.kernel.value, layer.bn.gamma.value, layer.bn.beta.value],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    names = ("inputs", "kernel", "gamma", "beta")
    return {name: numbers(gradient) for name, gradient in zip(names, found, strict=True)}


def saved_block(block_class, *, filters, kernel_size, x, kernel, weights):
    """Predictions of a block after a trip through a ``.keras`` file. Shapes: x (n, h, w, c)."""
    layer = block(
        block_class, filters=filters, kernel_size=kernel_size, x=x, kernel=kernel, weights=weights
    )
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    own = {block_class.__name__: block_class, type(layer.bn).__name__: type(layer.bn)}
    loaded = saved_and_loaded(model, **own)
    return {"output": real(loaded(tensor(x), training=False), "the loaded block")}


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
    compile_model(model, keras.optimizers.SGD(0.05), "mse")
    path = {"kernel": [], "gamma": [], "beta": []}

    def remember(epoch, logs):
        path["kernel"].append(numbers(layer.conv.kernel))
        path["gamma"].append(numbers(layer.bn.gamma))
        path["beta"].append(numbers(layer.bn.beta))

    model.fit(
        tensor(x),
        tensor(y),
        batch_size=4,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=remember)],
    )
    return {name: np.stack(values) for name, values in path.items()}


def block_in_mixed_precision(block_class, *, filters, kernel_size, x, kernel, weights):
    """A block's output under ``mixed_float16``, and the size of its numbers in bytes."""
    keras.config.set_dtype_policy("mixed_float16")
    layer = block(
        block_class, filters=filters, kernel_size=kernel_size, x=x, kernel=kernel, weights=weights
    )
    output = numbers(layer(tensor(x), training=True))
    return {"output": output.astype("float32"), "bytes": np.array(output.dtype.itemsize)}


# --- dead_fraction --------------------------------------------------------------------------------


def dead_fractions(function, *, activations):
    """The fraction for each of a stack of activations, shape (cases, n, ..., units)."""
    return {
        "fraction": np.array(
            [real(function(case), "dead_fraction") for case in activations], dtype="float64"
        )
    }
