"""Slots in a dictionary by the variable's key, and only assign, never assign_add or assign_sub."""

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
        self.velocity_of = {}
        for variable in variables:
            self.velocity_of[self._var_key(variable)] = self.add_variable_from_reference(
                variable, name="velocity_of", initializer="zeros"
            )

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        velocity = self.velocity_of[self._var_key(variable)]
        self.assign(velocity, self.momentum * velocity - learning_rate * gradient)
        self.assign(variable, variable + velocity)

    def get_config(self):
        own = {"momentum": self.momentum}
        return {**super().get_config(), **own}


class AdaGrad(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, initial_accumulator_value=0.0, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.sum_of = {}
        for variable in variables:
            self.sum_of[self._var_key(variable)] = self.add_variable_from_reference(
                variable,
                name="sum_of",
                initializer=keras.initializers.Constant(self.initial_accumulator_value),
            )

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        total = self.sum_of[self._var_key(variable)]
        self.assign(total, total + gradient * gradient)
        self.assign(
            variable, variable - learning_rate * gradient / (ops.sqrt(total) + self.epsilon)
        )

    def get_config(self):
        own = {"initial_accumulator_value": self.initial_accumulator_value, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


class RMSprop(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.001, rho=0.9, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.mean_of = {}
        for variable in variables:
            self.mean_of[self._var_key(variable)] = self.add_variable_from_reference(
                variable, name="mean_of", initializer="zeros"
            )

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        mean = self.mean_of[self._var_key(variable)]
        self.assign(mean, self.rho * mean + (1 - self.rho) * gradient * gradient)
        self.assign(variable, variable - learning_rate * gradient / (ops.sqrt(mean) + self.epsilon))

    def get_config(self):
        own = {"rho": self.rho, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


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
        self.m_of = {}
        for variable in variables:
            self.m_of[self._var_key(variable)] = self.add_variable_from_reference(
                variable, name="m_of", initializer="zeros"
            )
        self.v_of = {}
        for variable in variables:
            self.v_of[self._var_key(variable)] = self.add_variable_from_reference(
                variable, name="v_of", initializer="zeros"
            )

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        m = self.m_of[self._var_key(variable)]
        v = self.v_of[self._var_key(variable)]
        t = ops.cast(self.iterations, variable.dtype) + 1.0
        self.assign(m, self.beta_1 * m + (1 - self.beta_1) * gradient)
        self.assign(v, self.beta_2 * v + (1 - self.beta_2) * gradient * gradient)
        corrected_m = m / (1 - ops.power(self.beta_1, t))
        corrected_v = v / (1 - ops.power(self.beta_2, t))
        move = learning_rate * corrected_m / (ops.sqrt(corrected_v) + self.epsilon)
        self.assign(variable, variable - move)

    def get_config(self):
        own = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


class Nesterov(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, momentum=0.9, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.velocity_of = {}
        for variable in variables:
            self.velocity_of[self._var_key(variable)] = self.add_variable_from_reference(
                variable, name="velocity_of", initializer="zeros"
            )

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        velocity = self.velocity_of[self._var_key(variable)]
        self.assign(velocity, self.momentum * velocity - learning_rate * gradient)
        ahead = variable + self.momentum * velocity
        self.assign(variable, ahead - learning_rate * gradient)

    def get_config(self):
        own = {"momentum": self.momentum}
        return {**super().get_config(), **own}


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
        self.m_of = {}
        for variable in variables:
            self.m_of[self._var_key(variable)] = self.add_variable_from_reference(
                variable, name="m_of", initializer="zeros"
            )
        self.v_of = {}
        for variable in variables:
            self.v_of[self._var_key(variable)] = self.add_variable_from_reference(
                variable, name="v_of", initializer="zeros"
            )

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        m = self.m_of[self._var_key(variable)]
        v = self.v_of[self._var_key(variable)]
        t = ops.cast(self.iterations, variable.dtype) + 1.0
        self.assign(m, self.beta_1 * m + (1 - self.beta_1) * gradient)
        self.assign(v, self.beta_2 * v + (1 - self.beta_2) * gradient * gradient)
        corrected_m = m / (1 - ops.power(self.beta_1, t))
        corrected_v = v / (1 - ops.power(self.beta_2, t))
        move = learning_rate * corrected_m / (ops.sqrt(corrected_v) + self.epsilon)
        self.assign(variable, variable - learning_rate * self.decay * variable - move)

    def get_config(self):
        own = {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "decay": self.decay,
        }
        return {**super().get_config(), **own}
