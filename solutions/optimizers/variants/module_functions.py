"""The arithmetic is in functions at the top of the module, with constants beside them."""

import keras
from keras import ops

EPSILON = 1e-7
RATE = 0.01
SMALL_RATE = RATE / 10


def pushed(velocity, momentum, push):
    return momentum * velocity - push


def fading(old, new, share):
    """The running mean: `share` of the old value and the rest of the new."""
    return share * old + (1 - share) * new


def unbiased(mean, share, t):
    """A running mean from zero, corrected for its start after `t` updates."""
    return mean / (1 - ops.power(share, t))


def scaled(direction, squares, epsilon):
    return direction / (ops.sqrt(squares) + epsilon)


def cast_all(dtype, *values):
    return tuple(ops.cast(value, dtype) for value in values)


class Momentum(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=RATE, momentum=0.9, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.velocities = self.add_optimizer_variables(variables, "velocity")

    def update_step(self, gradient, variable, learning_rate):
        gradient, rate = cast_all(variable.dtype, gradient, learning_rate)
        velocity = self.velocities[self._get_variable_index(variable)]
        self.assign(velocity, pushed(velocity, self.momentum, rate * gradient))
        self.assign_add(variable, velocity)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


class AdaGrad(keras.optimizers.Optimizer):
    def __init__(
        self, learning_rate=RATE, initial_accumulator_value=0.0, epsilon=EPSILON, **kwargs
    ):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        start = keras.initializers.Constant(self.initial_accumulator_value)
        self.sums = self.add_optimizer_variables(variables, "sum", initializer=start)

    def update_step(self, gradient, variable, learning_rate):
        gradient, rate = cast_all(variable.dtype, gradient, learning_rate)
        total = self.sums[self._get_variable_index(variable)]
        self.assign_add(total, ops.square(gradient))
        self.assign_sub(variable, rate * scaled(gradient, total, self.epsilon))

    def get_config(self):
        own = {
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }
        return {**super().get_config(), **own}


class RMSprop(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=SMALL_RATE, rho=0.9, epsilon=EPSILON, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.means = self.add_optimizer_variables(variables, "mean")

    def update_step(self, gradient, variable, learning_rate):
        gradient, rate = cast_all(variable.dtype, gradient, learning_rate)
        mean = self.means[self._get_variable_index(variable)]
        self.assign(mean, fading(mean, ops.square(gradient), self.rho))
        self.assign_sub(variable, rate * scaled(gradient, mean, self.epsilon))

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}


class Adam(keras.optimizers.Optimizer):
    def __init__(
        self, learning_rate=SMALL_RATE, beta_1=0.9, beta_2=0.999, epsilon=EPSILON, **kwargs
    ):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.m, self.v = self.add_optimizer_variables(variables, ["m", "v"])

    def update_step(self, gradient, variable, learning_rate):
        gradient, rate, t = cast_all(variable.dtype, gradient, learning_rate, self.iterations + 1)
        index = self._get_variable_index(variable)
        m, v = self.m[index], self.v[index]
        self.assign(m, fading(m, gradient, self.beta_1))
        self.assign(v, fading(v, ops.square(gradient), self.beta_2))
        m_hat, v_hat = unbiased(m, self.beta_1, t), unbiased(v, self.beta_2, t)
        self.assign_sub(variable, rate * scaled(m_hat, v_hat, self.epsilon))

    def get_config(self):
        own = {name: getattr(self, name) for name in ("beta_1", "beta_2", "epsilon")}
        return {**super().get_config(), **own}


class Nesterov(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=RATE, momentum=0.9, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.velocities = self.add_optimizer_variables(variables, "velocity")

    def update_step(self, gradient, variable, learning_rate):
        gradient, rate = cast_all(variable.dtype, gradient, learning_rate)
        velocity = self.velocities[self._get_variable_index(variable)]
        self.assign(velocity, pushed(velocity, self.momentum, rate * gradient))
        self.assign_add(variable, pushed(velocity, self.momentum, rate * gradient))

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


class AdamW(keras.optimizers.Optimizer):
    def __init__(
        self,
        learning_rate=SMALL_RATE,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=EPSILON,
        decay=0.004,
        **kwargs,
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
        self.m, self.v = self.add_optimizer_variables(variables, ["m", "v"])

    def update_step(self, gradient, variable, learning_rate):
        gradient, rate, t = cast_all(variable.dtype, gradient, learning_rate, self.iterations + 1)
        index = self._get_variable_index(variable)
        m, v = self.m[index], self.v[index]
        self.assign(m, fading(m, gradient, self.beta_1))
        self.assign(v, fading(v, ops.square(gradient), self.beta_2))
        m_hat, v_hat = unbiased(m, self.beta_1, t), unbiased(v, self.beta_2, t)
        step = scaled(m_hat, v_hat, self.epsilon)
        self.assign_sub(variable, rate * (self.decay * variable + step))

    def get_config(self):
        own = {name: getattr(self, name) for name in ("beta_1", "beta_2", "epsilon", "decay")}
        return {**super().get_config(), **own}
