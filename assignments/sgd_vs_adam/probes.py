"""The probes of the assignment on SGD and Adam: each calls a function and returns what came back.

A probe gets the student's function and inputs, and returns arrays. It holds no answer.
"""

from functools import partial

import keras
import numpy as np
from _shared.cases import complaint

from autograder.probing.kit import real


def optimizer_of(kind, settings):
    """A fresh optimizer of Keras."""
    return getattr(keras.optimizers, kind)(**settings)


def plain(values):
    """The values in Keras' default float type."""
    return np.asarray(values, dtype=keras.config.floatx())


def one_fit(function, *, kind, settings, x, y, steps):
    """The weights after some updates by a fresh optimizer. Shapes: x (n, d), y (n,), w (d,)."""
    found = function(optimizer_of(kind, settings), plain(x), plain(y), int(steps))
    return {"w": real(found, "fit_linear")}


def fits(function, *, steps, **problem):
    """The weights after each of some numbers of updates, shape (k, d); see `one_fit`."""
    return {"w": np.stack([one_fit(function, steps=number, **problem)["w"] for number in steps])}


def fits_of_each(function, *, optimizers, **problem):
    """The weights by each of some optimizers, given as pairs of kind and settings."""
    return {
        f"w_of_{kind}": one_fit(function, kind=kind, settings=settings, **problem)["w"]
        for kind, settings in optimizers
    }


def accuracies(function, *, w, x, y):
    """The accuracy in each of some cases. Shapes: w (cases, d), x (cases, n, d), y (cases, n)."""
    cases = [[plain(part) for part in case] for case in zip(w, x, y, strict=True)]
    return {
        "accuracy": np.stack([real(function(*case), "sign_accuracy", shape=()) for case in cases])
    }


def calls_of(function, *, kind, settings, rates, x, y, x_val, y_val, steps):
    """A call for each of some lists of rates. Shapes: rates (cases, k), the others as below."""

    def make_optimizer(rate):
        return optimizer_of(kind, {"learning_rate": float(rate), **settings})

    data = [plain(part) for part in (x, y, x_val, y_val)]
    return [partial(function, make_optimizer, case, *data, steps) for case in rates.tolist()]


def selected(function, **problem):
    """The rate that is chosen from each of some lists of rates.

    Shapes: rates (cases, k), x (n, d), y (n,), x_val (m, d), y_val (m,).
    """
    found = [call() for call in calls_of(function, **problem)]
    return {"rate": np.stack([real(rate, "select_learning_rate", shape=()) for rate in found])}


def complaints(function, **problem):
    """What each of some lists of rates raises; see `selected`."""
    return {"complaint": np.array([complaint(call) for call in calls_of(function, **problem)])}
