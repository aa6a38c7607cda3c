"""Every operation is a function of keras.ops; no operator signs."""

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
        kept = ops.multiply(velocity, ops.cast(self.momentum, variable.dtype))
        self.assign(velocity, ops.subtract(kept, ops.multiply(learning_rate, gradient)))
        self.assign_add(variable, velocity)

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
        self.assign_add(total, ops.square(gradient))
        denominator = ops.add(ops.sqrt(total), self.epsilon)
        self.assign_sub(variable, ops.divide(ops.multiply(learning_rate, gradient), denominator))

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
        rho = ops.cast(self.rho, variable.dtype)
        old = ops.multiply(rho, mean)
        new = ops.multiply(ops.subtract(1.0, rho), ops.square(gradient))
        self.assign(mean, ops.add(old, new))
        denominator = ops.add(ops.sqrt(mean), self.epsilon)
        self.assign_sub(variable, ops.divide(ops.multiply(learning_rate, gradient), denominator))

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
        m, v = self.m[index], self.v[index]
        beta_1 = ops.cast(self.beta_1, variable.dtype)
        beta_2 = ops.cast(self.beta_2, variable.dtype)
        t = ops.cast(ops.add(self.iterations, 1), variable.dtype)
        self.assign(
            m, ops.add(ops.multiply(beta_1, m), ops.multiply(ops.subtract(1.0, beta_1), gradient))
        )
        squares = ops.multiply(gradient, gradient)
        self.assign(
            v, ops.add(ops.multiply(beta_2, v), ops.multiply(ops.subtract(1.0, beta_2), squares))
        )
        m_hat = ops.divide(m, ops.subtract(1.0, ops.power(beta_1, t)))
        v_hat = ops.divide(v, ops.subtract(1.0, ops.power(beta_2, t)))
        move = ops.divide(m_hat, ops.add(ops.sqrt(v_hat), self.epsilon))
        self.assign_sub(variable, ops.multiply(learning_rate, move))

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
        momentum = ops.cast(self.momentum, variable.dtype)
        push = ops.multiply(learning_rate, gradient)
        self.assign(velocity, ops.subtract(ops.multiply(momentum, velocity), push))
        self.assign_add(variable, ops.subtract(ops.multiply(momentum, velocity), push))

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
        m, v = self.m[index], self.v[index]
        beta_1 = ops.cast(self.beta_1, variable.dtype)
        beta_2 = ops.cast(self.beta_2, variable.dtype)
        t = ops.cast(ops.add(self.iterations, 1), variable.dtype)
        self.assign(
            m, ops.add(ops.multiply(beta_1, m), ops.multiply(ops.subtract(1.0, beta_1), gradient))
        )
        squares = ops.multiply(gradient, gradient)
        self.assign(
            v, ops.add(ops.multiply(beta_2, v), ops.multiply(ops.subtract(1.0, beta_2), squares))
        )
        m_hat = ops.divide(m, ops.subtract(1.0, ops.power(beta_1, t)))
        v_hat = ops.divide(v, ops.subtract(1.0, ops.power(beta_2, t)))
        move = ops.divide(m_hat, ops.add(ops.sqrt(v_hat), self.epsilon))

        shrink = ops.multiply(ops.multiply(learning_rate, self.decay), variable)
        self.assign_sub(variable, ops.add(shrink, ops.multiply(learning_rate, move)))

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
