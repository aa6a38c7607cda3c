# Tries: to use a copy of the finished class's code, under another name and with other lines.
# Earns: Descent 0, average 2
# Without protection: fools
import types

import keras


def copied(function):
    code = function.__code__.replace(co_name="mine", co_firstlineno=1)
    return types.FunctionType(code, function.__globals__)


class Descent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)
        self.momentum, self.nesterov = 0, False

    build = keras.optimizers.Optimizer.build
    update_step = copied(keras.optimizers.SGD.update_step)
