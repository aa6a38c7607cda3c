"""Slots by add_variable with shape and dtype given by hand, and state changed in two moves."""

import keras
from keras import ops


class Momentum(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, momentum=0.9, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.buf = [
            self.add_variable(
                shape=variable.shape, initializer="zeros", dtype=variable.dtype, name="buf"
            )
            for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        place = self._get_variable_index(variable)
        self.assign(self.buf[place], self.buf[place] * self.momentum)
        self.assign_sub(self.buf[place], learning_rate * gradient)
        self.assign_add(variable, self.buf[place])

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "momentum": self.momentum,
            }
        )
        return config


class AdaGrad(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, initial_accumulator_value=0.0, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.cache = [
            self.add_variable(
                variable.shape,
                keras.initializers.Constant(self.initial_accumulator_value),
                variable.dtype,
            )
            for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        place = self._get_variable_index(variable)
        self.assign_add(self.cache[place], gradient**2)
        self.assign_sub(
            variable, learning_rate / (self.epsilon + ops.sqrt(self.cache[place])) * gradient
        )

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "initial_accumulator_value": self.initial_accumulator_value,
                "epsilon": self.epsilon,
            }
        )
        return config


class RMSprop(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.001, rho=0.9, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.cache = [
            self.add_variable(
                shape=variable.shape, initializer="zeros", dtype=variable.dtype, name="cache"
            )
            for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        place = self._get_variable_index(variable)
        self.assign(self.cache[place], self.cache[place] * self.rho)
        self.assign_add(self.cache[place], gradient**2 * (1 - self.rho))
        self.assign_sub(
            variable, learning_rate / (self.epsilon + ops.sqrt(self.cache[place])) * gradient
        )

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "rho": self.rho,
                "epsilon": self.epsilon,
            }
        )
        return config


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
        self.mean = [
            self.add_variable(
                shape=variable.shape, initializer="zeros", dtype=variable.dtype, name="mean"
            )
            for variable in variables
        ]
        self.square = [
            self.add_variable(
                shape=variable.shape, initializer="zeros", dtype=variable.dtype, name="square"
            )
            for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        place = self._get_variable_index(variable)
        self.assign(self.mean[place], self.mean[place] * self.beta_1)
        self.assign_add(self.mean[place], gradient * (1 - self.beta_1))
        self.assign(self.square[place], self.square[place] * self.beta_2)
        self.assign_add(self.square[place], gradient**2 * (1 - self.beta_2))
        t = ops.cast(self.iterations + 1, variable.dtype)
        direction = self.mean[place] / (1 - self.beta_1**t)
        size = ops.sqrt(self.square[place] / (1 - self.beta_2**t))
        self.assign_sub(variable, learning_rate * direction / (size + self.epsilon))

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "beta_1": self.beta_1,
                "beta_2": self.beta_2,
                "epsilon": self.epsilon,
            }
        )
        return config


class Nesterov(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, momentum=0.9, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.buf = [
            self.add_variable(
                shape=variable.shape, initializer="zeros", dtype=variable.dtype, name="buf"
            )
            for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        place = self._get_variable_index(variable)
        self.assign(self.buf[place], self.buf[place] * self.momentum)
        self.assign_sub(self.buf[place], learning_rate * gradient)
        self.assign_add(variable, self.momentum * self.buf[place])
        self.assign_sub(variable, learning_rate * gradient)

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "momentum": self.momentum,
            }
        )
        return config


class AdamW(keras.optimizers.Optimizer):
    def __init__(
        self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, decay=0.004, **kwargs
    ):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.decay = decay

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.mean = [
            self.add_variable(
                shape=variable.shape, initializer="zeros", dtype=variable.dtype, name="mean"
            )
            for variable in variables
        ]
        self.square = [
            self.add_variable(
                shape=variable.shape, initializer="zeros", dtype=variable.dtype, name="square"
            )
            for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        self.assign(variable, (1 - learning_rate * self.decay) * variable)
        place = self._get_variable_index(variable)
        self.assign(self.mean[place], self.mean[place] * self.beta_1)
        self.assign_add(self.mean[place], gradient * (1 - self.beta_1))
        self.assign(self.square[place], self.square[place] * self.beta_2)
        self.assign_add(self.square[place], gradient**2 * (1 - self.beta_2))
        t = ops.cast(self.iterations + 1, variable.dtype)
        direction = self.mean[place] / (1 - self.beta_1**t)
        size = ops.sqrt(self.square[place] / (1 - self.beta_2**t))
        self.assign_sub(variable, learning_rate * direction / (size + self.epsilon))

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "beta_1": self.beta_1,
                "beta_2": self.beta_2,
                "epsilon": self.epsilon,
                "decay": self.decay,
            }
        )
        return config
