"""Adam with the corrections drawn into the rate (epsilon hat, before section 2.1 of the paper)."""

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
        self.assign_add(total, gradient * gradient)
        self.assign_sub(
            variable, learning_rate * (gradient / ops.add(ops.sqrt(total), self.epsilon))
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
        self.momentums = [
            self.add_variable_from_reference(variable, name="momentums") for variable in variables
        ]
        self.velocities = [
            self.add_variable_from_reference(variable, name="velocities") for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        index = self._get_variable_index(variable)
        m, v = self.momentums[index], self.velocities[index]
        t = ops.cast(self.iterations + 1, variable.dtype)
        root_correction = ops.sqrt(1 - ops.power(ops.cast(self.beta_2, variable.dtype), t))
        rate = (
            learning_rate
            * root_correction
            / (1 - ops.power(ops.cast(self.beta_1, variable.dtype), t))
        )
        self.assign_add(m, (gradient - m) * (1 - self.beta_1))
        self.assign_add(v, (ops.square(gradient) - v) * (1 - self.beta_2))
        self.assign_sub(variable, m * rate / (ops.sqrt(v) + self.epsilon))

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
        self.momentums = [
            self.add_variable_from_reference(variable, name="momentums") for variable in variables
        ]
        self.velocities = [
            self.add_variable_from_reference(variable, name="velocities") for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, variable * learning_rate * self.decay)
        index = self._get_variable_index(variable)
        m, v = self.momentums[index], self.velocities[index]
        t = ops.cast(self.iterations + 1, variable.dtype)
        root_correction = ops.sqrt(1 - ops.power(ops.cast(self.beta_2, variable.dtype), t))
        rate = (
            learning_rate
            * root_correction
            / (1 - ops.power(ops.cast(self.beta_1, variable.dtype), t))
        )
        self.assign_add(m, (gradient - m) * (1 - self.beta_1))
        self.assign_add(v, (ops.square(gradient) - v) * (1 - self.beta_2))
        self.assign_sub(variable, m * rate / (ops.sqrt(v) + self.epsilon))

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
