"""Using what already is the exercise earns nothing, by whatever road; everything else is fine."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

FINISHED = ["keras.optimizers.Adam", "keras.random.dropout", "keras.Model.fit"]


@pytest.fixture(scope="module")
def child() -> Any:
    from autograder.sandbox import child

    return child


def used_by(child: Any, target: Any, action: Callable[[], Any]) -> list[str]:
    # Student code may swallow the refusal: it is noted all the same.
    with child.refused(FINISHED, target) as used, contextlib.suppress(Exception):
        action()
    return used


def roads() -> dict[str, Callable[[], Any]]:
    import importlib

    import keras
    import numpy as np
    import tensorflow as tf
    from keras.random import dropout

    alias = keras.optimizers.Adam
    made_before = keras.optimizers.Adam(0.1)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    variable = keras.Variable(1.0)
    return {
        "alias": lambda: alias(0.1),
        "getattr": lambda: getattr(keras.optimizers, "Ad" + "am")(0.1),
        "importlib": lambda: importlib.import_module("keras.src.optimizers.adam").Adam(),
        "tf.keras": lambda: tf.keras.optimizers.Adam(),
        "by name": lambda: keras.optimizers.get("adam"),
        "made before": lambda: made_before.build([variable]),
        "a heir of it": lambda: keras.optimizers.AdamW(0.1),
        "borrowed method": lambda: alias.update_step(made_before, 1.0, variable, 0.1),
        "function imported before": lambda: dropout(np.ones(3), 0.5),
        "method of the base class": lambda: model.fit(np.ones((2, 1)), np.ones((2, 1)), verbose=0),
    }


def test_every_road_to_a_finished_thing_is_noted(child: Any) -> None:
    for name, road in roads().items():
        (said,) = set(used_by(child, object(), road)) or {""}
        assert "already is this exercise" in said, name


def test_it_works_again_afterwards(child: Any) -> None:
    import keras

    used_by(child, object(), lambda: keras.optimizers.Adam(0.1))
    assert float(keras.optimizers.Adam(0.5).learning_rate) == 0.5


def test_itself_and_a_subclass_are_refused_before_anything_runs(child: Any) -> None:
    import keras

    class Adam(keras.optimizers.Adam):
        pass

    for target in (keras.optimizers.Adam, Adam):
        assert used_by(child, target, lambda: None)


def test_honest_look_alikes_are_not_refused(child: Any) -> None:
    import keras
    import numpy as np

    class Adam(keras.optimizers.Optimizer):
        """Its name is Adam, and it mentions keras.optimizers.Adam."""

    for action in (
        lambda: Adam(0.1),
        lambda: keras.optimizers.SGD(0.1),
        lambda: keras.random.uniform((3,)),
        lambda: keras.ops.moments(np.ones((3, 3)), axes=[0]),
        lambda: keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9),
    ):
        assert used_by(child, Adam, action) == []
