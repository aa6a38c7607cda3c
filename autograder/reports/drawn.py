"""Draw what a check asks for: masks, channels, trainings. Colours are told apart by shape, too."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from autograder.grading.drawings import Channels, Drawing, Masks, Training, Trainings
from autograder.reports.plots import BLUE, ORANGE, figure_of, png

MAX_CHANNELS, MAX_TRAININGS = 4, 2
SIGMAS = 5.0
"""How wide the band around the expected share is, in standard deviations."""


def drawn(drawing: Drawing) -> list[tuple[str, str]]:
    """Pictures, each a PNG in base64 and what it shows in words. None if there is nothing to see.

    Raises:
        ValueError, IndexError, TypeError: the arrays are not of the shapes that they should be.
    """
    if isinstance(drawing, Masks):
        return [_masks(drawing), _shares(drawing)] if drawing.dropped.size else []
    if isinstance(drawing, Channels):
        return _channels(drawing)
    if isinstance(drawing, Trainings):
        wrong = [each for each in drawing.trainings if _is_wrong(each)]
        return [_training(each) for each in wrong[:MAX_TRAININGS]]
    raise TypeError(f"{type(drawing).__name__} is no drawing")


# --- masks ----------------------------------------------------------------------------------------


def _masks(drawing: Masks) -> tuple[str, str]:
    """The masks of two calls at each rate: black is dropped."""
    calls = min(2, drawing.dropped.shape[1])
    figure = figure_of(1.7 * calls, 1.3 * len(drawing.rates))
    panels = figure.subplots(len(drawing.rates), calls, squeeze=False)
    words = []
    for row, rate, dropped in zip(panels, drawing.rates, drawing.dropped, strict=True):
        for call, axes in enumerate(row):
            axes.imshow(dropped[call], cmap="gray_r", vmin=0, vmax=1, aspect="auto")
            axes.set_title(f"rate {rate:g}, call {call + 1}", fontsize=9)
            axes.set(xticks=[], yticks=[])
        if calls == 2:
            same = np.array_equal(dropped[0], dropped[1])
            words.append(
                f"at rate {rate:g}, two calls drop {'the same' if same else 'different'} elements"
            )
    note = f": {'; '.join(words)}" if words else ""
    return png(figure), f"What your layer drops, in black{note}."


def _shares(drawing: Masks) -> tuple[str, str]:
    """The share that is kept in each call, and the one that the rate leaves."""
    figure = figure_of(3.6, 2.6)
    axes = figure.subplots()
    line = np.linspace(0, 1, 101)
    size = drawing.dropped[0, 0].size
    spread = SIGMAS * np.sqrt(line * (1 - line) / size)
    axes.fill_between(line, 1 - line - spread, 1 - line + spread, color=BLUE, alpha=0.25)
    axes.plot(line, 1 - line, color=BLUE, label="expected: 1 - rate")
    words = []
    for number, (rate, dropped) in enumerate(zip(drawing.rates, drawing.dropped, strict=True)):
        kept = 1 - dropped.reshape(len(dropped), -1).mean(axis=1)
        label = "yours, each call" if number == 0 else None
        axes.plot(np.full(len(kept), rate), kept, "x", color=ORANGE, markersize=7, label=label)
        words.append(f"at rate {rate:g}, {kept.mean():.2f} instead of {1 - rate:.2f}")
    axes.set(xlabel="rate", ylabel="share kept", xlim=(0, 1), ylim=(-0.03, 1.03))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return png(figure), f"Share of elements that your layer keeps: {'; '.join(words)}."


# --- channels -------------------------------------------------------------------------------------


def _channels(drawing: Channels) -> list[tuple[str, str]]:
    """Mean and deviation of each channel: of the inputs, of the output, of the expected one."""
    arrays = {"input": drawing.inputs, "yours": drawing.got, "expected": drawing.wanted}
    shape = drawing.wanted.shape
    if len(shape) != 2 or any(each.shape != shape for each in arrays.values()):
        raise ValueError("all of a channel's arrays have one shape, (values, channels)")
    if not np.isfinite(drawing.got).all():
        return []
    channels = min(shape[1], MAX_CHANNELS)
    figure = figure_of(1.3 + 1.2 * channels, 2.8)
    axes = figure.subplots()
    looks = {"input": ("#767676", "s"), "yours": (ORANGE, "x"), "expected": (BLUE, "o")}
    for offset, (name, array) in zip((-0.25, 0, 0.25), arrays.items(), strict=True):
        colour, marker = looks[name]
        mean, deviation = array.mean(axis=0)[:channels], array.std(axis=0)[:channels]
        where = np.arange(1, channels + 1) + offset
        style: dict[str, Any] = {
            "color": colour,
            "capsize": 3,
            "linestyle": "none",
            "markersize": 6,
        }
        axes.errorbar(where, mean, deviation, marker=marker, label=name, **style)
    axes.set(xlabel="channel", ylabel="mean ± deviation")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3, axis="y")
    axes.legend(fontsize=8)
    words = "; ".join(
        f"channel {n + 1} has mean {_number(drawing.got[:, n].mean())} and deviation "
        f"{_number(drawing.got[:, n].std())} instead of {_number(drawing.wanted[:, n].mean())} and "
        f"{_number(drawing.wanted[:, n].std())}"
        for n in range(channels)
    )
    return [(png(figure), f"Each channel of the first batch: {words}.")]


def _number(value: float) -> str:
    return f"{0.0 if abs(value) < 5e-4 else float(value):.3g}"


# --- trainings ------------------------------------------------------------------------------------


def _is_wrong(each: Training) -> bool:
    return each.got != each.wanted or each.got_kept != each.wanted_kept


def _training(each: Training) -> tuple[str, str]:
    """The validation losses, where training should stop and where it did."""
    figure = figure_of(5.4, 2.6)
    axes = figure.subplots()
    epochs = np.arange(len(each.losses))
    axes.plot(epochs, each.losses, "-", color="#767676", marker=".", label="validation loss")
    _stop(axes, each.wanted - 1, BLUE, "-", "last epoch, expected")
    _stop(axes, each.got - 1, ORANGE, "--", "last epoch, yours")
    for kept, colour, marker, whose in (
        (each.wanted_kept, BLUE, "o", "expected"),
        (each.got_kept, ORANGE, "x", "yours"),
    ):
        if kept is not None and 0 <= kept < len(epochs) and np.isfinite(each.losses[kept]):
            style: dict[str, Any] = {
                "markersize": 9,
                "markerfacecolor": "none",
                "linestyle": "none",
            }
            label = f"weights kept, {whose}"
            axes.plot(kept, each.losses[kept], color=colour, marker=marker, label=label, **style)
    axes.set(xlabel="epoch, from 0")
    axes.set_title(each.title, fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    figure.legend(fontsize=7, loc="outside right upper")  # it would cover the losses
    words = f"{each.title}: {each.got} epochs ran, expected {each.wanted}"
    if each.got_kept != each.wanted_kept:
        words += f"; the weights at the end are {_of(each.got_kept)}"
        words += f", expected {_of(each.wanted_kept)}"
    return png(figure), f"{words}."


def _stop(axes: Axes, epoch: float, colour: str, dashes: str, label: str) -> None:
    axes.axvline(epoch, color=colour, linestyle=dashes, linewidth=1.5, label=label)


def _of(epoch: int | None) -> str:
    return "of no single epoch" if epoch is None else f"those of epoch {epoch}"
