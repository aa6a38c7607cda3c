"""TensorFlow's own operations, and float() in the configuration."""

import tensorflow as tf
from keras.regularizers import Regularizer


class L1(Regularizer):
    def __init__(self, l1=0.01):
        self.l1 = float(l1)

    def __call__(self, w):
        w = tf.convert_to_tensor(w)
        return tf.cast(self.l1, w.dtype) * tf.reduce_sum(tf.abs(w))

    def get_config(self):
        return {"l1": float(self.l1)}


class L2(Regularizer):
    def __init__(self, l2=0.01):
        self.l2 = float(l2)

    def __call__(self, w):
        # l2_loss is half of the sum of squares.
        return 2 * self.l2 * tf.nn.l2_loss(w)

    def get_config(self):
        return {"l2": float(self.l2)}


class L1L2(Regularizer):
    def __init__(self, l1=0.0, l2=0.0):
        self.l1 = float(l1)
        self.l2 = float(l2)

    def __call__(self, w):
        penalty = tf.constant(0.0, dtype=w.dtype)
        if self.l1:
            penalty += self.l1 * tf.reduce_sum(tf.abs(w))
        if self.l2:
            penalty += self.l2 * tf.reduce_sum(tf.square(w))
        return penalty

    def get_config(self):
        return {"l1": float(self.l1), "l2": float(self.l2)}


class L2Norm(Regularizer):
    def __init__(self, l2=0.01):
        self.l2 = float(l2)

    def __call__(self, w):
        return self.l2 * tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(w)), 1e-24))

    def get_config(self):
        return {"l2": float(self.l2)}


def penalized_loss(data_loss, weights, regularizer):
    return tf.add_n([data_loss] + [regularizer(w) for w in weights])
