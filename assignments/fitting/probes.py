"""The probes of the fitting assignment: each runs an exercise on inputs, and returns arrays."""

from functools import partial

import keras
import numpy as np
from _shared.attributes import counts_in
from _shared.callback_probes import one_training, small_model
from _shared.cases import complaint

from autograder.probing.kit import compile_model, in_batches, linear_softmax

WORDS = ("underfitting", "overfitting", "good fit")

SAID = 40
"""Characters that are shown of an answer that is none of the words."""

ATTRIBUTES = ("best_epoch", "stopped_epoch")
"""Those of an `EarlyStopping` that count epochs."""


def history_of(losses, val_losses):
    """A history as Keras gives it, with the lists of other metrics beside those of the losses."""
    return {
        "accuracy": [0.5] * len(losses),
        "loss": [float(value) for value in losses],
        "val_accuracy": [0.5] * len(val_losses),
        "val_loss": [float(value) for value in val_losses],
    }


def diagnoses(diagnose, *, losses, val_losses, limits):
    """For each pair of curves, which of the three words comes back (0, 1, 2), or -1.

    Shapes: losses and val_losses (k, epochs), limits (k, 2) of high_loss and gap. Where it is none
    of the words, ``said`` (k, 40) has the first characters of what it is, as code points.
    """
    found, said = [], np.zeros((len(losses), SAID), int)
    cases = zip(losses, val_losses, limits, strict=True)
    for row, (loss, val_loss, (high_loss, gap)) in zip(said, cases, strict=True):
        word = diagnose(history_of(loss, val_loss), high_loss=float(high_loss), gap=float(gap))
        known = isinstance(word, str) and word in WORDS
        found.append(WORDS.index(word) if known else -1)
        if not known:
            points = [ord(character) for character in repr(word)[:SAID]]
            row[: len(points)] = points
    return {"word": np.array(found), "said": said}


def complaints_of_diagnose(diagnose, *, lengths):
    """What histories raise whose two lists have the given lengths, (k, 2)."""
    histories = [history_of([0.5] * length, [0.5] * val_length) for length, val_length in lengths]
    calls = [partial(diagnose, history, high_loss=1.0, gap=0.1) for history in histories]
    return {"complaint": np.array([complaint(call) for call in calls])}


def complaints_of_best_epoch(best_epoch, *, val_losses, lengths):
    """What the first ``lengths`` (k,) epochs of histories raise. Shape: val_losses (k, epochs)."""
    cut = [losses[:length] for losses, length in zip(val_losses, lengths, strict=True)]
    calls = [partial(best_epoch, history_of(losses, losses)) for losses in cut]
    return {"complaint": np.array([complaint(call) for call in calls])}


def best_epochs(best_epoch, *, losses, val_losses):
    """The best epoch of each history, and whether it is as it was.

    Shapes: losses and val_losses (k, epochs).
    """
    found, unchanged = [], []
    for loss, val_loss in zip(losses, val_losses, strict=True):
        history = history_of(loss, val_loss)
        epoch = np.asarray(best_epoch(history))
        unchanged.append(repr(history) == repr(history_of(loss, val_loss)))
        if epoch.shape != () or epoch.dtype.kind not in "iuf":
            raise TypeError(f"expected the number of an epoch, got {str(epoch)[:40]}")
        found.append(float(epoch))
    return {"epoch": np.array(found), "is_unchanged": np.array(unchanged)}


def trainings(early_stopping, *, settings, losses, val_losses):
    """Several trainings, each with a callback of its own or all with the same.

    Shapes: losses and val_losses (k, epochs); ``settings`` is a list of k dictionaries, or one
    dictionary for a callback that is used k times. The weights are counted in epochs: those of
    epoch 3 are 3.
    """
    model, found = small_model(), []
    callback = early_stopping(**settings) if isinstance(settings, dict) else None
    for index, (loss, val_loss) in enumerate(zip(losses, val_losses, strict=True)):
        if isinstance(settings, list):
            callback = early_stopping(**settings[index])
        run = one_training(callback, model, loss, val_loss, 100.0 * (index + 1))
        found.append({**run, **counts_in(callback, ATTRIBUTES)})
    return {name: np.array([run[name] for run in found]) for name in found[0]}


def fit(early_stopping, *, settings, kernel, x, y, x_val, y_val, epochs, learning_rate):
    """The weights after each epoch of ``model.fit``, then those at the end.

    Shapes: kernel (d, k), x and x_val (n, d), y and y_val (n,) of class numbers. Returns ``path``
    (epochs + 1, d, k), filled up with the last weights if training stops early, and the two
    attributes.
    """
    model, path = linear_softmax(kernel), []
    compile_model(model, keras.optimizers.SGD(learning_rate), "sparse_categorical_crossentropy")
    callback = early_stopping(**settings)
    remember = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: path.append(model.get_weights()[0])
    )
    model.fit(
        in_batches(len(x), x, y),
        validation_data=in_batches(len(x_val), x_val, y_val),
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[remember, callback],
    )
    path += [model.get_weights()[0]] * (epochs + 1 - len(path))
    return {"path": np.stack(path), **counts_in(callback, ATTRIBUTES)}
