"""Losses of trainings, drawn so that what they look like is known, and the numbers are not."""

import numpy as np

EPOCHS = 8


def rounded(losses):
    return [float(f"{loss:.3g}") for loss in losses]


def falling(rng, last):
    """A training loss that falls to ``last``."""
    steps = np.append(rng.uniform(0.1, 0.4, size=EPOCHS - 1)[::-1].cumsum()[::-1], 0.0)
    return last + steps


def falling_and_rising(rng, lowest, rise):
    """A validation loss that falls to ``lowest`` in its middle and ends ``rise`` above it."""
    turn = int(rng.integers(3, EPOCHS - 3))
    before = lowest + np.append(rng.uniform(0.2, 0.6, size=turn)[::-1].cumsum()[::-1], 0.0)
    shares = np.linspace(0, 1, EPOCHS - turn)[1:]
    return np.concatenate([before, lowest + rise * shares])


def losses_of(rng, pattern):
    """Validation losses by a pattern, so that what must happen is known and the numbers are not.

    ``+`` is a new best, ``-`` is worse than the best (and often better than the one before), ``=``
    is as good as the best, ``n`` is NaN.
    """
    best, found = rng.uniform(2.5, 3.0), []
    for kind in pattern:
        if kind == "+":
            best -= rng.uniform(0.05, 0.2)
        found.append({"+": best, "=": best, "-": best + rng.uniform(0.02, 0.4), "n": np.nan}[kind])
    return found


def trainings(*cases):
    """A function that draws trainings by (pattern, patience); None for the default patience.

    The training loss falls all the time.
    """

    def draw(rng):
        val_losses = np.array([losses_of(rng, pattern) for pattern, _ in cases])
        falls = np.sort(rng.uniform(0.1, 2.0, size=val_losses.shape), axis=1)[:, ::-1]
        settings = [{} if number is None else {"patience": number} for _, number in cases]
        return {"settings": settings, "losses": falls, "val_losses": val_losses}

    return draw
