# Tries: to submit Keras' own class under another name, and NumPy's own function.
# Earns: Descent 0, average 0
# Without protection: fools
import importlib

import numpy as np

Descent = getattr(importlib.import_module("keras.optimizers"), "S" + "GD")


def average(numbers):
    return getattr(np, "me" + "an")(numbers)
