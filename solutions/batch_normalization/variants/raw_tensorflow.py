"""TensorFlow's operations throughout, with the mode chosen by a Python `if`."""

import keras
import tensorflow as tf


class BatchNormalization(keras.layers.Layer):
    def __init__(self, momentum=0.99, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, input_shape):
        shape = (input_shape[-1],)
        make = self.add_weight
        self.gamma = make(shape=shape, initializer=keras.initializers.Ones())
        self.beta = make(shape=shape, initializer=keras.initializers.Zeros())
        self.moving_mean = make(shape=shape, initializer="zeros", trainable=False)
        self.moving_variance = make(shape=shape, initializer="ones", trainable=False)

    def call(self, inputs, training=False):
        x = tf.cast(inputs, self.moving_mean.dtype)
        mean = tf.cast(self.moving_mean.value, x.dtype)
        variance = tf.cast(self.moving_variance.value, x.dtype)
        if training:
            old_mean, old_variance = mean, variance
            mean, variance = tf.nn.moments(x, axes=list(range(x.shape.rank - 1)))
            self.moving_mean.assign(old_mean + (mean - old_mean) * (1.0 - self.momentum))
            self.moving_variance.assign(
                old_variance + (variance - old_variance) * (1.0 - self.momentum)
            )
        gamma = tf.cast(self.gamma.value, x.dtype)
        beta = tf.cast(self.beta.value, x.dtype)
        y = (x - mean) * tf.math.rsqrt(variance + self.epsilon) * gamma + beta
        return tf.cast(y, self.compute_dtype)

    def get_config(self):
        config = super().get_config()
        config["epsilon"] = self.epsilon
        config["momentum"] = self.momentum
        return config


class ConvBNReLU(keras.layers.Layer):
    """Clipping at zero by a maximum; Keras' normalization."""

    def __init__(self, filters, kernel_size, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.conv = keras.layers.Conv2D(
            filters=filters, kernel_size=(kernel_size, kernel_size), use_bias=False, padding="same"
        )
        self.bn = keras.layers.BatchNormalization(axis=-1, momentum=0.99, epsilon=1e-3)

    def build(self, input_shape):
        self.conv.build(input_shape)
        self.bn.build((*input_shape[:-1], self.filters))
        self.built = True

    def call(self, inputs, training=False):
        return tf.nn.relu(self.bn(self.conv(inputs), training=training))

    def get_config(self):
        config = super().get_config()
        config["kernel_size"] = self.kernel_size
        config["filters"] = self.filters
        return config


def dead_fraction(activations):
    axes = tuple(range(activations.ndim - 1))
    used = (activations != 0).sum(axis=axes)
    return (used == 0).sum() / activations.shape[-1]
