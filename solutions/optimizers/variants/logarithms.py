"""Powers by exponential and logarithm: 1 - beta^t = -expm1(t log beta)."""

import math

import keras
from keras import ops


class AdaGrad(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, initial_accumulator_value=0.0, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.sums = [
            self.add_variable_from_reference(
                variable,
                name="sums",
                initializer=keras.initializers.Constant(self.initial_accumulator_value),
            )
            for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        total = self.sums[self._get_variable_index(variable)]
        self.assign_add(total, ops.power(gradient, 2))
        self.assign_sub(variable, learning_rate * gradient / (ops.power(total, 0.5) + self.epsilon))

    def get_config(self):
        return super().get_config() | {
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }


class RMSprop(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.001, rho=0.9, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.means = [
            self.add_variable_from_reference(variable, name="means") for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        mean = self.means[self._get_variable_index(variable)]
        self.assign(mean, self.rho * mean + (1 - self.rho) * ops.power(gradient, 2))
        self.assign_sub(variable, learning_rate * gradient / (ops.power(mean, 0.5) + self.epsilon))

    def get_config(self):
        return super().get_config() | {"rho": self.rho, "epsilon": self.epsilon}


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
        self.m = [self.add_variable_from_reference(variable, name="m") for variable in variables]
        self.v = [self.add_variable_from_reference(variable, name="v") for variable in variables]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        index = self._get_variable_index(variable)
        m, v = self.m[index], self.v[index]
        t = ops.cast(self.iterations + 1, variable.dtype)
        correction_1 = -ops.expm1(t * math.log(self.beta_1))
        correction_2 = -ops.expm1(t * math.log(self.beta_2))
        self.assign(m, self.beta_1 * m - math.expm1(math.log(self.beta_1)) * gradient)
        self.assign(v, self.beta_2 * v - math.expm1(math.log(self.beta_2)) * ops.power(gradient, 2))
        scale = ops.sqrt(v / correction_2) + self.epsilon
        self.assign_sub(variable, learning_rate * (m / correction_1) / scale)

    def get_config(self):
        return super().get_config() | {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }


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
        self.m = [self.add_variable_from_reference(variable, name="m") for variable in variables]
        self.v = [self.add_variable_from_reference(variable, name="v") for variable in variables]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        shrink = ops.exp(ops.log1p(-learning_rate * self.decay))
        self.assign(variable, variable * shrink)
        index = self._get_variable_index(variable)
        m, v = self.m[index], self.v[index]
        t = ops.cast(self.iterations + 1, variable.dtype)
        correction_1 = -ops.expm1(t * math.log(self.beta_1))
        correction_2 = -ops.expm1(t * math.log(self.beta_2))
        self.assign(m, self.beta_1 * m - math.expm1(math.log(self.beta_1)) * gradient)
        self.assign(v, self.beta_2 * v - math.expm1(math.log(self.beta_2)) * ops.power(gradient, 2))
        scale = ops.sqrt(v / correction_2) + self.epsilon
        self.assign_sub(variable, learning_rate * (m / correction_1) / scale)

    def get_config(self):
        return super().get_config() | {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "decay": self.decay,
        }
