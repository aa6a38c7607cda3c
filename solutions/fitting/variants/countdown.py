"""Patience counts down to zero; the best weights are tensors; a table holds the words."""

import keras
import tensorflow as tf


def diagnose(history, *, high_loss, gap):
    pairs = list(zip(history["loss"], history["val_loss"], strict=True))
    if not pairs:
        raise ValueError("an empty history")
    last_loss, last_val_loss = pairs[-1]
    learned = last_loss <= high_loss
    lowest = min((value for _, value in pairs if value == value), default=0.0)
    rose = not last_val_loss - lowest <= gap
    return {(True, False): "good fit", (True, True): "overfitting"}.get(
        (learned, rose), "underfitting"
    )


def best_epoch(history):
    val_loss = [value if value == value else float("inf") for value in history["val_loss"]]
    lowest = min(val_loss, default=float("inf"))
    if lowest == float("inf"):
        raise ValueError("no finite number")
    return val_loss.index(lowest)


class EarlyStopping(keras.callbacks.Callback):
    def __init__(self, patience=0, min_delta=0.0):
        super().__init__()
        self.patience = patience
        self.min_delta = min_delta

    def on_train_begin(self, logs=None):
        self.best_epoch = None
        self.stopped_epoch = None
        self.threshold = float("inf")
        self.left = self.patience or 1
        self.copies = None

    def on_epoch_end(self, epoch, logs=None):
        loss = tf.convert_to_tensor(logs["val_loss"], dtype="float64")
        if loss < self.threshold:
            self.threshold = float(loss) - self.min_delta
            self.left = self.patience or 1
            self.best_epoch = epoch
            self.copies = [tf.identity(variable.value) for variable in self.model.variables]
        else:
            self.left -= 1
            if self.left <= 0:
                self.stopped_epoch = epoch
                self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.copies is None:
            return
        for variable, value in zip(self.model.variables, self.copies, strict=True):
            variable.assign(value)
