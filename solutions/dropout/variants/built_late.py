"""The generator is created in build; rate and seed are checked and stored in __init__."""

import keras
import numpy as np
from keras import ops


class Dropout(keras.Layer):
    def __init__(self, rate, seed=None, name=None, dtype=None, **others):
        super().__init__(name=name, dtype=dtype, **others)
        if rate < 0:
            raise ValueError(f"negative rate {rate}")
        if rate >= 1:
            raise ValueError(f"rate {rate} drops everything")
        self._rate = rate
        self._seed = seed

    def build(self, shape):
        self._generator = keras.random.SeedGenerator(self._seed)
        super().build(shape)

    def _mask(self, inputs):
        dice = keras.random.randint(ops.shape(inputs), 0, 10**6, seed=self._generator)
        return ops.greater_equal(dice, int(self._rate * 10**6))

    def call(self, inputs, training=False):
        if training is None or not training or not self._rate:
            return inputs
        mask = ops.cast(self._mask(inputs), self.compute_dtype)
        return inputs * mask * (1.0 / (1.0 - self._rate))

    def get_config(self):
        return {**super().get_config(), "seed": self._seed, "rate": self._rate}


def one_pass(model, x):
    return model(ops.convert_to_tensor(x), training=True)


def mc_predict(model, x, samples):
    passes = np.array([one_pass(model, x) for _ in range(samples)])
    mean = np.sum(passes, axis=0) / samples
    return mean, np.linalg.norm(passes - mean, axis=0) / np.sqrt(samples)
