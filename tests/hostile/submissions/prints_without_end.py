# Tries: to fill a log, a pipe or a terminal.
# Earns: Descent 3, average 2
# Without protection: nothing to compare
import os
import sys

import keras


class Descent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)
        print("x" * 30_000_000)
        print("x" * 30_000_000, file=sys.stderr)
        os.write(1, b"x" * 1_000_000)

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, learning_rate * gradient)
