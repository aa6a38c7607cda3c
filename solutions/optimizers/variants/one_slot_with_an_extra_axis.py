"""Both moments of a variable share one slot with an extra axis in front."""

import keras
from keras import ops


class Adam(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.moments = [
            self.add_variable((2, *variable.shape), dtype=variable.dtype, name="moments")
            for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        moments = self.moments[self._get_variable_index(variable)]
        betas = ops.reshape(
            ops.cast([self.beta_1, self.beta_2], variable.dtype), (2,) + (1,) * len(variable.shape)
        )
        news = ops.stack([gradient, ops.square(gradient)])
        self.assign(moments, betas * moments + (1 - betas) * news)
        t = ops.cast(self.iterations + 1, variable.dtype)
        mean, square = ops.unstack(moments / (1 - ops.power(betas, t)), 2)
        self.assign_sub(variable, learning_rate * mean / (ops.sqrt(square) + self.epsilon))

    def get_config(self):
        own = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


class AdamW(Adam):
    def __init__(self, learning_rate=0.001, decay=0.004, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.decay = decay

    def update_step(self, gradient, variable, learning_rate):
        share = ops.cast(learning_rate, variable.dtype) * self.decay
        self.assign_sub(variable, share * variable)
        super().update_step(gradient, variable, learning_rate)

    def get_config(self):
        return {**super().get_config(), "decay": self.decay}
