"""A keep probability, where, and a draw of Booleans."""

import keras
import numpy as np
from keras import ops


class Dropout(keras.layers.Layer):
    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        if rate < 0 or rate >= 1:
            raise ValueError("the rate has to be in [0, 1)")
        self.keep = 1.0 - rate
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed=seed)

    def call(self, inputs, training=None):
        if training and self.keep < 1:
            keep = keras.random.uniform(ops.shape(inputs), seed=self.generator) < self.keep
            return ops.where(keep, inputs / self.keep, ops.zeros_like(inputs))
        return inputs

    def get_config(self):
        return {**super().get_config(), "rate": 1.0 - self.keep, "seed": self.seed}


def mc_predict(model, x, samples):
    total, squares = 0.0, 0.0
    for _ in range(samples):
        one = np.asarray(model(x, training=True), dtype="float64")
        total, squares = total + one, squares + one**2
    mean = total / samples
    return mean, np.sqrt(np.maximum(squares / samples - mean**2, 0.0))
