"""Its own counter and stateless draws; all passes of mc_predict as one large batch."""

import random

import keras
import numpy as np
import tensorflow as tf
from keras import ops


class Dropout(keras.layers.Layer):
    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = float(rate)
        if self.rate < 0.0 or self.rate >= 1.0:
            raise ValueError("rate out of range")
        self.seed = seed
        self.start = random.randrange(2**31) if seed is None else seed
        self.calls = self.add_weight(
            shape=(), dtype="int32", initializer="zeros", trainable=False, name="calls"
        )

    def build(self, input_shape):
        self.built = True

    def call(self, inputs, training=False):
        if not training:
            return inputs
        self.calls.assign_add(1)
        seed = tf.stack([tf.constant(self.start, "int32"), tf.convert_to_tensor(self.calls)])
        draws = tf.random.stateless_uniform(tf.shape(inputs), seed)
        return inputs * ops.cast(draws >= self.rate, inputs.dtype) / (1.0 - self.rate)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {"rate": self.rate, "seed": self.seed}


def mc_predict(model, x, samples):
    x = np.asarray(x)
    everything = ops.convert_to_numpy(model(np.concatenate([x] * samples), training=True))
    passes = everything.reshape(samples, len(x), *everything.shape[1:])
    return np.mean(passes, 0), np.std(passes, 0)
