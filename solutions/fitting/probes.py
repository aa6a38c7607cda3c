"""The probes of the fitting assignment: each runs an exercise and returns what it did.

A probe gets the student's function or class and inputs, and returns arrays. It holds no answer.
"""

import keras
import numpy as np

from autograder.probing.kit import compile_model

WORDS = ("underfitting", "overfitting", "good fit")


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

    Shapes: losses and val_losses (k, epochs), limits (k, 2) of high_loss and gap.
    """
    found = []
    for loss, val_loss, (high_loss, gap) in zip(losses, val_losses, limits, strict=True):
        word = diagnose(history_of(loss, val_loss), high_loss=float(high_loss), gap=float(gap))
        known = isinstance(word, str) and word in WORDS
        found.append(WORDS.index(word) if known else -1)
    return {"word": np.array(found)}


def complaints_of_diagnose(diagnose, *, lengths):
    """What histories of the given lengths raise: 0 nothing, 1 ValueError, 2 something else.

    Shape: lengths (k, 2) of the two lists.
    """
    found = []
    for training, validation in lengths.tolist():
        history = history_of([0.5] * training, [0.5] * validation)
        try:
            diagnose(history, high_loss=1.0, gap=0.1)
        except NotImplementedError:
            raise
        except ValueError:
            found.append(1)
        except Exception:
            found.append(2)
        else:
            found.append(0)
    return {"complaint": np.array(found)}


def best_epochs(best_epoch, *, losses, val_losses):
    """The best epoch of each history. Shapes: losses and val_losses (k, epochs)."""
    found = []
    for loss, val_loss in zip(losses, val_losses, strict=True):
        epoch = np.asarray(best_epoch(history_of(loss, val_loss)))
        if epoch.shape != () or epoch.dtype.kind not in "iuf":
            raise TypeError(f"expected the number of an epoch, got {str(epoch)[:40]}")
        found.append(float(epoch))
    return {"epoch": np.array(found)}


def complaints_of_best_epoch(best_epoch, *, val_losses, lengths):
    """What the first ``lengths`` epochs of each history raise: 0 nothing, 1 ValueError, 2 else.

    Shapes: val_losses (k, epochs), lengths (k,).
    """
    found = []
    for val_loss, length in zip(val_losses, lengths.tolist(), strict=True):
        try:
            best_epoch(history_of([0.5] * length, val_loss[:length]))
        except NotImplementedError:
            raise
        except ValueError:
            found.append(1)
        except Exception:
            found.append(2)
        else:
            found.append(0)
    return {"complaint": np.array(found)}


def small_model():
    """A model with weights that are trained and weights that are not."""
    return keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(1), keras.layers.BatchNormalization()]
    )


def epoch_or_none(value):
    """The number of an epoch; -1 for None."""
    return -1.0 if value is None else float(value)


def one_training(callback, model, losses, val_losses, first):
    """Drive a callback as ``fit`` does. All weights are ``first + epoch`` after each epoch.

    Returns how many epochs ran, the two attributes, every weight at the end, and whether all
    epochs but the last left the weights alone.
    """
    callbacks = keras.callbacks.CallbackList(
        [callback], add_history=False, model=model, epochs=len(losses)
    )
    model.stop_training, ran, left_alone, logs = False, 0, True, {}
    callbacks.on_train_begin()
    for epoch, (loss, val_loss) in enumerate(zip(losses, val_losses, strict=True)):
        callbacks.on_epoch_begin(epoch)
        for variable in model.weights:
            variable.assign(np.full(variable.shape, first + epoch))
        logs = {"accuracy": 0.5, "loss": float(loss), "val_loss": float(val_loss)}
        callbacks.on_epoch_end(epoch, logs)
        ran += 1
        if model.stop_training:
            break
        if epoch + 1 < len(losses):
            left_alone &= all(bool(np.all(w == first + epoch)) for w in model.get_weights())
    callbacks.on_train_end(logs)
    numbers = np.concatenate([weights.ravel() for weights in model.get_weights()])
    return {
        "epochs": float(ran),
        "best_epoch": epoch_or_none(callback.best_epoch),
        "stopped_epoch": epoch_or_none(callback.stopped_epoch),
        "weights": numbers.astype("float64") - first,
        "left_alone": left_alone,
    }


def trainings(early_stopping, *, settings, losses, val_losses):
    """Several trainings, each with a callback and a model of its own.

    Shapes: losses and val_losses (k, epochs), ``settings`` a list of k dictionaries. The weights
    are counted in epochs: those of epoch 3 are 3.
    """
    model, found = small_model(), []
    for given, loss, val_loss in zip(settings, losses, val_losses, strict=True):
        found.append(one_training(early_stopping(**given), model, loss, val_loss, 100.0))
    return {name: np.array([run[name] for run in found]) for name in found[0]}


def trainings_of_one_callback(early_stopping, *, settings, losses, val_losses):
    """Several trainings one after another with the same callback. Shapes as in ``trainings``."""
    model, callback, found = small_model(), early_stopping(**settings), []
    for number, (loss, val_loss) in enumerate(zip(losses, val_losses, strict=True), 1):
        found.append(one_training(callback, model, loss, val_loss, 100.0 * number))
    return {name: np.array([run[name] for run in found]) for name in found[0]}


def fit(early_stopping, *, settings, kernel, x, y, x_val, y_val, epochs, learning_rate):
    """The weights after each epoch of ``model.fit``, and those the model has in the end.

    Shapes: kernel (d, k), x and x_val (n, d), y and y_val (n,) of class numbers. Returns ``path``
    (epochs that ran, d, k), ``kernel`` (d, k) and the two attributes.
    """
    dense = keras.layers.Dense(kernel.shape[1], activation="softmax", use_bias=False)
    model = keras.Sequential([keras.Input((kernel.shape[0],)), dense])
    model.set_weights([kernel])
    compile_model(model, keras.optimizers.SGD(learning_rate), "sparse_categorical_crossentropy")
    callback, path = early_stopping(**settings), []
    remember = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: path.append(model.get_weights()[0])
    )
    model.fit(
        x,
        y,
        validation_data=(x_val, y_val),
        validation_batch_size=len(x_val),
        epochs=epochs,
        batch_size=len(x),
        verbose=0,
        callbacks=[remember, callback],
    )
    return {
        "path": np.stack(path),
        "kernel": model.get_weights()[0],
        "best_epoch": np.array(epoch_or_none(callback.best_epoch)),
        "stopped_epoch": np.array(epoch_or_none(callback.stopped_epoch)),
    }
