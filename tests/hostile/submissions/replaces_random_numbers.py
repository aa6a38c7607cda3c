# Tries: to make every random input zero, for which doing nothing is right.
# Earns: Descent 3, average 0
# Without protection: fools
import numpy as np


class Zeros:
    def __init__(self, *_):
        pass

    def normal(self, *_, size=(), **__):
        return np.zeros(size)

    uniform = random = normal


def replace():
    np.random.default_rng = Zeros
    np.random.seed = lambda *_: None


class Replaced:
    replace()


def average(numbers, _=Replaced):
    return 0.0
