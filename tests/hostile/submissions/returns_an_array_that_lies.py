# Tries: to return an array that answers every comparison with yes.
# Earns: Descent 3, average 0
# Without protection: fools
import numpy as np


class Liar(np.ndarray):
    """Says of itself that it equals whatever it is held against."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return np.array(ufunc.__name__ in ("equal", "less_equal", "greater_equal", "isfinite"))

    def __array_function__(self, function, types, arguments, keywords):
        return np.array(True)


def average(numbers):
    return np.array(-1.0).view(Liar)
