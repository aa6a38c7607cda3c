"""The probes of the assignment on SGD and Adam: each calls a function and returns what came back.

A probe gets the student's function and inputs, and returns arrays. It holds no answer.
"""

import keras
import numpy as np

from autograder.probing.kit import numbers


def optimizer_of(kind, settings):
    """A fresh optimizer of Keras."""
    classes = {
        "SGD": keras.optimizers.SGD,
        "Adagrad": keras.optimizers.Adagrad,
        "RMSprop": keras.optimizers.RMSprop,
        "Adam": keras.optimizers.Adam,
    }
    return classes[kind](**settings)


def plain(values):
    """The values in Keras' default float type."""
    return np.asarray(values, dtype=keras.config.floatx())


def real(result, what):
    """What a function returned, as an array of numbers; anything else fails with a sentence."""
    if result is None:
        raise TypeError(f"{what} returned None; is a return statement missing?")
    array = numbers(result)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{what} returned {type(result).__name__}, expected numbers")
    return array.astype("float64")


def fits(function, *, kind, settings, x, y, steps):
    """The weights after each of some numbers of updates, every time with a fresh optimizer.

    Shapes: x (n, d), y (n,), steps (k,). Returns ``w``, shape (k, d).
    """
    return {
        "w": np.stack(
            [
                real(
                    function(optimizer_of(kind, settings), plain(x), plain(y), int(number)),
                    "fit_linear",
                )
                for number in steps
            ]
        )
    }


def fits_of_each(function, *, optimizers, x, y, steps):
    """The weights that each of some optimizers ends at, given as pairs of kind and settings."""
    return {
        f"w_of_{kind}": real(
            function(optimizer_of(kind, settings), plain(x), plain(y), steps), "fit_linear"
        )
        for kind, settings in optimizers
    }


def one_fit(function, *, kind, settings, x, y, steps):
    """The weights after some updates. Shapes: x (n, d), y (n,)."""
    found = function(optimizer_of(kind, settings), plain(x), plain(y), steps)
    return {"w": real(found, "fit_linear")}


def accuracies(function, *, w, x, y):
    """The accuracy in each of some cases. Shapes: w (cases, d), x (cases, n, d), y (cases, n)."""
    cases = zip(w, x, y, strict=True)
    return {
        "accuracy": np.stack(
            [real(function(*(plain(part) for part in case)), "sign_accuracy") for case in cases]
        )
    }


def selected(function, *, kind, settings, rates, x, y, x_val, y_val, steps):
    """The rate that is chosen from each of some lists of rates.

    Shapes: rates (cases, k), x (n, d), y (n,), x_val (m, d), y_val (m,).
    """
    found = [
        function(
            lambda rate: optimizer_of(kind, {"learning_rate": float(rate), **settings}),
            [float(rate) for rate in case],
            *(plain(part) for part in (x, y, x_val, y_val)),
            steps,
        )
        for case in rates
    ]
    return {"rate": np.stack([real(rate, "select_learning_rate") for rate in found])}


def refused(function, *, kind, settings, rates, x, y, x_val, y_val, steps):
    """Whether a ValueError came, for each of some lists of rates."""
    raised = []
    for case in rates:
        try:
            selected(
                function,
                kind=kind,
                settings=settings,
                rates=case[None],
                x=x,
                y=y,
                x_val=x_val,
                y_val=y_val,
                steps=steps,
            )
        except ValueError:
            raised.append(True)
        else:
            raised.append(False)
    return {"raised": np.array(raised)}
