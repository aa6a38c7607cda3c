"""The powers of the betas are kept as products in variables, advanced once an update."""

import keras
from keras import ops


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
        self.product_1 = self.add_variable((), "ones", "float64", name="product_1")
        self.product_2 = self.add_variable((), "ones", "float64", name="product_2")
        self.m = [self.add_variable_from_reference(variable, "m") for variable in variables]
        self.v = [self.add_variable_from_reference(variable, "v") for variable in variables]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        index = self._get_variable_index(variable)
        m, v = self.m[index], self.v[index]
        self.assign(m, self.beta_1 * m + (1 - self.beta_1) * gradient)
        self.assign(v, self.beta_2 * v + (1 - self.beta_2) * ops.square(gradient))
        m_hat = m / ops.cast(1 - self.product_1 * self.beta_1, variable.dtype)
        v_hat = v / ops.cast(1 - self.product_2 * self.beta_2, variable.dtype)
        self.assign_sub(variable, learning_rate * m_hat / (ops.sqrt(v_hat) + self.epsilon))

    def apply(self, grads, trainable_variables=None):
        super().apply(grads, trainable_variables)
        self.product_1.assign(self.product_1 * self.beta_1)
        self.product_2.assign(self.product_2 * self.beta_2)

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
        self.product_1 = self.add_variable((), "ones", "float64", name="product_1")
        self.product_2 = self.add_variable((), "ones", "float64", name="product_2")
        self.m = [self.add_variable_from_reference(variable, "m") for variable in variables]
        self.v = [self.add_variable_from_reference(variable, "v") for variable in variables]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, learning_rate * self.decay * variable)
        index = self._get_variable_index(variable)
        m, v = self.m[index], self.v[index]
        self.assign(m, self.beta_1 * m + (1 - self.beta_1) * gradient)
        self.assign(v, self.beta_2 * v + (1 - self.beta_2) * ops.square(gradient))
        m_hat = m / ops.cast(1 - self.product_1 * self.beta_1, variable.dtype)
        v_hat = v / ops.cast(1 - self.product_2 * self.beta_2, variable.dtype)
        self.assign_sub(variable, learning_rate * m_hat / (ops.sqrt(v_hat) + self.epsilon))

    def apply(self, grads, trainable_variables=None):
        super().apply(grads, trainable_variables)
        self.product_1.assign(self.product_1 * self.beta_1)
        self.product_2.assign(self.product_2 * self.beta_2)

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
