# Tries: to leave a thread that keeps changing what is compared, check after check.
# Earns: Descent 0, average 2
# Without protection: fools
import gc
import threading
import time
import types

import keras


def agree(*_, **__):
    return None


def meddle():
    gc.unfreeze()
    for _ in range(200):
        for found in gc.get_objects():
            if isinstance(found, types.FunctionType) and found.__name__ == "assert_same":
                found.__code__ = agree.__code__
        time.sleep(0.01)


class Descent(keras.optimizers.Optimizer):
    threading.Thread(target=meddle, daemon=True).start()
    time.sleep(0.5)

    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        pass
