"""The probes of the capstone: each runs an exercise on inputs, and returns arrays."""

from collections.abc import Mapping
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from _shared.callback_probes import small_model
from _shared.cases import complaint

from autograder.probing.kit import numbers

# --- small_cnn ------------------------------------------------------------------------------------


class Moved(keras.layers.Layer):
    """In the place of a normalization: scales and shifts, and does so otherwise in training."""

    def call(self, inputs, training=False):
        return 0.5 * inputs - 0.2 if training else 2 * inputs - 0.4


class Dimmed(keras.layers.Layer):
    """In the place of a dropout: what it does to its inputs in training is no matter of chance."""

    def call(self, inputs, training=False):
        return 0.5 * inputs + 0.3 if training else inputs


class Factory:
    """Makes layers of a kind, and counts them."""

    def __init__(self, kind):
        self.kind, self.made = kind, 0

    def __call__(self):
        self.made += 1
        return self.kind()


def built(small_cnn, normalization, dropout, *, x, filters, classes, strength):
    """A network for images x (n, h, w, c), of layers from the two factories."""
    model = small_cnn(
        tuple(x.shape[1:]),
        classes,
        normalization=normalization,
        dropout=dropout,
        regularizer=keras.regularizers.L2(strength),
        filters=tuple(filters),
    )
    if model is None:
        raise TypeError("small_cnn returned None; is a return statement missing?")
    if not isinstance(model, keras.Model):
        raise TypeError(f"expected a keras.Model, got a {type(model).__name__}")
    if not model.built:
        raise TypeError(
            "the model has no weights yet, because it is not built. Begin it with "
            "keras.Input(input_shape), or call it once: model(tf.zeros((1, *input_shape)))."
        )
    return model


def start_at(model, convolutions, dense, bias):
    """Give a network its weights.

    Raises:
        ValueError: it has kernels of other shapes.
    """
    trained = model.trainable_variables
    for rank, kernels in ((4, convolutions), (2, [dense])):
        own = [variable for variable in trained if len(variable.shape) == rank]
        shapes = [tuple(variable.shape) for variable in own]
        wanted = [np.shape(kernel) for kernel in kernels]
        if shapes != wanted:
            raise ValueError(f"expected kernels of the shapes {wanted}, found {shapes}")
        for variable, kernel in zip(own, kernels, strict=True):
            variable.assign(kernel)
    biases = [variable for variable in trained if variable.shape == bias.shape]
    for variable in biases[-1:]:  # the dense layer's
        variable.assign(bias)


def network(small_cnn, *, x, convolutions, dense, bias, **settings):
    """The scores of a network in use and in training, and its penalty.

    Shapes: x (n, h, w, c), the kernels of the convolutions (3, 3, c, filters) each, dense (d,
    classes), bias (classes,). Returns scores and scores_in_training (n, classes), and penalty ().
    """
    made = Factory(Moved), Factory(Dimmed)
    model = built(small_cnn, *made, x=x, classes=len(bias), **settings)
    start_at(model, convolutions, dense, bias)
    x = tf.constant(x, "float32")
    return {
        "scores": numbers(model(x, training=False)),
        "scores_in_training": numbers(model(x, training=True)),
        "penalty": np.array(sum(float(loss) for loss in model.losses)),
    }


def layers(small_cnn, **settings):
    """The sizes of the weights that are trained, and how many layers of either kind were made.

    Returns sizes (weights, 4), filled up with zeros, and made (2,).
    """
    made = Factory(Moved), Factory(Dimmed)
    trained = built(small_cnn, *made, **settings).trainable_variables
    sizes = np.zeros((len(trained), 4), int)
    for row, variable in zip(sizes, trained, strict=True):
        row[: len(variable.shape)] = variable.shape
    return {"sizes": sizes, "made": np.array([factory.made for factory in made])}


def networks(small_cnn, *, cases):
    """The scores of `network` for several sets of its arguments, one after another."""
    found = []
    for case in cases:
        arrays = {name: np.array(case[name]) for name in ("x", "dense", "bias")}
        found.append(network(small_cnn, **{**case, **arrays})["scores"].ravel())
    return {"scores": np.concatenate(found)}


# --- fit_network ----------------------------------------------------------------------------------


class Told(keras.callbacks.Callback):
    """Notes what it is told, and what it finds in the model after each epoch.

    Args:
        watched: the model, which is known even if nobody sets it.
        stop_after: the number of epochs after which training shall stop.
    """

    def __init__(self, watched, stop_after=None):
        super().__init__()
        self.watched, self.stop_after = watched, stop_after
        self.begun, self.ended, self.epochs, self.logs, self.path = 0, 0, [], [], []

    def on_train_begin(self, logs=None):
        self.begun += 1

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(int(epoch))
        self.logs.append(dict(logs or {}))
        self.path.append(self.watched.get_weights())
        if self.stop_after and len(self.epochs) >= self.stop_after:
            if self.model is None:
                raise RuntimeError(
                    "the callback cannot stop the training: it was not told which model is trained"
                )
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        self.ended += 1


def returned(result):
    """The two curves of a history, as arrays."""
    if not isinstance(result, Mapping) or not {"loss", "val_loss"} <= set(result):
        raise TypeError(f"expected a dictionary with 'loss' and 'val_loss', got {str(result)[:60]}")
    curves = {name: [float(loss) for loss in result[name]] for name in ("loss", "val_loss")}
    return {name: np.array(losses, dtype="float64") for name, losses in curves.items()}


def squared_error(y, y_pred):
    return tf.reduce_mean(tf.square(y_pred - tf.cast(y, y_pred.dtype)))


def penalized_model(kernel, strength, *layers, after=(), stopped=False):
    """A linear model without bias that starts at ``kernel``, shape (d, k), and is penalized.

    Args:
        stopped: whether a callback has stopped its last training.
    """
    dense = keras.layers.Dense(
        kernel.shape[1], use_bias=False, kernel_regularizer=keras.regularizers.L2(strength)
    )
    model = keras.Sequential([keras.Input((kernel.shape[0],)), *layers, dense, *after])
    dense.kernel.assign(kernel)
    model.stop_training = stopped
    return model


def fitted(fit_network, model, optimizer, loss_fn, callback, *, seed, **settings):
    """What ``fit_network`` returns, given the data in Keras' default float type.

    Args:
        seed: of the generator that it gets, or that generator itself.
    """
    names, floatx = ("x", "y", "x_val", "y_val"), keras.config.floatx()
    data = [np.asarray(settings.pop(name)) for name in names]
    data = [array.astype(floatx) if array.dtype.kind == "f" else array for array in data]
    given = {"rng": np.random.default_rng(seed), "callback": callback, **settings}
    return fit_network(model, optimizer, loss_fn, *data, **given)


class Scaled(keras.layers.Layer):
    """Multiplies by a trainable number, which is penalized: a model may have several penalties."""

    def __init__(self, strength):
        super().__init__()
        self.strength = strength

    def build(self, input_shape):
        self.factor = self.add_weight(
            shape=(), initializer="ones", regularizer=keras.regularizers.L2(self.strength)
        )

    def call(self, inputs):
        return inputs * self.factor


def full_batches(fit_network, *, x, kernel, strength, learning_rate, **settings):
    """The curves, and the weights after each epoch, where a batch is all rows.

    Shapes: kernel (d, 1), x (n, d), y (n, 1), x_val (m, d), y_val (m, 1). Returns loss and val_loss
    (epochs,), and weights (epochs, d).
    """
    model, path = penalized_model(kernel, strength, after=[Scaled(strength)]), []
    optimizer = keras.optimizers.SGD(learning_rate)
    apply = optimizer.apply

    # tf.numpy_function takes the note: correct solutions may compile their step.
    def note(weights):
        path.append(np.array(weights, dtype="float64").ravel())

    def apply_and_note(grads, trainable_variables=None):  # the names that Keras gives them
        apply(grads, trainable_variables)
        tf.numpy_function(note, [tf.convert_to_tensor(model.trainable_variables[0])], [])

    optimizer.apply = apply_and_note
    told = Told(model)
    result = fitted(
        fit_network, model, optimizer, squared_error, told, x=x, batch_size=len(x), **settings
    )
    path = path or [model.get_weights()[0].ravel()]
    return {**returned(result), "weights": np.stack(path)}


class TwiceInTraining(keras.layers.Layer):
    """Doubles its input in training, and leaves it as it is otherwise."""

    def call(self, inputs, training=False):
        return 2 * inputs if training else inputs


def both_modes(fit_network, *, x, kernel, strength, learning_rate, **settings):
    """The curves, and all weights at the end, of a model that differs in training.

    The moving statistics of a normalization are among the weights, so that it shows where else
    the model ran in training mode.
    """
    normalization = keras.layers.BatchNormalization(momentum=0.6)
    model = penalized_model(kernel, strength, TwiceInTraining(), after=[normalization])
    optimizer, told = keras.optimizers.SGD(learning_rate), Told(model)
    result = fitted(
        fit_network, model, optimizer, squared_error, told, x=x, batch_size=len(x), **settings
    )
    weights = np.concatenate([weight.ravel() for weight in model.get_weights()])
    return {**returned(result), "weights": weights.astype("float64")}


def state_of(rng):
    """What changes when something is drawn from a generator, or another one is made of it."""
    return rng.bit_generator.state, rng.bit_generator.seed_seq.n_children_spawned


def batches(fit_network, *, kernel, strength, y_val, **settings):
    """The losses, and the targets of the batch of every update, at a learning rate of 0.

    Returns loss (epochs,), targets (updates, rows), filled up with NaN, and whether rng was used.
    """
    model, optimizer = penalized_model(kernel, strength), keras.optimizers.SGD(0.0)
    given, updates, apply = [np.zeros(0)], [], optimizer.apply

    def note_targets(y):
        given.append(np.array(y, dtype="float64").ravel())

    def note_update():
        updates.append(given[-1])
        return np.float32(0)

    def loss_fn(y, y_pred):
        tf.numpy_function(note_targets, [tf.convert_to_tensor(y)], [])
        return squared_error(y, y_pred)

    def apply_and_note(grads, trainable_variables=None):
        apply(grads, trainable_variables)
        tf.numpy_function(note_update, [], tf.float32)

    optimizer.apply = apply_and_note
    rng = np.random.default_rng(settings["seed"])
    state = state_of(rng)
    settings = {**settings, "y_val": y_val, "seed": rng}
    result = fitted(fit_network, model, optimizer, loss_fn, Told(model), **settings)
    if not updates:
        raise RuntimeError("the optimizer was never asked to apply a gradient")
    targets = np.full((len(updates), max(1, *map(len, updates))), np.nan)
    for row, batch in zip(targets, updates, strict=True):
        row[: len(batch)] = batch
    used = np.array(state_of(rng) != state)
    return {"loss": returned(result)["loss"], "targets": targets, "rng_used": used}


MISSING, NOT_A_NUMBER, ANOTHER, THE_SAME = range(4)
"""What the logs say of a loss: nothing, no number, another than the history has, or the same."""


def agreement(logs, losses):
    """How far what the callback was told is what was returned: the least of all epochs."""
    found = [THE_SAME]
    for told, loss in zip(logs, losses, strict=False):
        if told is None:
            found.append(MISSING)
        elif np.shape(told) != ():
            found.append(NOT_A_NUMBER)
        else:
            is_same = np.isclose(float(told), loss, rtol=1e-5, atol=0.0)
            found.append(THE_SAME if is_same else ANOTHER)
    return min(found)


def events(fit_network, *, kernel, strength, stop_after, stopped_before, **settings):
    """What a callback is told, for each number of epochs after which it stops the training.

    Returns, for each of them: told (k, 3), how often of the beginning and the end, and of how many
    epochs; counted (k,), whether these count from 0; lengths (k, 2) of the curves; and logs (k, 2),
    how far the logs say what the curves say.
    """
    found = {"told": [], "counted": [], "lengths": [], "logs": []}
    for epochs in stop_after:
        model = penalized_model(kernel, strength, stopped=bool(stopped_before))
        optimizer = keras.optimizers.SGD(0.01)
        told, names = Told(model, epochs), ("loss", "val_loss")
        result = fitted(fit_network, model, optimizer, squared_error, told, **settings)
        curves = returned(result)
        found["told"].append([told.begun, told.ended, len(told.epochs)])
        found["counted"].append(told.epochs == list(range(len(told.epochs))))
        found["lengths"].append([len(curves[name]) for name in names])
        logs = {name: [each.get(name) for each in told.logs] for name in names}
        found["logs"].append([agreement(logs[name], curves[name]) for name in names])
    return {name: np.array(rows) for name, rows in found.items()}


def trained_on_digits(fit_network, *, kernel, bias, strength, learning_rate, epochs, **settings):
    """The weights of a penalized softmax regression after each epoch.

    Returns kernel (epochs, d, k) and bias (epochs, k), filled up with the last ones.
    """
    dense = keras.layers.Dense(len(bias), kernel_regularizer=keras.regularizers.L2(strength))
    model = keras.Sequential([keras.Input((len(kernel),)), dense])
    model.set_weights([kernel, bias])
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer, told = keras.optimizers.SGD(learning_rate), Told(model)
    fitted(fit_network, model, optimizer, loss_fn, told, epochs=epochs, **settings)
    path = (told.path + [model.get_weights()] * epochs)[:epochs]
    kernels, biases = zip(*path, strict=True)
    return {"kernel": np.stack(kernels), "bias": np.stack(biases)}


# --- tune -----------------------------------------------------------------------------------------

FIRST = 100.0
"""All weights of the model before the first run. Those that run i leaves are 1 + i more."""


def one_tuning(tune, rates, val_losses):
    """One call, with runs whose validation losses are given.

    Shapes: rates (k,), val_losses (k, epochs). Returns the rate, the loss, the weights in the end,
    the largest trained and the largest other weight at the start of each run (k, 2), as what they
    are beyond `FIRST`, and whether each run had an optimizer of its own.
    """
    model, starts, optimizers = small_model(), np.full((len(rates), 2), np.nan), []
    model.set_weights([np.full(weight.shape, FIRST) for weight in model.get_weights()])

    def beyond(variables):
        return np.concatenate([numbers(variable).ravel() for variable in variables]) - FIRST

    def fit(model, optimizer):
        rate = float(optimizer.learning_rate)
        run = int(np.argmin(np.abs(np.log(rates) - np.log(rate))))
        kinds = model.trainable_variables, model.non_trainable_variables
        starts[run] = [np.abs(beyond(variables)).max() for variables in kinds]
        optimizers.append(optimizer)
        model.set_weights([np.full(w.shape, FIRST + 1 + run) for w in model.get_weights()])
        losses = [float(loss) for loss in val_losses[run]]
        # The training loss asks for the run that the validation loss refuses.
        return {"loss": [1 / (1 + abs(min(losses)))] * len(losses), "val_loss": losses}

    result = tune(model, keras.optimizers.SGD, [float(rate) for rate in rates], fit)
    if not isinstance(result, Mapping) or not {"rate", "val_loss"} <= set(result):
        raise TypeError(f"expected a dictionary with 'rate' and 'val_loss', got {str(result)[:60]}")
    return {
        "rate": float(result["rate"]),
        "val_loss": float(result["val_loss"]),
        "weights": beyond(model.weights),
        "starts": starts,
        "own": len({id(optimizer) for optimizer in optimizers}) == len(optimizers) == len(rates),
    }


def tunings(tune, *, rates, val_losses):
    """`one_tuning` for several cases. Shapes: rates (cases, k), val_losses (cases, k, epochs)."""
    found = [one_tuning(tune, *case) for case in zip(rates, val_losses, strict=True)]
    return {name: np.array([case[name] for case in found]) for name in found[0]}


def complaints(tune, *, rates, val_losses):
    """What each case raises."""
    cases = zip(rates, val_losses, strict=True)
    calls = [partial(one_tuning, tune, *case) for case in cases]
    return {"complaint": np.array([complaint(call) for call in calls])}
