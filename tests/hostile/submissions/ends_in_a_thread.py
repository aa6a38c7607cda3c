# Tries: to end the process during one exercise, from a thread that another left running.
# Earns: Descent 3, average 2
# Without protection: nothing to compare
import os
import threading
import time

import keras

asked = threading.Event()


def end():
    asked.wait()
    os._exit(0)


class Descent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)
        threading.Thread(target=end, daemon=True).start()

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, learning_rate * gradient)


def average(numbers):
    asked.set()
    time.sleep(0.3)
    return sum(numbers) / len(numbers)
