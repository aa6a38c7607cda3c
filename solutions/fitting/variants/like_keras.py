"""In the style of Keras' own callback: wait is counted first, the weights come back at the stop."""

import keras
import numpy as np


def diagnose(history, *, high_loss, gap):
    loss, val_loss = history["loss"], history["val_loss"]
    if len(loss) != len(val_loss):
        raise ValueError("different lengths")
    if not len(loss):
        raise ValueError("no epochs")
    verdict = "good fit"
    if val_loss[-1] != val_loss[-1] or val_loss[-1] > np.nanmin(val_loss) + gap:
        verdict = "overfitting"
    if loss[-1] != loss[-1] or loss[-1] > high_loss:
        verdict = "underfitting"
    return verdict


def best_epoch(history):
    finite = [(v, e) for e, v in enumerate(history["val_loss"]) if np.isfinite(v)]
    if not finite:
        raise ValueError("history['val_loss'] has no finite number")
    return min(finite)[1]


class EarlyStopping(keras.callbacks.Callback):
    def __init__(self, patience=0, min_delta=0.0):
        super().__init__()
        self.patience = patience
        self.min_delta = -abs(min_delta)
        self.monitor_op = np.less
        self.stopped_epoch = None
        self.best_epoch = None

    def on_train_begin(self, logs=None):
        self.wait = 0
        self.best = None
        self.best_weights = None
        self.best_epoch = None
        self.stopped_epoch = None

    def _is_improvement(self, value, reference):
        if value is None or np.isnan(value):
            return False
        if reference is None:
            return True
        return bool(self.monitor_op(value - self.min_delta, reference))

    def on_epoch_end(self, epoch, logs=None):
        current = (logs or {}).get("val_loss")
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best = current
            self.best_epoch = epoch
            self.best_weights = self.model.get_weights()
            self.wait = 0
            return
        if self.wait >= self.patience:
            self.stopped_epoch = epoch
            self.model.stop_training = True
            self._restore()

    def on_train_end(self, logs=None):
        if self.stopped_epoch is None:
            self._restore()

    def _restore(self):
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)
