"""What probes of a callback need: a training without the cost of one."""

import keras
import numpy as np


def small_model():
    """A model with weights that are trained and weights that are not."""
    return keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(1), keras.layers.BatchNormalization()]
    )


def one_training(callback, model, losses, val_losses, first):
    """Drive a callback as ``fit`` does. All weights are ``first + epoch`` after each epoch.

    Shapes: losses and val_losses (epochs,).

    Returns how many epochs ran, every weight at the end (counted in epochs), and whether all epochs
    but the last left the weights alone.
    """
    options = {"add_history": False, "model": model, "epochs": len(losses)}
    callbacks = keras.callbacks.CallbackList([callback], **options)
    model.stop_training, left_alone, epoch, logs = False, True, -1, {}
    callbacks.on_train_begin()
    for epoch, (loss, val_loss) in enumerate(zip(losses, val_losses, strict=True)):
        if epoch:
            left_alone &= all(np.all(w == first + epoch - 1) for w in model.get_weights())
        callbacks.on_epoch_begin(epoch)
        for variable in model.weights:
            variable.assign(np.full(variable.shape, first + epoch))
        logs = {"accuracy": 0.5, "loss": float(loss), "val_loss": float(val_loss)}
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    callbacks.on_train_end(logs)
    weights = np.concatenate([weights.ravel() for weights in model.get_weights()])
    return {
        "epochs": float(epoch + 1),
        "weights": weights.astype("float64") - first,
        "left_alone": bool(left_alone),
    }
