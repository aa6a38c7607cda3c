"""One base class keeps settings, slots and configuration; each of the six defines its step."""

import keras
from keras import ops


class WithSlots(keras.optimizers.Optimizer):
    """Slots by name for each variable, and a configuration made from the settings."""

    slot_names = ()

    def __init__(self, learning_rate, settings, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.settings = settings

    def start(self):
        return "zeros"

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self.slots = [
                {
                    name: self.add_variable_from_reference(variable, name, self.start())
                    for name in self.slot_names
                }
                for variable in variables
            ]

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        slots = self.slots[self._get_variable_index(variable)]
        self.move(gradient, variable, learning_rate, **slots, **self.settings)

    def get_config(self):
        return {**super().get_config(), **self.settings}


class Momentum(WithSlots):
    slot_names = ("velocity",)

    def __init__(self, learning_rate=0.01, momentum=0.9, **kwargs):
        super().__init__(learning_rate, {"momentum": momentum}, **kwargs)

    def move(self, gradient, variable, learning_rate, velocity, momentum):
        self.assign(velocity, momentum * velocity - learning_rate * gradient)
        self.assign_add(variable, velocity)


class AdaGrad(WithSlots):
    slot_names = ("total",)

    def __init__(self, learning_rate=0.01, initial_accumulator_value=0.0, epsilon=1e-7, **kwargs):
        settings = {"initial_accumulator_value": initial_accumulator_value, "epsilon": epsilon}
        super().__init__(learning_rate, settings, **kwargs)

    def start(self):
        return keras.initializers.Constant(self.settings["initial_accumulator_value"])

    def move(self, gradient, variable, learning_rate, total, epsilon, **_):
        self.assign_add(total, ops.square(gradient))
        self.assign_sub(variable, learning_rate * gradient / (ops.sqrt(total) + epsilon))


class RMSprop(WithSlots):
    slot_names = ("mean",)

    def __init__(self, learning_rate=0.001, rho=0.9, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate, {"rho": rho, "epsilon": epsilon}, **kwargs)

    def move(self, gradient, variable, learning_rate, mean, rho, epsilon):
        self.assign(mean, rho * mean + (1 - rho) * ops.square(gradient))
        self.assign_sub(variable, learning_rate * gradient / (ops.sqrt(mean) + epsilon))


class Adam(WithSlots):
    slot_names = ("m", "v")

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **kwargs):
        settings = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon}
        super().__init__(learning_rate, settings, **kwargs)

    def move(self, gradient, variable, learning_rate, m, v, beta_1, beta_2, epsilon):
        t = ops.cast(self.iterations + 1, variable.dtype)
        self.assign(m, beta_1 * m + (1 - beta_1) * gradient)
        self.assign(v, beta_2 * v + (1 - beta_2) * ops.square(gradient))
        m_hat, v_hat = m / (1 - beta_1**t), v / (1 - beta_2**t)
        self.assign_sub(variable, learning_rate * m_hat / (ops.sqrt(v_hat) + epsilon))


class Nesterov(WithSlots):
    slot_names = ("velocity",)

    def __init__(self, learning_rate=0.01, momentum=0.9, **kwargs):
        super().__init__(learning_rate, {"momentum": momentum}, **kwargs)

    def move(self, gradient, variable, learning_rate, velocity, momentum):
        self.assign(velocity, momentum * velocity - learning_rate * gradient)
        self.assign_add(variable, momentum * velocity - learning_rate * gradient)


class AdamW(Adam):
    def __init__(self, *args, decay=0.004, **kwargs):
        super().__init__(*args, **kwargs)
        self.settings = {**self.settings, "decay": decay}

    def move(self, gradient, variable, learning_rate, decay, **rest):
        self.assign_sub(variable, learning_rate * decay * variable)
        super().move(gradient, variable, learning_rate, **rest)
