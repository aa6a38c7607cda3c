"""AdamW leaves its decay to the base class; the others go through `variables` and a zip."""

import keras
from keras import ops


class Momentum(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, momentum=0.9, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        self.velocities = []
        for number, variable in enumerate(variables):
            self.velocities.append(
                self.add_variable(variable.shape, dtype=variable.dtype, name=f"velocity_{number}")
            )
        super().build(variables)

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        velocity = self.velocities[self._get_variable_index(variable)]
        self.assign(velocity, ops.multiply(velocity, self.momentum))
        self.assign_add(velocity, ops.negative(learning_rate * gradient))
        self.assign_add(variable, velocity)

    def get_config(self):
        return dict(super().get_config(), momentum=self.momentum)


class Adam(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        # Slots before the base class is built: the order does not matter.
        self.m = [self.add_variable_from_reference(v, name="m") for v in variables]
        self.v = [self.add_variable_from_reference(v, name="v") for v in variables]
        super().build(variables)

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        t = ops.cast(self.iterations + 1, variable.dtype)
        index = self._get_variable_index(variable)
        self.assign(self.m[index], self.beta_1 * self.m[index] + (1 - self.beta_1) * gradient)
        self.assign(
            self.v[index], self.beta_2 * self.v[index] + (1 - self.beta_2) * gradient * gradient
        )
        m_hat = self.m[index] / (1 - self.beta_1**t)
        v_hat = self.v[index] / (1 - self.beta_2**t)
        self.assign_sub(variable, learning_rate * m_hat / (ops.sqrt(v_hat) + self.epsilon))

    def get_config(self):
        config = super().get_config()
        return dict(config, beta_1=self.beta_1, beta_2=self.beta_2, epsilon=self.epsilon)


class AdamW(Adam):
    def __init__(self, learning_rate=0.001, decay=0.004, **kwargs):
        super().__init__(learning_rate=learning_rate, weight_decay=decay, **kwargs)

    def get_config(self):
        config = super().get_config()
        config["decay"] = config.pop("weight_decay")
        return config
