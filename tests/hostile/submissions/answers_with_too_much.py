# Tries: to return more than the grader has memory for.
# Earns: Descent 3, average 0
# Without protection: nothing to compare
import numpy as np


def average(numbers):
    return np.zeros(40_000_000)
