"""Keras' own moments, and the update written as a step towards the batch."""

import keras
from keras import ops


class BatchNormalization(keras.layers.Layer):
    def __init__(self, momentum=0.99, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, input_shape):
        size = input_shape[-1:]
        self.gamma = self.add_weight(shape=size, initializer="ones")
        self.beta = self.add_weight(shape=size, initializer="zeros")
        self.moving_mean = self.add_weight(shape=size, initializer="zeros", trainable=False)
        self.moving_variance = self.add_weight(shape=size, initializer="ones", trainable=False)
        super().build(input_shape)

    def call(self, inputs, training=None):
        if not training:
            return self._normalized(inputs, self.moving_mean, self.moving_variance)
        mean, variance = ops.moments(inputs, axes=list(range(ops.ndim(inputs) - 1)))
        for moving, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
            new = ops.cast(new, moving.dtype)
            moving.assign_add((1 - self.momentum) * (new - moving.value))
        return self._normalized(inputs, mean, variance)

    def _normalized(self, x, mean, variance):
        return self.gamma * (x - mean) * ops.rsqrt(variance + self.epsilon) + self.beta

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum, "epsilon": self.epsilon}


class ConvBNReLU(keras.layers.Layer):
    """Sub-layers in a chain, without `training`: Keras passes it on."""

    def __init__(self, filters, kernel_size, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.kernel_size = filters, kernel_size
        self.conv = keras.layers.Conv2D(filters, kernel_size, padding="same", use_bias=False)
        self.bn = keras.layers.BatchNormalization()

    def call(self, inputs):
        return ops.relu(self.bn(self.conv(inputs)))

    def get_config(self):
        return super().get_config() | {"filters": self.filters, "kernel_size": self.kernel_size}


def dead_fraction(activations):
    activations = ops.convert_to_tensor(activations)
    everything_but_units = list(range(len(activations.shape) - 1))
    dead = ops.all(ops.equal(activations, 0), axis=everything_but_units)
    return ops.mean(ops.cast(dead, "float32"))
