# Tries: to use a copy of the finished class that is loaded only when a check runs.
# Earns: Descent 0, average 2
# Without protection: fools
import importlib.util

import keras
from keras.src.optimizers import sgd


class Descent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)
        spec = importlib.util.spec_from_file_location("keras.src.optimizers.sgd_again", sgd.__file__)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.inner = module.SGD(learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        self.inner.update_step(gradient, variable, learning_rate)
