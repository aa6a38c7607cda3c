"""German names, running minima from itertools, weights saved to a file."""

import tempfile
from itertools import accumulate
from pathlib import Path

import keras
import numpy as np


def _endlich(werte):
    return [float(wert) for wert in werte if np.isfinite(wert)]


def diagnose(history, *, high_loss, gap):
    training, prüfung = history["loss"], history["val_loss"]
    if len(training) != len(prüfung) or len(training) < 1:
        raise ValueError("Die Listen sind leer oder verschieden lang.")
    tiefste = list(accumulate((wert for wert in prüfung if wert == wert), min))[-1:]
    if np.isnan(training[-1]):
        return "underfitting"
    if high_loss < training[-1]:
        return "underfitting"
    if np.isnan(prüfung[-1]) or gap < prüfung[-1] - tiefste[0]:
        return "overfitting"
    return "good fit"


def best_epoch(history):
    werte = _endlich(history["val_loss"])
    if not werte:
        raise ValueError("Keine Epoche hat einen endlichen Verlust.")
    return list(history["val_loss"]).index(min(werte))


class EarlyStopping(keras.callbacks.Callback):
    def __init__(self, patience=0, min_delta=0.0, **weiteres):
        super().__init__(**weiteres)
        self.patience = patience
        self.min_delta = min_delta
        self.best_epoch = None
        self.stopped_epoch = None

    def on_train_begin(self, logs=None):
        self.best_epoch = None
        self.stopped_epoch = None
        self.bester_verlust = None
        self.schlechte = 0
        self.ordner = tempfile.TemporaryDirectory()
        self.datei = Path(self.ordner.name) / "beste.npz"

    def on_epoch_end(self, epoch, logs=None):
        verlust = logs["val_loss"]
        if np.isnan(verlust):
            besser = False
        elif self.bester_verlust is None:
            besser = True
        else:
            besser = self.bester_verlust - verlust > self.min_delta
        if besser:
            self.bester_verlust = verlust
            self.best_epoch = epoch
            self.schlechte = 0
            np.savez(self.datei, *self.model.get_weights())
        else:
            self.schlechte += 1
            if self.schlechte >= self.patience:
                self.stopped_epoch = epoch
                self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.best_epoch is not None:
            with np.load(self.datei) as gemerkt:
                self.model.set_weights([gemerkt[name] for name in gemerkt.files])
        self.ordner.cleanup()
