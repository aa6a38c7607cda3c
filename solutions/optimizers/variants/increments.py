"""State is corrected by differences, m += (1 - beta_1) (g - m), instead of a weighted sum."""

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
        self.velocities = [
            self.add_variable_from_reference(variable, name="velocities") for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        velocity = self.velocities[self._get_variable_index(variable)]
        self.assign_sub(velocity, (1 - self.momentum) * velocity + learning_rate * gradient)
        self.assign_add(variable, velocity)

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
        self.assign_sub(total, -gradient * gradient)
        self.assign_add(variable, -learning_rate * gradient / (total**0.5 + self.epsilon))

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
        self.means = [
            self.add_variable_from_reference(variable, name="means") for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        mean = self.means[self._get_variable_index(variable)]
        self.assign_add(mean, (1 - self.rho) * (gradient * gradient - mean))
        self.assign_add(variable, -learning_rate * gradient / (mean**0.5 + self.epsilon))

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
        self.m = [self.add_variable_from_reference(variable, name="m") for variable in variables]
        self.v = [self.add_variable_from_reference(variable, name="v") for variable in variables]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        index = self._get_variable_index(variable)
        m = self.m[index]
        v = self.v[index]
        t = ops.cast(self.iterations + 1, variable.dtype)
        self.assign_sub(m, (1 - self.beta_1) * (m - gradient))
        self.assign_sub(v, (1 - self.beta_2) * (v - gradient * gradient))
        ratio = (1 - self.beta_2**t) ** 0.5 / (1 - self.beta_1**t)
        small = self.epsilon * (1 - self.beta_2**t) ** 0.5
        self.assign_add(variable, -learning_rate * ratio * m / (v**0.5 + small))

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
        self.velocities = [
            self.add_variable_from_reference(variable, name="velocities") for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        velocity = self.velocities[self._get_variable_index(variable)]
        self.assign_sub(velocity, (1 - self.momentum) * velocity + learning_rate * gradient)
        self.assign_add(
            variable, velocity - (1 - self.momentum) * velocity - learning_rate * gradient
        )

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
        self.m = [self.add_variable_from_reference(variable, name="m") for variable in variables]
        self.v = [self.add_variable_from_reference(variable, name="v") for variable in variables]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        self.assign_add(variable, -self.decay * learning_rate * variable)
        index = self._get_variable_index(variable)
        m = self.m[index]
        v = self.v[index]
        t = ops.cast(self.iterations + 1, variable.dtype)
        self.assign_sub(m, (1 - self.beta_1) * (m - gradient))
        self.assign_sub(v, (1 - self.beta_2) * (v - gradient * gradient))
        ratio = (1 - self.beta_2**t) ** 0.5 / (1 - self.beta_1**t)
        small = self.epsilon * (1 - self.beta_2**t) ** 0.5
        self.assign_add(variable, -learning_rate * ratio * m / (v**0.5 + small))

    def get_config(self):
        own = {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "decay": self.decay,
        }
        return {**super().get_config(), **own}
