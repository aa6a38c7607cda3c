"""Nesterov is a Momentum, RMSprop an AdaGrad and AdamW an Adam, by inheritance."""

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
        self.assign(velocity, self.momentum * velocity - learning_rate * gradient)
        self.assign_add(variable, self.move(velocity, learning_rate * gradient))

    def move(self, velocity, push):
        return velocity

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "momentum": self.momentum,
            }
        )
        return config


class Nesterov(Momentum):
    def move(self, velocity, push):
        return self.momentum * velocity - push


class AdaGrad(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, initial_accumulator_value=0.0, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        start = keras.initializers.Constant(self.start())
        self.state = [
            self.add_variable_from_reference(variable, "state", start) for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        state = self.state[self._get_variable_index(variable)]
        self.assign(state, self.remember(state, ops.square(gradient)))
        self.assign_sub(variable, learning_rate * gradient / (ops.sqrt(state) + self.epsilon))

    def start(self):
        return self.initial_accumulator_value

    def remember(self, old, new):
        return old + new

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "initial_accumulator_value": self.initial_accumulator_value,
                "epsilon": self.epsilon,
            }
        )
        return config


class RMSprop(AdaGrad):
    def __init__(self, learning_rate=0.001, rho=0.9, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, epsilon=epsilon, **kwargs)
        self.rho = rho

    def remember(self, old, new):
        return self.rho * old + (1 - self.rho) * new

    def get_config(self):
        config = super().get_config()
        del config["initial_accumulator_value"]
        return {**config, "rho": self.rho}


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
        self.assign(m, self.beta_1 * m + (1 - self.beta_1) * gradient)
        self.assign(v, self.beta_2 * v + (1 - self.beta_2) * ops.square(gradient))
        m_hat, v_hat = m / (1 - self.beta_1**t), v / (1 - self.beta_2**t)
        self.assign_sub(variable, learning_rate * m_hat / (ops.sqrt(v_hat) + self.epsilon))

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
