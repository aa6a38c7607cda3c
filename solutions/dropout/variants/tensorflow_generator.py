"""TensorFlow's own generator object, owned by the layer; tensors back from mc_predict."""

import keras
import tensorflow as tf


class Dropout(keras.layers.Layer):
    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not (rate >= 0 and rate < 1):
            raise ValueError(f"{rate} is no rate")
        self.rate = rate
        self.seed = seed
        if seed is None:
            self.random = tf.random.Generator.from_non_deterministic_state()
        else:
            self.random = tf.random.Generator.from_seed(seed)

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        draws = self.random.uniform(tf.shape(inputs))
        mask = tf.cast(draws >= self.rate, inputs.dtype)
        return tf.multiply(inputs, mask * (1 / (1 - self.rate)))

    def get_config(self):
        config = super().get_config()
        config.update(rate=self.rate, seed=self.seed)
        return config


def mc_predict(model, x, samples):
    passes = tf.stack([model(x, training=True) for _ in range(samples)])
    return tf.reduce_mean(passes, axis=0), tf.math.reduce_std(passes, axis=0)
