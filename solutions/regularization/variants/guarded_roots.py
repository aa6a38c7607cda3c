"""Roots guarded by where and by a norm of Keras; the size of a weight as a power; plain loops."""

import keras
from keras import ops


class L1(keras.regularizers.Regularizer):
    def __init__(self, l1=0.01):
        self.l1 = l1

    def __call__(self, w):
        penalty = 0.0
        for part in ops.split(ops.reshape(w, (-1,)), 1):
            penalty = penalty + self.l1 * ops.norm(part, ord=1)
        return penalty

    def get_config(self):
        return {"l1": self.l1}


class L2(keras.regularizers.Regularizer):
    def __init__(self, l2=0.01):
        self.l2 = l2

    def __call__(self, w):
        rows = ops.reshape(w, (1, -1))
        return self.l2 * ops.matmul(rows, ops.transpose(rows))[0, 0]

    def get_config(self):
        return {"l2": self.l2}


class L2Norm(keras.regularizers.Regularizer):
    def __init__(self, l2=0.01):
        self.l2 = l2

    def __call__(self, w):
        squares = ops.sum(ops.square(w))
        return self.l2 * ops.where(squares > 0, ops.sqrt(squares), 0.0)

    def get_config(self):
        return {"l2": self.l2}


def penalized_loss(data_loss, weights, regularizer):
    loss = ops.convert_to_tensor(data_loss)
    for place in range(len(weights)):
        loss += regularizer(weights[place])
    return loss
