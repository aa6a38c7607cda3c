"""Where epochs and losses are in a small picture, and what its axes say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 264, 172
"""In pixels: two fit into half of a page."""

LEFT, RIGHT, TOP, BOTTOM = 46, 8, 8, 36
"""What is free around the curves."""

VISIBLE_BAND = 0.02
"""The narrowest band that is drawn; others vanish behind the expected curve."""

MOST_TICKS = 5

DECADES = 10.0
"""Losses that reach over more than this factor have a logarithmic axis."""


@dataclass(frozen=True)
class LossAxes:
    """The axes of one picture: epochs to the right, losses upwards.

    Attributes:
        epochs: how many there are, at least 2.
        low, high: the losses at the lower and the upper edge.
        logarithmic: whether equal factors are equally far apart; then ``low`` is above 0.
        right: what is free beside the curves.
    """

    epochs: int
    low: float
    high: float
    logarithmic: bool
    right: int = RIGHT

    @classmethod
    def around(cls, losses: Sequence[float], epochs: int, right: int = RIGHT) -> LossAxes:
        """Axes that show all of these losses.

        Args:
            losses: finite ones, at least one.
        """
        low, high = min(losses), max(losses)
        if low > 0 and high > DECADES * low:
            air = (high / low) ** 0.05
            return cls(epochs, low / air, high * air, True, right)
        air = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
        return cls(epochs, low - air, high + air, False, right)

    @property
    def edge(self) -> int:
        """The right end of the curves."""
        return WIDTH - self.right

    @property
    def base(self) -> int:
        """The lower end of the curves."""
        return HEIGHT - BOTTOM

    def x(self, epoch: int) -> float:
        """Where an epoch is, counted from 0."""
        return round(LEFT + 6 + (self.edge - LEFT - 12) * epoch / (self.epochs - 1), 1)

    def y(self, loss: float) -> float:
        """Where a loss is; at the edge, if it is beyond."""
        low, high, value = self.low, self.high, min(max(loss, self.low), self.high)
        if self.logarithmic:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return round(self.base - (self.base - TOP) * (value - low) / (high - low), 1)

    def line(self, losses: Sequence[float]) -> str:
        """The points of a line."""
        return " ".join(f"{self.x(at):g},{self.y(loss):g}" for at, loss in enumerate(losses))

    def area(self, low: Sequence[float], high: Sequence[float]) -> str:
        """The points of the area between two lines."""
        back = [f"{self.x(at):g},{self.y(loss):g}" for at, loss in enumerate(low)]
        return " ".join([self.line(high), *reversed(back)])

    def loss_ticks(self) -> list[tuple[float, str]]:
        """Places and labels of round losses."""
        losses = self._powers() if self.logarithmic else []
        if len(losses) < 2:
            losses = list(_round_numbers(self.low, self.high))
        return [(self.y(loss), f"{loss:.10g}") for loss in losses]

    def _powers(self) -> list[float]:
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        step = max(1, math.ceil((last - first + 1) / MOST_TICKS))
        first = math.ceil(first / step) * step  # so that 1 is among them
        powers = [10.0**exponent for exponent in range(first, last + 1, step)]
        if len(powers) > 2:
            return powers
        between = [factor * 10.0**e for e in range(first - 1, last + 1) for factor in (1, 2, 5)]
        return [loss for loss in between if self.low <= loss <= self.high]

    def epoch_ticks(self) -> list[tuple[float, str]]:
        """Places and numbers of some epochs, counted from 1."""
        step = next(n for n in (1, 2, 5, 10, 20, 50, 100) if self.epochs <= n * (MOST_TICKS + 2))
        shown = [at for at in range(self.epochs) if step == 1 or (at + 1) % step == 0]
        return [(self.x(at), str(at + 1)) for at in shown]


def _round_numbers(low: float, high: float) -> Iterator[float]:
    """Multiples of 1, 2, 2.5 or 5 times a power of ten between two numbers."""
    rough = (high - low) / MOST_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= rough * (1 - 1e-9))
    for number in range(math.ceil(low / step), math.floor(high / step) + 1):
        yield round(number * step, 12) if step < 1 else number * step
