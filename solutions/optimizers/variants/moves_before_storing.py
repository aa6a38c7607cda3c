"""The move is written in terms of the old state, and the state is stored last."""

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
        self.assign_add(variable, self.momentum * velocity - learning_rate * gradient)
        self.assign(velocity, self.momentum * velocity - learning_rate * gradient)

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
        new_total = total + ops.square(gradient)
        self.assign_sub(variable, learning_rate * gradient / (ops.sqrt(new_total) + self.epsilon))
        self.assign(total, new_total)

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
        self.means = [
            self.add_variable_from_reference(variable, name="means") for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        mean = self.means[self._get_variable_index(variable)]
        new_mean = self.rho * mean + (1 - self.rho) * ops.square(gradient)
        self.assign_sub(variable, learning_rate * gradient / (ops.sqrt(new_mean) + self.epsilon))
        self.assign(mean, new_mean)

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
        self.m = [self.add_variable_from_reference(variable, name="m") for variable in variables]
        self.v = [self.add_variable_from_reference(variable, name="v") for variable in variables]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        index = self._get_variable_index(variable)
        t = ops.cast(self.iterations + 1, variable.dtype)
        new_m = self.beta_1 * self.m[index] + (1 - self.beta_1) * gradient
        new_v = self.beta_2 * self.v[index] + (1 - self.beta_2) * ops.square(gradient)
        m_hat = new_m / (1 - ops.power(self.beta_1, t))
        v_hat = new_v / (1 - ops.power(self.beta_2, t))
        self.assign_sub(variable, learning_rate * m_hat / (ops.sqrt(v_hat) + self.epsilon))
        self.assign(self.m[index], new_m)
        self.assign(self.v[index], new_v)

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
        self.velocities = [
            self.add_variable_from_reference(variable, name="velocities") for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        velocity = self.velocities[self._get_variable_index(variable)]
        push = learning_rate * gradient
        self.assign_add(variable, self.momentum**2 * velocity - (1 + self.momentum) * push)
        self.assign(velocity, self.momentum * velocity - push)

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
        self.m = [self.add_variable_from_reference(variable, name="m") for variable in variables]
        self.v = [self.add_variable_from_reference(variable, name="v") for variable in variables]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        index = self._get_variable_index(variable)
        t = ops.cast(self.iterations + 1, variable.dtype)
        new_m = self.beta_1 * self.m[index] + (1 - self.beta_1) * gradient
        new_v = self.beta_2 * self.v[index] + (1 - self.beta_2) * ops.square(gradient)
        m_hat = new_m / (1 - ops.power(self.beta_1, t))
        v_hat = new_v / (1 - ops.power(self.beta_2, t))
        direction = m_hat / (ops.sqrt(v_hat) + self.epsilon) + self.decay * variable
        self.assign_sub(variable, learning_rate * direction)
        self.assign(self.m[index], new_m)
        self.assign(self.v[index], new_v)

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
