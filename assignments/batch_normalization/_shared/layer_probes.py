"""Probes that serve any exercise that is a layer: each drives one and returns what it did.

A probe gets the student's class and inputs, and returns arrays. It holds no answer. Everywhere,
``settings`` are the keyword arguments of the class, and ``weights`` the values that attributes of
the built layer get before anything else happens. A layer with arguments of its own kind can be
driven too: `training_outputs(partial(layer_class, rate), settings={}, batches=...)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from autograder.probing.kit import (
    compile_model,
    in_batches,
    numbers,
    real,
    saved_and_loaded,
    variables,
)

# --- whole probes ---------------------------------------------------------------------------------


def training_outputs(
    layer_class: Any,
    *,
    settings: Mapping[str, Any],
    batches: Sequence[np.ndarray],
    weights: Mapping[str, Any] | None = None,
) -> dict[str, np.ndarray]:
    """What the layer returns for each of some batches in training.

    Shapes: batches (batches, n, ..., c); returns the same.
    """
    layer = with_weights(layer_class(**settings), batches[0], weights)
    return {"output": called(layer, batches, training=True)}


def compiled_outputs(
    layer_class: Any, *, settings: Mapping[str, Any], batches: Sequence[np.ndarray]
) -> dict[str, np.ndarray]:
    """The same, by a function that is compiled once, after a call that lets the layer build itself.

    Shapes: batches (batches, n, ..., c); returns the same.
    """
    layer = layer_class(**settings)
    layer(tensor(batches[0]), training=True)
    call = compiled(layer, training=True)
    return {"output": np.stack([real(call(tensor(batch))) for batch in batches])}


def inference_outputs(
    layer_class: Any, *, settings: Mapping[str, Any], x: np.ndarray
) -> dict[str, np.ndarray]:
    """What the layer returns with training=False, by default, compiled, and after training.

    Shapes: x (n, ..., c); returns (4, *x.shape).
    """
    layer, inputs = layer_class(**settings), tensor(x)
    outputs = [layer(inputs, training=False), layer(inputs)]
    outputs.append(compiled(layer, training=False)(inputs))
    layer(inputs, training=True)
    outputs.append(layer(inputs, training=False))
    return {"output": np.stack([real(output) for output in outputs])}


def output_and_gradient(
    layer_class: Any,
    *,
    settings: Mapping[str, Any],
    x: np.ndarray,
    upstream: np.ndarray,
    weights: Mapping[str, Any] | None = None,
) -> dict[str, np.ndarray]:
    """Output in training, and the gradient that reaches the inputs.

    Shapes: x, and upstream like the output; returns one array like each.
    """
    layer = with_weights(layer_class(**settings), x, weights)
    output, (gradient,) = pulled_back(layer, x, upstream)
    return {"output": output, "gradient": gradient}


def mixed_precision(
    layer_class: Any,
    *,
    settings: Mapping[str, Any],
    batches: Sequence[np.ndarray],
    weights: Mapping[str, Any] | None = None,
    kept: Sequence[str] = (),
) -> dict[str, np.ndarray]:
    """Outputs under ``mixed_float16``, in training and then at inference, and sizes in bytes.

    Shapes: batches (batches, n, ..., c); returns "training" like it, "inference" of the first
    batch, the size of a number of each output, and the weights named in ``kept`` with their sizes.
    """
    keras.config.set_dtype_policy("mixed_float16")
    layer = with_weights(layer_class(**settings), batches[0], weights)
    halves = [keras.ops.cast(batch, "float16") for batch in batches]
    trained = [real(layer(half, training=True)) for half in halves]
    inferred = real(layer(halves[0], training=False))
    found = {name: numbers(getattr(layer, name)) for name in kept}
    return {
        "training": np.stack(trained).astype("float32"),
        "inference": inferred.astype("float32"),
        **{name: value.astype("float32") for name, value in found.items()},
        "output_bytes": np.array([output.itemsize for output in (*trained, inferred)]),
        "statistics_bytes": np.array([value.itemsize for value in found.values()]),
    }


class Remember(keras.layers.Layer):
    """Passes its input on, and keeps a copy of the rows it has seen, batch after batch."""

    def __init__(self, batches: int, rows: int, columns: int) -> None:
        super().__init__()
        self.seen = self.add_weight(
            shape=(batches, rows, columns), initializer="zeros", trainable=False
        )
        self.count = self.add_weight(shape=(), initializer="zeros", dtype="int32", trainable=False)

    def call(self, batch: Any) -> Any:
        place = keras.ops.reshape(self.count, (1, 1))
        self.seen.assign(keras.ops.scatter_update(self.seen, place, batch[None]))
        self.count.assign_add(1)
        return batch


def fit_and_predict(
    layer_class: Any, *, settings: Mapping[str, Any], x: np.ndarray, y: np.ndarray, epochs: int
) -> dict[str, np.ndarray]:
    """What leaves the layer in each batch of ``model.fit``, and what ``predict`` makes of x.

    A dense layer with one output follows. Shapes: x (2 n, d) in two batches an epoch, y (2 n, 1);
    returns "x" and "outputs" (2 epochs, n, d), "predicted" (2 n, 1), and "kernel" and "bias" of the
    dense layer.
    """
    rows, layer = len(x) // 2, layer_class(**settings)
    remember, dense = Remember(2 * epochs, rows, x.shape[1]), keras.layers.Dense(1)
    model = keras.Sequential([keras.Input(x.shape[1:]), layer, remember, dense])
    remember.count.assign(0)  # Keras has called the layers once to see their shapes
    compile_model(model, keras.optimizers.SGD(0.01), "mse")
    model.fit(in_batches(rows, x, y), epochs=epochs, shuffle=False, verbose=0)
    seen = numbers(remember.seen)
    remember.count.assign(0)
    return {
        "x": np.stack([x[:rows], x[rows:]] * epochs),
        "outputs": seen,
        "predicted": np.array(model.predict(in_batches(rows, x), verbose=0)),
        "kernel": numbers(dense.kernel),
        "bias": numbers(dense.bias),
    }


# --- what probes of one layer are made of ---------------------------------------------------------


def tensor(values: Any) -> Any:
    """The values as a tensor of Keras' default float type."""
    return keras.ops.convert_to_tensor(values, dtype=keras.config.floatx())


def with_weights(layer: Any, x: np.ndarray, weights: Mapping[str, Any] | None) -> Any:
    """The layer; built for inputs like ``x``, with the given values, if there are any.

    Raises:
        ValueError: a weight has another shape than its value.
    """
    if weights:
        layer.build((None, *x.shape[1:]))
        for name, value in weights.items():
            weight, wanted = getattr(layer, name), np.shape(value)
            found = tuple(getattr(weight, "shape", wanted))
            if found != wanted:
                raise ValueError(f"expected {name} of shape {wanted}, got shape {found}")
            weight.assign(value)
    return layer


def called(layer: Any, batches: Sequence[np.ndarray], *, training: bool) -> np.ndarray:
    """What the layer returns for each of some batches. Shapes: (batches, n, ..., c)."""
    return np.stack([real(layer(tensor(batch), training=training)) for batch in batches])


def compiled(layer: Any, *, training: bool, features: int | None = None) -> Any:
    """The layer as a function compiled by TensorFlow; with ``features``, for any number of rows."""
    any_rows = features and [tf.TensorSpec([None, features], keras.config.floatx())]

    @tf.function(input_signature=any_rows)
    def call(inputs: Any) -> Any:
        return layer(inputs, training=training)

    return call


def pulled_back(
    layer: Any, x: np.ndarray, upstream: np.ndarray, *weights: Any
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Output in training, and the gradients of the inputs and of some weights.

    Zeros where nothing is connected.
    """
    inputs = tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = keras.ops.cast(layer(inputs, training=True), keras.config.floatx())
        total = keras.ops.sum(output * tensor(upstream))
    sources = [inputs, *(weight.value for weight in weights)]
    gradients = tape.gradient(total, sources, unconnected_gradients="zero")
    return real(output), [numbers(gradient) for gradient in gradients]


def saved_and_loaded_model(layer: Any, x: np.ndarray, *parts: Any) -> Any:
    """A model of the layer alone, saved and loaded; ``parts`` are sub-layers of own classes."""
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    classes = {type(part).__name__: type(part) for part in (layer, *parts)}
    return saved_and_loaded(model, **classes)


def two_layers_after_epochs(
    between: Callable[[Any], Any],
    hidden: np.ndarray,
    output: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    *,
    learning_rate: float,
    momentum: float,
    batch_size: int,
    epochs: int,
    further: Sequence[Any] = (),
    note: Callable[[], Mapping[str, np.ndarray]] = dict,
) -> dict[str, np.ndarray]:
    """Kernels of two dense layers after each epoch of eager SGD with momentum on cross-entropy.

    Rows come in order.

    Args:
        between: what is between the two, in training.
        hidden, output: start values of the kernels, (d, h) and (h, k).
        x, y: rows (n, d) and class numbers (n,).
        further: other variables to train.
        note: returns what else to keep after each epoch.

    Returns:
        "hidden", "output" and what ``note`` returns, with the epochs in front.
    """
    kernels, path = variables(hidden, output), []
    places = [variable.value for variable in (*kernels, *further)]
    velocities = [tf.Variable(tf.zeros_like(place)) for place in places]
    rows, classes = tensor(x), keras.ops.convert_to_tensor(y)
    for _ in range(epochs):
        for start in range(0, len(x), batch_size):
            batch = slice(start, start + batch_size)
            with tf.GradientTape() as tape:
                scores = between(rows[batch] @ kernels[0]) @ kernels[1]
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(classes[batch], scores)
                loss = tf.reduce_mean(losses)
            pulled = tape.gradient(loss, places, unconnected_gradients="zero")
            for place, velocity, gradient in zip(places, velocities, pulled, strict=True):
                velocity.assign(momentum * velocity - learning_rate * gradient)
                place.assign_add(velocity)
        path.append({"hidden": numbers(kernels[0]), "output": numbers(kernels[1]), **note()})
    return {name: np.stack([epoch[name] for epoch in path]) for name in path[0]}


def weights_after_epochs(
    model: Any,
    weights: Callable[[], Mapping[str, Any]],
    x: np.ndarray,
    y: np.ndarray,
    *,
    learning_rate: float,
    batch_size: int,
    epochs: int,
) -> dict[str, np.ndarray]:
    """Values of some weights after each epoch of SGD on the mean squared error.

    Rows come in order. ``weights`` is called after each epoch, since an attribute may then be
    something else than before. Returns an array of each weight's shape with the epochs in front.
    """
    compile_model(model, keras.optimizers.SGD(learning_rate), "mse")
    path: list[dict[str, np.ndarray]] = []

    def remember(epoch: int, logs: Any) -> None:
        path.append({name: numbers(weight) for name, weight in weights().items()})

    after = keras.callbacks.LambdaCallback(on_epoch_end=remember)
    model.fit(
        in_batches(batch_size, x, y), epochs=epochs, shuffle=False, verbose=0, callbacks=[after]
    )
    return {name: np.stack([values[name] for values in path]) for name in path[0]}
