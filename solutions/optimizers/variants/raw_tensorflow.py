"""TensorFlow's own operations on the raw variables, without keras.ops."""

import keras
import tensorflow as tf


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
        gradient = tf.cast(gradient, variable.dtype)
        learning_rate = tf.cast(learning_rate, variable.dtype)
        velocity = self.velocities[self._get_variable_index(variable)].value
        velocity.assign(self.momentum * velocity - learning_rate * gradient)
        variable.assign_add(velocity)

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
        start = self.initial_accumulator_value
        self.sums = [
            self.add_variable_from_reference(variable, "sums", keras.initializers.Constant(start))
            for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = tf.cast(gradient, variable.dtype)
        learning_rate = tf.cast(learning_rate, variable.dtype)
        total = self.sums[self._get_variable_index(variable)].value
        total.assign_add(tf.square(gradient))
        variable.assign_sub(learning_rate * gradient / (tf.sqrt(total) + self.epsilon))

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
        gradient = tf.cast(gradient, variable.dtype)
        learning_rate = tf.cast(learning_rate, variable.dtype)
        mean = self.means[self._get_variable_index(variable)].value
        mean.assign(self.rho * mean + (1.0 - self.rho) * tf.square(gradient))
        variable.assign_sub(learning_rate * gradient / (tf.sqrt(mean) + self.epsilon))

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
        gradient = tf.cast(gradient, variable.dtype)
        learning_rate = tf.cast(learning_rate, variable.dtype)
        index = self._get_variable_index(variable)
        m, v = self.m[index].value, self.v[index].value
        t = tf.cast(self.iterations + 1, variable.dtype)
        m.assign(self.beta_1 * m + (1.0 - self.beta_1) * gradient)
        v.assign(self.beta_2 * v + (1.0 - self.beta_2) * tf.square(gradient))
        m_hat = m / (1.0 - tf.pow(tf.cast(self.beta_1, variable.dtype), t))
        v_hat = v / (1.0 - tf.pow(tf.cast(self.beta_2, variable.dtype), t))
        variable.assign_sub(learning_rate * m_hat / (tf.sqrt(v_hat) + self.epsilon))

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
        gradient = tf.cast(gradient, variable.dtype)
        learning_rate = tf.cast(learning_rate, variable.dtype)
        velocity = self.velocities[self._get_variable_index(variable)].value
        push = learning_rate * gradient
        new = velocity.assign(self.momentum * velocity - push, read_value=True)
        variable.assign_add(self.momentum * new - push)

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
        gradient = tf.cast(gradient, variable.dtype)
        learning_rate = tf.cast(learning_rate, variable.dtype)
        variable.assign(variable * (1.0 - learning_rate * self.decay))
        index = self._get_variable_index(variable)
        m, v = self.m[index].value, self.v[index].value
        t = tf.cast(self.iterations + 1, variable.dtype)
        m.assign(self.beta_1 * m + (1.0 - self.beta_1) * gradient)
        v.assign(self.beta_2 * v + (1.0 - self.beta_2) * tf.square(gradient))
        m_hat = m / (1.0 - tf.pow(tf.cast(self.beta_1, variable.dtype), t))
        v_hat = v / (1.0 - tf.pow(tf.cast(self.beta_2, variable.dtype), t))
        variable.assign_sub(learning_rate * m_hat / (tf.sqrt(v_hat) + self.epsilon))

    def get_config(self):
        own = {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "decay": self.decay,
        }
        return {**super().get_config(), **own}
