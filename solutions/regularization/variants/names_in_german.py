"""Other names inside, maxima for sizes, einsum for squares, a leaky root."""

import keras
from keras import ops
from keras.saving import register_keras_serializable


@register_keras_serializable(package="kurs")
class L1(keras.regularizers.Regularizer):
    def __init__(self, l1=0.01):
        self.staerke = l1

    def __call__(self, gewichte):
        betraege = ops.maximum(gewichte, -1 * gewichte)
        return self.staerke * ops.sum(betraege)

    def get_config(self):
        return {"l1": self.staerke}


@register_keras_serializable(package="kurs")
class L2(keras.regularizers.Regularizer):
    def __init__(self, l2=0.01):
        self.staerke = l2

    def __call__(self, gewichte):
        flach = ops.reshape(gewichte, [-1])
        return self.staerke * ops.einsum("i,i->", flach, flach)

    def get_config(self):
        return {"l2": self.staerke}


@register_keras_serializable(package="kurs")
class L1L2(keras.regularizers.Regularizer):
    def __init__(self, l1=0.0, l2=0.0):
        self.erste, self.zweite = l1, l2

    def __call__(self, gewichte):
        positive, negative = ops.relu(gewichte), ops.relu(-1 * gewichte)
        summe = ops.sum(positive) + ops.sum(negative)
        quadrate = ops.sum(positive**2) + ops.sum(negative**2)
        return self.erste * summe + self.zweite * quadrate

    def get_config(self):
        return {"l1": self.erste, "l2": self.zweite}


@register_keras_serializable(package="kurs")
class L2Norm(keras.regularizers.Regularizer):
    def __init__(self, l2=0.01):
        self.staerke = l2

    def __call__(self, gewichte):
        # The small number that Keras itself uses for such purposes.
        laenge = ops.sqrt(ops.sum(ops.square(gewichte)) + keras.config.epsilon())
        return self.staerke * laenge

    def get_config(self):
        return {"l2": self.staerke}


def penalized_loss(data_loss, weights, regularizer):
    strafen = list(map(regularizer, weights))
    if not strafen:
        return data_loss
    return ops.add(data_loss, ops.sum(ops.stack(strafen)))
