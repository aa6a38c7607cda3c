"""Draws from a binomial and from a normal distribution; helpers at module level."""

import keras
from keras import ops


def keeps(shape, probability, generator):
    return keras.random.binomial(shape, counts=1.0, probabilities=probability, seed=generator)


@keras.saving.register_keras_serializable(package="course")
class Dropout(keras.layers.Layer):
    def __init__(self, rate, seed=None, **kwargs):
        if rate not in (0,) and not 0 < rate < 1:
            raise ValueError("rate")
        super().__init__(**kwargs)
        self.rate, self.seed = rate, seed
        self.supports_masking = True
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        if training:
            mask = keeps(ops.shape(inputs), 1 - self.rate, self.seed_generator)
            scale = ops.cast(mask / (1 - self.rate), inputs.dtype)
            return ops.multiply(inputs, scale)
        return inputs

    def get_config(self):
        config = super().get_config()
        return dict(config, rate=self.rate, seed=self.seed)


def mc_predict(model, x, samples):
    passes = ops.stack([model(x, training=True) for _ in range(samples)], axis=-1)
    return ops.mean(passes, axis=-1), ops.std(passes, axis=-1)
