"""scikit-learn's handwritten digits: rows to train on, and held-out rows to judge by."""

from functools import cache
from importlib.metadata import distribution

import numpy as np

HELD_OUT = ("held_out_x", "held_out_y")
"""What a check withholds from the child."""


@cache
def all_digits():
    """What ``sklearn.datasets.load_digits(return_X_y=True)`` returns.

    Read from the file that scikit-learn reads: to import the package takes longer than a check.
    """
    file = distribution("scikit-learn").locate_file("sklearn/datasets/data/digits.csv.gz")
    table = np.loadtxt(str(file), delimiter=",")
    return table[:, :-1], table[:, -1].astype(int)


def digits(rng, *, rows, held_out=500):
    """A random split of the 1797 images of 8 by 8 pixels, scaled to [0, 1].

    Returns:
        ``x`` (rows, 64) and ``y`` (rows,) to train on, ``held_out_x`` and ``held_out_y`` to judge
        by; class numbers from 0 to 9.
    """
    x, y = all_digits()
    shuffled = rng.permutation(len(x))
    train, others = shuffled[:rows], shuffled[len(x) - held_out :]
    return {
        "x": x[train] / 16,
        "y": y[train],
        "held_out_x": x[others] / 16,
        "held_out_y": y[others],
    }


def fourth_column(observed, inputs):
    """A measure: the weights of the images' fourth column, enough to tell mistakes apart."""
    return {"kernel": observed["kernel"][..., 3::8, :]}
