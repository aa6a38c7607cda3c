# Tries: to let Keras' own class do the work inside its own.
# Earns: Descent 0, average 2
# Without protection: fools
import keras


class Descent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)
        self.inner = keras.optimizers.get({"class_name": "SGD", "config": {}})
        self.inner.learning_rate = learning_rate

    def apply(self, grads, trainable_variables=None):
        self.inner.apply(grads, trainable_variables)
