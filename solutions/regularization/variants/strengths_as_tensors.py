"""Strengths kept as tensors, as Keras' own L1 does; keyword configurations; a custom gradient."""

import keras
import tensorflow as tf
from keras import ops


class L1(keras.Regularizer):
    def __init__(self, l1=0.01):
        self.l1 = ops.convert_to_tensor(l1, dtype="float64")

    def __call__(self, w):
        w = ops.convert_to_tensor(w)
        return ops.cast(self.l1, w.dtype) * ops.sum(ops.absolute(w))

    def get_config(self):
        return {"l1": float(self.l1)}


class L2(keras.Regularizer):
    def __init__(self, l2=0.01):
        self.l2 = ops.convert_to_tensor(l2, dtype="float64")

    def __call__(self, w):
        w = ops.convert_to_tensor(w)
        return ops.cast(self.l2, w.dtype) * ops.sum(ops.power(w, 2))

    def get_config(self):
        return {"l2": float(self.l2)}


class L1L2(keras.Regularizer):
    def __init__(self, l1=0.0, l2=0.0):
        self.strengths = (l1, l2)

    def __call__(self, w):
        parts = (ops.sum(ops.absolute(w)), ops.sum(ops.power(w, 2)))
        return sum(strength * part for strength, part in zip(self.strengths, parts, strict=True))

    def get_config(self):
        return {"l1": self.strengths[0], "l2": self.strengths[1]}


@tf.custom_gradient
def length(w):
    norm = tf.sqrt(tf.reduce_sum(w * w))

    def backward(upstream):
        return upstream * tf.math.divide_no_nan(w, norm)

    return norm, backward


class L2Norm(keras.Regularizer):
    def __init__(self, l2=0.01):
        self.l2 = l2

    def __call__(self, w):
        return self.l2 * length(tf.convert_to_tensor(w))

    def get_config(self):
        return {"l2": self.l2}


def penalized_loss(data_loss, weights, regularizer):
    total = 0.0
    for w in weights:
        total += regularizer(w)
    return total + data_loss
