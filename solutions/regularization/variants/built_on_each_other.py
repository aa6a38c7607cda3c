"""L1L2 made of L1 and L2, all of one base class; the loss by recursion."""

import keras
from keras import ops


class Priced(keras.regularizers.Regularizer):
    def __call__(self, w):
        raise NotImplementedError

    def get_config(self):
        return dict(vars(self))


class L1(Priced):
    def __init__(self, l1=0.01):
        self.l1 = l1

    def __call__(self, w):
        return ops.sum(ops.abs(self.l1 * w))


class L2(Priced):
    def __init__(self, l2=0.01):
        self.l2 = l2

    def __call__(self, w):
        return ops.sum(self.l2 * w**2)


class L1L2(Priced):
    def __init__(self, l1=0.0, l2=0.0):
        self.l1 = l1
        self.l2 = l2

    def __call__(self, w):
        return L1(self.l1)(w) + L2(self.l2)(w)


class L2Norm(Priced):
    def __init__(self, l2=0.01):
        self.l2 = l2

    def __call__(self, w):
        squares = L2(1.0)(w)
        is_zero = ops.equal(squares, 0)
        # The root of 1 instead of the root of 0, subtracted again.
        added = ops.cast(is_zero, squares.dtype)
        return self.l2 * (ops.sqrt(squares + added) - added)


def penalized_loss(data_loss, weights, regularizer):
    if len(weights) == 0:
        return data_loss
    return penalized_loss(data_loss, weights[:-1], regularizer) + regularizer(weights[-1])
