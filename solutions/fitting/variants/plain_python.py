"""No NumPy: comparisons, math.isfinite and enumerate."""

import math

import keras


def diagnose(history, *, high_loss, gap):
    loss = list(history["loss"])
    val_loss = list(history["val_loss"])
    if not loss or len(loss) != len(val_loss):
        raise ValueError("loss and val_loss must be equally long and not empty")
    if not loss[-1] <= high_loss:
        return "underfitting"
    if math.isnan(val_loss[-1]):
        return "overfitting"
    lowest = min(value for value in val_loss if not math.isnan(value))
    return "overfitting" if val_loss[-1] > lowest + gap else "good fit"


def best_epoch(history):
    best, lowest = None, float("inf")
    for epoch, value in enumerate(history["val_loss"]):
        if math.isfinite(value) and value < lowest:
            best, lowest = epoch, value
    if best is None:
        raise ValueError("nothing finite")
    return best


class EarlyStopping(keras.callbacks.Callback):
    def __init__(self, patience=0, min_delta=0.0):
        super().__init__()
        self.patience = max(1, patience)
        self.min_delta = min_delta
        self.best_epoch = self.stopped_epoch = None

    def on_train_begin(self, logs=None):
        self.lowest = float("inf")
        self.kept = []
        self.bad_epochs = 0
        self.best_epoch = self.stopped_epoch = None

    def on_epoch_end(self, epoch, logs=None):
        if self.lowest - logs.get("val_loss") > self.min_delta:
            self.lowest, self.best_epoch, self.bad_epochs = logs["val_loss"], epoch, 0
            self.kept = [weight.numpy().copy() for weight in self.model.weights]
            return
        self.bad_epochs += 1
        if self.bad_epochs == self.patience:
            self.model.stop_training = True
            self.stopped_epoch = epoch

    def on_train_end(self, logs=None):
        for weight, number in zip(self.model.weights, self.kept, strict=bool(self.kept)):
            weight.assign(number)
