"""Type hints, an enumeration for the words, and a record of the best epoch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import keras
import numpy as np

History = dict[str, list[float]]


class Verdict(StrEnum):
    UNDER = "underfitting"
    OVER = "overfitting"
    GOOD = "good fit"


def diagnose(history: History, *, high_loss: float, gap: float) -> str:
    match len(history["loss"]), len(history["val_loss"]):
        case (0, _) | (_, 0):
            raise ValueError("no epochs")
        case (training, validation) if training != validation:
            raise ValueError(f"{training} epochs of loss, {validation} of val_loss")
    *_, loss = history["loss"]
    *_, val_loss = history["val_loss"]
    if np.isnan(loss) or loss > high_loss:
        return Verdict.UNDER
    if np.isnan(val_loss):
        return Verdict.OVER
    return Verdict.OVER if val_loss - np.nanmin(history["val_loss"]) > gap else Verdict.GOOD


def best_epoch(history: History) -> int:
    ranked = sorted(
        (epoch for epoch, value in enumerate(history["val_loss"]) if np.isfinite(value)),
        key=lambda epoch: history["val_loss"][epoch],
    )
    if not ranked:
        raise ValueError("none of the validation losses is finite")
    return ranked[0]


@dataclass
class Best:
    epoch: int | None
    loss: float
    weights: list[np.ndarray]


class EarlyStopping(keras.callbacks.Callback):
    best: Best

    def __init__(self, patience: int = 0, min_delta: float = 0.0) -> None:
        super().__init__()
        self.patience = patience
        self.min_delta = min_delta
        self.stopped_epoch: int | None = None
        self.best = Best(None, np.inf, [])

    @property
    def best_epoch(self) -> int | None:
        return self.best.epoch

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.stopped_epoch = None
        self.best = Best(None, np.inf, self.model.get_weights())

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs is not None
        if np.less(logs["val_loss"], self.best.loss - self.min_delta):
            self.best = Best(epoch, logs["val_loss"], self.model.get_weights())
        since = epoch - (-1 if self.best.epoch is None else self.best.epoch)
        if since >= max(self.patience, 1):
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self.best.epoch is not None:
            self.model.set_weights(self.best.weights)
