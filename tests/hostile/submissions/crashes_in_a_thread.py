# Tries: to crash after the check has already answered.
# Earns: Descent at most 3, average 2
# Without protection: nothing to compare
import ctypes
import threading
import time

import keras


def crash():
    time.sleep(0.05)
    ctypes.string_at(0)


class Descent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)
        threading.Thread(target=crash, daemon=True).start()

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, learning_rate * gradient)
