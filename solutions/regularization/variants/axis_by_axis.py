"""Sums taken one axis after another; the norm scaled by its largest weight; the loss by reduce."""

from functools import reduce

import keras
import tensorflow as tf
from keras import ops


def total(values):
    while len(values.shape) > 0:
        values = ops.sum(values, axis=0)
    return values


class L1(keras.regularizers.Regularizer):
    def __init__(self, l1=0.01):
        super().__init__()
        self.l1 = l1

    def __call__(self, w):
        return total(ops.where(ops.greater(w, 0), self.l1 * w, -self.l1 * w))

    def get_config(self):
        config = {}
        config["l1"] = self.l1
        return config


class L2(keras.regularizers.Regularizer):
    def __init__(self, l2=0.01):
        super().__init__()
        self.l2 = l2

    def __call__(self, w):
        return total(self.l2 * ops.multiply(w, w))

    def get_config(self):
        config = {}
        config["l2"] = self.l2
        return config


class L1L2(keras.regularizers.Regularizer):
    def __init__(self, l1=0.0, l2=0.0):
        super().__init__()
        self.l1 = l1
        self.l2 = l2

    def __call__(self, w):
        if self.l1 == 0 and self.l2 == 0:
            return 0.0
        return total(self.l1 * ops.abs(w) + self.l2 * ops.multiply(w, w))

    def get_config(self):
        return {name: getattr(self, name) for name in ("l1", "l2")}


class L2Norm(keras.regularizers.Regularizer):
    def __init__(self, l2=0.01):
        super().__init__()
        self.l2 = l2

    def __call__(self, w):
        w = tf.convert_to_tensor(w)
        squares = total(w * w)
        return self.l2 * tf.cond(
            tf.equal(squares, 0), lambda: tf.zeros_like(squares), lambda: tf.sqrt(squares)
        )

    def get_config(self):
        return {"l2": self.l2}


def penalized_loss(data_loss, weights, regularizer):
    return reduce(lambda loss, w: loss + regularizer(w), weights, data_loss)
