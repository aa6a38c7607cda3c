"""The whole of `apply` is rewritten; there is no `update_step`."""

import keras
from keras import ops


class OwnApply(keras.optimizers.Optimizer):
    """Builds, skips missing gradients, moves every variable, counts."""

    def apply(self, grads, trainable_variables=None):
        if trainable_variables is None:
            trainable_variables = self._trainable_variables
        if not self.built:
            self.build(list(trainable_variables))
        t = self.iterations + 1
        for gradient, variable in zip(list(grads), list(trainable_variables), strict=True):
            if gradient is not None:
                rate = ops.cast(self.learning_rate, variable.dtype)
                place = self._get_variable_index(variable)
                gradient = ops.cast(gradient, variable.dtype)
                self.move(gradient, variable, rate, place, ops.cast(t, variable.dtype))
        self.iterations.assign_add(1)


class Momentum(OwnApply):
    def __init__(self, learning_rate=0.01, momentum=0.9, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.velocities = [self.add_variable_from_reference(v, "velocity") for v in variables]

    def move(self, gradient, variable, rate, place, t):
        velocity = self.velocities[place]
        velocity.assign(self.momentum * velocity - rate * gradient)
        variable.assign_add(velocity)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


class Nesterov(Momentum):
    def move(self, gradient, variable, rate, place, t):
        velocity = self.velocities[place]
        velocity.assign(self.momentum * velocity - rate * gradient)
        variable.assign_add(self.momentum * velocity - rate * gradient)


class AdaGrad(OwnApply):
    def __init__(self, learning_rate=0.01, initial_accumulator_value=0.0, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        start = keras.initializers.Constant(self.initial_accumulator_value)
        self.sums = [self.add_variable_from_reference(v, "sum", start) for v in variables]

    def move(self, gradient, variable, rate, place, t):
        total = self.sums[place]
        total.assign_add(ops.square(gradient))
        variable.assign_sub(rate * gradient / (ops.sqrt(total) + self.epsilon))

    def get_config(self):
        own = {
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }
        return {**super().get_config(), **own}


class RMSprop(OwnApply):
    def __init__(self, learning_rate=0.001, rho=0.9, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.means = [self.add_variable_from_reference(v, "mean") for v in variables]

    def move(self, gradient, variable, rate, place, t):
        mean = self.means[place]
        mean.assign(self.rho * mean + (1 - self.rho) * ops.square(gradient))
        variable.assign_sub(rate * gradient / (ops.sqrt(mean) + self.epsilon))

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}


class Adam(OwnApply):
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.m = [self.add_variable_from_reference(v, "m") for v in variables]
        self.v = [self.add_variable_from_reference(v, "v") for v in variables]

    def move(self, gradient, variable, rate, place, t):
        m, v = self.m[place], self.v[place]
        m.assign(self.beta_1 * m + (1 - self.beta_1) * gradient)
        v.assign(self.beta_2 * v + (1 - self.beta_2) * ops.square(gradient))
        m_hat = m / (1 - self.beta_1**t)
        v_hat = v / (1 - self.beta_2**t)
        variable.assign_sub(rate * m_hat / (ops.sqrt(v_hat) + self.epsilon))

    def get_config(self):
        own = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


class AdamW(Adam):
    def __init__(self, learning_rate=0.001, decay=0.004, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.decay = decay

    def move(self, gradient, variable, rate, place, t):
        variable.assign(variable * (1 - rate * self.decay))
        super().move(gradient, variable, rate, place, t)

    def get_config(self):
        return {**super().get_config(), "decay": self.decay}
