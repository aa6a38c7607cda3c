"""NumPy throughout; the whole history is kept and searched again after each epoch."""

import keras
import numpy as np


def diagnose(history, *, high_loss, gap):
    curves = [np.asarray(history[name], dtype=float) for name in ("loss", "val_loss")]
    if curves[0].shape != curves[1].shape or curves[0].size == 0:
        raise ValueError(f"shapes {curves[0].shape} and {curves[1].shape}")
    last = np.nan_to_num(curves[0][-1], nan=np.inf)
    last_val_loss = np.nan_to_num(curves[1][-1], nan=np.inf)
    rise = np.ptp([last_val_loss, np.nanmin([*curves[1], last_val_loss])])
    conditions = [last > high_loss, not rise <= gap]
    return str(np.select(conditions, ["underfitting", "overfitting"], "good fit"))


def best_epoch(history):
    losses = np.asarray(history["val_loss"], dtype=float)
    losses = np.where(np.isfinite(losses), losses, np.inf)
    if losses.size == 0 or np.isinf(losses).all():
        raise ValueError("no finite validation loss")
    return np.argmin(losses)


class EarlyStopping(keras.callbacks.Callback):
    def __init__(self, patience=0, min_delta=0.0):
        super().__init__()
        self.patience, self.min_delta = patience, min_delta
        self._forget()

    def _forget(self):
        self.best_epoch, self.stopped_epoch = None, None
        self.losses, self.snapshots = [], {}

    def on_train_begin(self, logs=None):
        self._forget()

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(float(logs["val_loss"]))
        improved = []
        best = np.inf
        for number, loss in enumerate(self.losses):
            if loss + self.min_delta < best:
                best = loss
                improved.append(number)
        if improved and improved[-1] == epoch:
            self.best_epoch = epoch
            self.snapshots = {epoch: self.model.get_weights()}
        waited = epoch - (improved[-1] if improved else -1)
        if waited >= self.patience and waited > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.best_epoch is not None:
            self.model.set_weights(self.snapshots[self.best_epoch])
