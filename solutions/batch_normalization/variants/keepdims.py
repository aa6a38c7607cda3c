"""Statistics that keep their axes, squeezed before they are stored; dead units in plain Python."""

import keras
from keras import ops

SETTINGS = ("momentum", "epsilon")


class BatchNormalization(keras.layers.Layer):
    def __init__(self, momentum=0.99, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, input_shape):
        width = input_shape[-1]
        self.moving_mean = self.add_weight(
            name="mean", shape=(width,), trainable=False, autocast=False
        )
        self.moving_mean.assign(ops.zeros(width))
        self.moving_variance = self.add_weight(
            name="var", shape=(width,), trainable=False, autocast=False
        )
        self.moving_variance.assign(ops.ones(width))
        self.beta = self.add_weight(name="b", shape=(width,), initializer="zeros")
        self.gamma = self.add_weight(name="g", shape=(width,), initializer="ones")

    def call(self, inputs, training=False):
        inputs = ops.cast(inputs, self.variable_dtype)
        if training:
            mean, variance = self._of_batch(inputs)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        deviation = ops.sqrt(ops.add(variance, self.epsilon))
        normalized = ops.divide(ops.subtract(inputs, mean), deviation)
        outputs = ops.add(ops.multiply(normalized, self.gamma), self.beta)
        return ops.cast(outputs, self.compute_dtype)

    def _of_batch(self, inputs):
        axes = (0,) if len(inputs.shape) == 2 else (0, 1, 2)
        mean = ops.mean(inputs, axis=axes, keepdims=True)
        variance = ops.var(inputs, axis=axes, keepdims=True)
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + ops.squeeze(now, axes) * (1.0 - self.momentum))
        return mean, variance

    def get_config(self):
        return {**super().get_config(), **{name: getattr(self, name) for name in SETTINGS}}


class ConvBNReLU(keras.layers.Layer):
    """Sub-layers made in build; a ReLU by multiplication with a mask."""

    def __init__(self, filters, kernel_size, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size

    def build(self, input_shape):
        self.conv = keras.layers.Conv2D(
            self.filters, self.kernel_size, padding="same", use_bias=False
        )
        self.bn = BatchNormalization()
        self.conv.build(input_shape)
        self.bn.build(self.conv.compute_output_shape(input_shape))

    def call(self, inputs, training=False):
        outputs = self.bn(self.conv(inputs), training=training)
        return outputs * ops.cast(outputs > 0, outputs.dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        base = super().get_config()
        return {"filters": self.filters, "kernel_size": self.kernel_size, **base}


def dead_fraction(activations):
    units = activations.shape[-1]
    rows = activations.reshape(-1, units).tolist()
    dead = [unit for unit in range(units) if all(row[unit] == 0 for row in rows)]
    return len(dead) / units
