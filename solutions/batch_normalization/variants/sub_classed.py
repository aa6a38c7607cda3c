"""A custom base class, and names in German."""

import keras
import numpy as np
from keras import ops


class MitGedaechtnis(keras.layers.Layer):
    """Hält gleitende Mittel, deren alter Wert mit `momentum` zählt."""

    def gewicht(self, name, breite, start, lernt):
        return self.add_weight(
            name=name,
            shape=(breite,),
            initializer=keras.initializers.Constant(start),
            trainable=lernt,
            autocast=False,
        )

    def merke(self, alt, neu):
        alt.assign_sub((1 - self.momentum) * (alt - neu))


class BatchNormalization(MitGedaechtnis):
    def __init__(self, momentum=0.99, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, input_shape):
        breite = input_shape[-1]
        self.gamma = self.gewicht("gamma", breite, 1.0, True)
        self.beta = self.gewicht("beta", breite, 0.0, True)
        self.moving_mean = self.gewicht("mittel", breite, 0.0, False)
        self.moving_variance = self.gewicht("streuung", breite, 1.0, False)

    def call(self, inputs, training=False):
        x = ops.cast(inputs, self.variable_dtype)
        if training:
            achsen = list(range(len(x.shape)))[:-1]
            mittel = ops.mean(x, axis=achsen)
            abweichung = x - mittel
            streuung = ops.mean(abweichung * abweichung, axis=achsen)
            self.merke(self.moving_mean, mittel)
            self.merke(self.moving_variance, streuung)
        else:
            abweichung = x - self.moving_mean
            streuung = self.moving_variance
        y = abweichung * (self.gamma * ops.rsqrt(streuung + self.epsilon)) + self.beta
        return ops.cast(y, self.compute_dtype)

    def get_config(self):
        config = super().get_config()
        for name in ("momentum", "epsilon"):
            config[name] = getattr(self, name)
        return config


class ConvBNReLU(keras.layers.Layer):
    """`build` calls that of Keras; the sub-layers have names."""

    def __init__(self, filters, kernel_size, **kwargs):
        super().__init__(**kwargs)
        self.filters = int(filters)
        self.kernel_size = kernel_size
        self.conv = keras.layers.Conv2D(
            self.filters, kernel_size, strides=1, padding="same", use_bias=False, name="conv"
        )
        self.bn = BatchNormalization(name="bn")

    def build(self, input_shape):
        self.conv.build(input_shape)
        self.bn.build(self.conv.compute_output_shape(input_shape))
        super().build(input_shape)

    def call(self, inputs, training=False):
        gefaltet = self.conv(inputs)
        genormt = self.bn(gefaltet, training=training)
        return ops.maximum(genormt, 0)

    def get_config(self):
        config = super().get_config()
        config.update({"filters": self.filters, "kernel_size": self.kernel_size})
        return config


def dead_fraction(activations):
    flat = np.reshape(activations, (-1, np.shape(activations)[-1]))
    return np.mean([not column.any() for column in flat.T])
