# Tries: to delay the class when the process ends.
# Earns: Descent 3, average 2
# Without protection: nothing to compare
import atexit
import threading

import keras


def forever():
    while True:
        pass


class Descent(keras.optimizers.Optimizer):
    atexit.register(forever)
    threading.Thread(target=threading.Event().wait).start()

    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, learning_rate * gradient)
