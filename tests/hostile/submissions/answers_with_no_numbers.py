# Tries: to pass with NaN, which is unequal to everything including itself.
# Earns: Descent 3, average 0
# Without protection: nothing to compare
import numpy as np


def average(numbers):
    return np.float64("nan") if len(numbers) > 1 else np.complex128(1j)
