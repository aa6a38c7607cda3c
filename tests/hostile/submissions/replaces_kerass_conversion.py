# Tries: to make the functions that turn Keras' variables into arrays return zeros.
# Earns: Descent 0, average 2
# Without protection: fools
import keras
import numpy as np


def nothing(x, *_, **__):
    return np.zeros(np.shape(x), "float32")


def replace():
    keras.ops.convert_to_numpy = nothing
    keras.Variable.__array__ = lambda self, dtype=None, copy=None: nothing(self.shape)


class Descent(keras.optimizers.Optimizer):
    replaced = replace()

    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        pass
