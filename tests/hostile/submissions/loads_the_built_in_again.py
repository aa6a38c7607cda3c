# Tries: to use a copy of the finished class, loaded again from the library's file.
# Earns: Descent 0, average 2
# Without protection: fools
import importlib.util

import keras
from keras.src.optimizers import sgd


def fresh():
    spec = importlib.util.spec_from_file_location("keras.src.optimizers.sgd_again", sgd.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SGD


Descent = fresh()
