"""The mask by floor, the gradient written by hand; a running mean and deviation (Welford)."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops


@tf.custom_gradient
def masked(inputs, factors):
    def backward(upstream):
        return upstream * factors, None

    return inputs * factors, backward


class Dropout(keras.layers.Layer):
    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError("0 <= rate < 1 does not hold")
        self.rate = rate
        self.seed = seed
        self.seeds = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        if not training:
            return inputs
        inputs = tf.convert_to_tensor(inputs)
        zero_or_one = ops.floor(keras.random.uniform(ops.shape(inputs), seed=self.seeds) + 1)
        draws = keras.random.uniform(ops.shape(inputs), seed=self.seeds) + 1 - self.rate
        mask = ops.minimum(ops.floor(draws), zero_or_one)
        return masked(inputs, tf.cast(mask, inputs.dtype) / (1 - self.rate))

    def get_config(self):
        config = super().get_config()
        config["seed"] = self.seed
        config["rate"] = self.rate
        return config


def mc_predict(model, x, samples):
    mean = spread = 0.0
    for number in range(1, samples + 1):
        one = np.array(model(x, training=True))
        change = one - mean
        mean = mean + change / number
        spread = spread + change * (one - mean)
    return [mean, np.sqrt(spread / samples)]
