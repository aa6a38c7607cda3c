"""Means as sums over counts computed at run time; helper functions outside the class."""

import keras
import numpy as np
from keras import ops


def count(x, axes):
    shape = ops.shape(x)
    number = 1
    for axis in axes:
        number = number * shape[axis]
    return ops.cast(number, x.dtype)


def blended(old, new, share):
    """`share` of the old value and the rest of the new."""
    return share * old + (1.0 - share) * new


class BatchNormalization(keras.layers.Layer):
    """The statistics are float32 whatever the policy, the arithmetic too."""

    def __init__(self, momentum=0.99, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, input_shape):
        self.axes = tuple(range(len(input_shape) - 1))
        shape = (input_shape[-1],)
        self.gamma = self.add_weight(name="gamma", shape=shape, initializer="ones", autocast=False)
        self.beta = self.add_weight(name="beta", shape=shape, initializer="zeros", autocast=False)
        kept = {"shape": shape, "trainable": False, "autocast": False}
        self.moving_mean = self.add_weight(name="moving_mean", initializer="zeros", **kept)
        self.moving_variance = self.add_weight(name="moving_variance", initializer="ones", **kept)

    def call(self, inputs, training=False):
        x = ops.cast(inputs, self.gamma.dtype)
        mean, variance = self.moving_mean + 0, self.moving_variance + 0
        if training:
            number = count(x, self.axes)
            batch_mean = ops.sum(x, axis=self.axes) / number
            batch_variance = ops.sum((x - batch_mean) ** 2, axis=self.axes) / number
            self.moving_mean.assign(blended(mean, batch_mean, self.momentum))
            self.moving_variance.assign(blended(variance, batch_variance, self.momentum))
            mean, variance = batch_mean, batch_variance
        y = (x - mean) / (variance + self.epsilon) ** 0.5
        return ops.cast(y * self.gamma + self.beta, inputs.dtype)

    def get_config(self):
        config = super().get_config()
        config |= {"momentum": self.momentum, "epsilon": self.epsilon}
        return config


class ConvBNReLU(keras.layers.Layer):
    """A Sequential of the two sub-layers and a ReLU does the work."""

    def __init__(self, filters, kernel_size, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.conv = keras.layers.Conv2D(filters, kernel_size, padding="same", use_bias=False)
        self.bn = BatchNormalization()
        self.relu = keras.layers.ReLU()

    def build(self, input_shape):
        self.conv.build(input_shape)
        self.bn.build((*input_shape[:-1], self.filters))
        self.relu.build((*input_shape[:-1], self.filters))

    def call(self, inputs, training=False):
        return self.relu(self.bn(self.conv(inputs), training=training))

    def get_config(self):
        return dict(super().get_config(), filters=self.filters, kernel_size=self.kernel_size)


def dead_fraction(activations):
    activations = np.asarray(activations)
    brightest = np.abs(activations)
    while brightest.ndim > 1:
        brightest = brightest.max(axis=0)
    return np.count_nonzero(brightest == 0) / len(brightest)
