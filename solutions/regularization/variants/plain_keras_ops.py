"""keras.ops throughout: norms, products and dot products instead of sums of squares."""

import keras
from keras import ops


class L1(keras.regularizers.Regularizer):
    def __init__(self, l1=0.01):
        self.l1 = l1

    def __call__(self, w):
        flat = ops.reshape(w, (-1,))
        return ops.dot(ops.sign(flat), flat) * self.l1

    def get_config(self):
        return {"l1": self.l1}


class L2(keras.regularizers.Regularizer):
    def __init__(self, l2=0.01):
        self.l2 = l2

    def __call__(self, w):
        flat = ops.reshape(w, (-1,))
        return ops.dot(flat, flat) * self.l2

    def get_config(self):
        return {"l2": self.l2}


class L1L2(keras.regularizers.Regularizer):
    def __init__(self, l1=0.0, l2=0.0):
        self.l1 = l1
        self.l2 = l2

    def __call__(self, w):
        size = ops.abs(w)
        return ops.sum(size * (self.l1 + self.l2 * size))

    def get_config(self):
        return {"l1": self.l1, "l2": self.l2}


class L2Norm(keras.regularizers.Regularizer):
    def __init__(self, l2=0.01):
        self.l2 = l2

    def __call__(self, w):
        return self.l2 * ops.sqrt(ops.sum(w * w) + 1e-12)

    def get_config(self):
        return {"l2": self.l2}


def penalized_loss(data_loss, weights, regularizer):
    return data_loss + sum(regularizer(w) for w in weights)
