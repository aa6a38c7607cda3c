# Tries: to change Keras' own optimizer base class, so that the reference is wrong in the same way.
# Earns: Descent 0, average 2
# Without protection: fools
import keras


def stay(self, *_, **__):
    return None


class Descent(keras.optimizers.Optimizer):
    keras.optimizers.Optimizer.apply = stay
    keras.optimizers.Optimizer.apply_gradients = stay

    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        pass
