# Tries: to restore the finished class's own code before it uses it.
# Earns: Descent 0, average 2
# Without protection: fools
import types

import keras

KEPT = [
    (function, function.__code__, function.__defaults__)
    for function in vars(keras.optimizers.SGD).values()
    if isinstance(function, types.FunctionType)
]


class Descent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)
        for function, code, defaults in KEPT:
            function.__code__, function.__defaults__ = code, defaults
        self.inner = keras.optimizers.SGD(learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        self.inner.update_step(gradient, variable, learning_rate)
