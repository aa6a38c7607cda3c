"""What a check may have drawn where it fails: numbers alone, which `reports/drawn.py` draws.

A check names a function that makes one of these (``picture=``), since only the course knows what
its arrays are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Channels", "Drawing", "Masks", "Training", "Trainings"]


@dataclass(frozen=True)
class Masks:
    """What a layer drops at random, at several rates and in several calls.

    Attributes:
        rates: probabilities to drop an element, shape (rates,).
        dropped: booleans of shape (rates, calls, rows, columns).
    """

    rates: Sequence[float]
    dropped: np.ndarray


@dataclass(frozen=True)
class Channels:
    """What a layer makes of each channel.

    Attributes:
        inputs, got, wanted: shape (values, channels): what goes in, the result, and what was
            expected.
    """

    inputs: np.ndarray
    got: np.ndarray
    wanted: np.ndarray


@dataclass(frozen=True)
class Training:
    """A training that a callback may stop.

    Attributes:
        title: what is particular about it ("patience=2").
        losses: validation losses, shape (epochs,), of all epochs that there could be.
        got, wanted: how many epochs ran.
        got_kept, wanted_kept: the epoch, from 0, whose weights the model has at the end; None if
            that is not one epoch.
    """

    title: str
    losses: np.ndarray
    got: int
    wanted: int
    got_kept: int | None = None
    wanted_kept: int | None = None


@dataclass(frozen=True)
class Trainings:
    """Several trainings, of which those are drawn that differ from what was expected."""

    trainings: tuple[Training, ...]


Drawing = Masks | Channels | Trainings
