"""The variance as mean of squares minus square of the mean; scale and shift folded into one."""

import numpy as np
import tensorflow as tf
from keras import layers, ops, saving


@saving.register_keras_serializable("course")
class BatchNormalization(layers.Layer):
    def __init__(self, momentum=0.99, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)

    def build(self, input_shape):
        channels = int(input_shape[-1])
        for name, start, trainable in (
            ("gamma", "ones", True),
            ("beta", "zeros", True),
            ("moving_mean", "zeros", False),
            ("moving_variance", "ones", False),
        ):
            weight = self.add_weight(
                (channels,), start, name=name, trainable=trainable, autocast=False
            )
            setattr(self, name, weight)

    def call(self, x, training=False):
        wide = ops.cast(x, self.variable_dtype)
        if training:
            flat = ops.reshape(wide, (-1, wide.shape[-1]))
            mean = ops.mean(flat, axis=0)
            variance = ops.mean(flat * flat, axis=0) - mean * mean
            keep = self.momentum
            self.moving_mean.assign(keep * self.moving_mean + (1 - keep) * mean)
            self.moving_variance.assign(keep * self.moving_variance + (1 - keep) * variance)
        else:
            mean, variance = self.moving_mean.value, self.moving_variance.value
        scale = self.gamma / ops.sqrt(variance + self.epsilon)
        shift = self.beta - mean * scale
        return ops.cast(wide * scale + shift, self.compute_dtype)

    def get_config(self):
        config = super().get_config()
        config.update(momentum=self.momentum, epsilon=self.epsilon)
        return config


@saving.register_keras_serializable("course")
class ConvBNReLU(layers.Layer):
    """One Activation layer as a third sub-layer."""

    def __init__(self, filters, kernel_size, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.conv = layers.Convolution2D(filters, kernel_size, padding="SAME", use_bias=False)
        self.bn = BatchNormalization(name="bn")
        self.relu = layers.Activation("relu")

    def build(self, input_shape):
        self.conv.build(input_shape)
        shape = self.conv.compute_output_shape(input_shape)
        self.bn.build(shape)
        self.relu.build(shape)

    def call(self, inputs, training=None):
        for layer in (self.conv, self.bn, self.relu):
            inputs = layer(inputs, training=training) if layer is self.bn else layer(inputs)
        return inputs

    def get_config(self):
        config = super().get_config()
        config.update(filters=self.filters, kernel_size=self.kernel_size)
        return config


def dead_fraction(activations):
    activations = tf.convert_to_tensor(activations)
    largest = tf.reduce_max(tf.abs(tf.reshape(activations, [-1, activations.shape[-1]])), axis=0)
    return float(np.mean(largest.numpy() == 0.0))
