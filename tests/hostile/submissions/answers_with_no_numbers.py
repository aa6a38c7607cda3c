# Tries: to pass with values that are unequal to everything, themselves included.
# Earns: Descent 3, average 0
# Without protection: nothing to compare
import numpy as np


def average(numbers):
    return np.float64("nan") if len(numbers) > 1 else np.complex128(1j)
