"""Type hints throughout, and the settings of each optimizer in a frozen dataclass."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import keras
import tensorflow as tf
from keras import ops


@dataclass(frozen=True)
class MomentumSettings:
    momentum: float


@dataclass(frozen=True)
class AdaGradSettings:
    initial_accumulator_value: float
    epsilon: float


@dataclass(frozen=True)
class RMSpropSettings:
    rho: float
    epsilon: float


@dataclass(frozen=True)
class AdamSettings:
    beta_1: float
    beta_2: float
    epsilon: float


class Momentum(keras.optimizers.Optimizer):
    settings: MomentumSettings
    velocities: list[keras.Variable]

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0.9, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.settings = MomentumSettings(momentum)

    def build(self, variables: list[keras.Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self.velocities = [self.add_variable_from_reference(v, name="vel") for v in variables]

    def update_step(
        self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor
    ) -> None:
        rate: tf.Tensor = ops.cast(learning_rate, variable.dtype)
        velocity: keras.Variable = self.velocities[self._get_variable_index(variable)]
        push: tf.Tensor = rate * ops.cast(gradient, variable.dtype)
        self.assign(velocity, self.settings.momentum * velocity - push)
        self.assign_add(variable, velocity)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **asdict(self.settings)}


class AdaGrad(keras.optimizers.Optimizer):
    settings: AdaGradSettings
    sums: list[keras.Variable]

    def __init__(
        self,
        learning_rate: float = 0.01,
        initial_accumulator_value: float = 0.0,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.settings = AdaGradSettings(initial_accumulator_value, epsilon)

    def build(self, variables: list[keras.Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        start = keras.initializers.Constant(self.settings.initial_accumulator_value)
        self.sums = [self.add_variable_from_reference(v, "sum", start) for v in variables]

    def update_step(
        self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor
    ) -> None:
        gradient = ops.cast(gradient, variable.dtype)
        rate: tf.Tensor = ops.cast(learning_rate, variable.dtype)
        total: keras.Variable = self.sums[self._get_variable_index(variable)]
        self.assign_add(total, gradient * gradient)
        self.assign_sub(variable, rate * gradient / (ops.sqrt(total) + self.settings.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **asdict(self.settings)}


class RMSprop(keras.optimizers.Optimizer):
    settings: RMSpropSettings
    means: list[keras.Variable]

    def __init__(
        self,
        learning_rate: float = 0.001,
        rho: float = 0.9,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.settings = RMSpropSettings(rho, epsilon)

    def build(self, variables: list[keras.Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self.means = [self.add_variable_from_reference(v, "mean") for v in variables]

    def update_step(
        self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor
    ) -> None:
        rho, epsilon = self.settings.rho, self.settings.epsilon
        gradient = ops.cast(gradient, variable.dtype)
        rate: tf.Tensor = ops.cast(learning_rate, variable.dtype)
        mean: keras.Variable = self.means[self._get_variable_index(variable)]
        self.assign(mean, rho * mean + (1 - rho) * gradient * gradient)
        self.assign_sub(variable, rate * gradient / (ops.sqrt(mean) + epsilon))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **asdict(self.settings)}


class Adam(keras.optimizers.Optimizer):
    settings: AdamSettings
    moments: list[tuple[keras.Variable, keras.Variable]]

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.settings = AdamSettings(beta_1, beta_2, epsilon)

    def build(self, variables: list[keras.Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self.moments = [
            (self.add_variable_from_reference(v, "m"), self.add_variable_from_reference(v, "v"))
            for v in variables
        ]

    def update_step(
        self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor
    ) -> None:
        beta_1, beta_2 = self.settings.beta_1, self.settings.beta_2
        gradient = ops.cast(gradient, variable.dtype)
        rate: tf.Tensor = ops.cast(learning_rate, variable.dtype)
        t: tf.Tensor = ops.cast(self.iterations + 1, variable.dtype)
        m, v = self.moments[self._get_variable_index(variable)]
        self.assign(m, beta_1 * m + (1 - beta_1) * gradient)
        self.assign(v, beta_2 * v + (1 - beta_2) * gradient * gradient)
        denominator: tf.Tensor = ops.sqrt(v / (1 - beta_2**t)) + self.settings.epsilon
        self.assign_sub(variable, rate * (m / (1 - beta_1**t)) / denominator)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **asdict(self.settings)}


class Nesterov(Momentum):
    def update_step(
        self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor
    ) -> None:
        momentum = self.settings.momentum
        rate: tf.Tensor = ops.cast(learning_rate, variable.dtype)
        push: tf.Tensor = rate * ops.cast(gradient, variable.dtype)
        velocity: keras.Variable = self.velocities[self._get_variable_index(variable)]
        self.assign(velocity, momentum * velocity - push)
        self.assign_add(variable, momentum * velocity - push)


class AdamW(Adam):
    decay: float

    def __init__(self, learning_rate: float = 0.001, decay: float = 0.004, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.decay = decay

    def update_step(
        self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor
    ) -> None:
        rate: tf.Tensor = ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, rate * self.decay * variable)
        super().update_step(gradient, variable, learning_rate)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "decay": self.decay}
