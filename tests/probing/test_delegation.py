"""Using what already is the exercise earns nothing, by whatever road; everything else is fine."""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.model import Exercise
from autograder.sources.assignment import read_assignment
from autograder.sources.course import Course

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FINISHED = ["keras.optimizers.Adam", "keras.random.dropout", "keras.Model.fit"]
EXERCISES = {
    exercise.name: exercise
    for name in Course(ROOT).assignments()
    for exercise in read_assignment(Course(ROOT).solution(name)).check_set.exercises
    if exercise.forbidden
}
NAMES = sorted({name for exercise in EXERCISES.values() for name in exercise.forbidden})


@pytest.fixture(scope="module")
def delegation() -> Iterator[Any]:
    import keras  # noqa: F401

    from autograder.probing import delegation

    # As the zygote does: what is there before any student's code need not be looked through.
    gc.collect()
    gc.freeze()
    yield delegation
    gc.unfreeze()


def used_by(
    delegation: Any, target: Any, action: Callable[[], Any], forbidden: tuple[str, ...] | list[str]
) -> list[str]:
    # Student code may swallow the refusal: it is noted all the same.
    with delegation.refused(list(forbidden), target) as used, contextlib.suppress(Exception):
        action()
    return used


def roads() -> dict[str, Callable[[], Any]]:
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
        "decorated function's inside": lambda: keras.Model.fit.__wrapped__(model, np.ones((2, 1))),
    }


def test_every_road_to_a_finished_thing_is_noted(delegation: Any) -> None:
    for name, road in roads().items():
        (said,) = set(used_by(delegation, object(), road, FINISHED)) or {""}
        assert "which is not allowed here" in said, name


def resolved(name: str) -> Any:
    package, *parts = name.split(".")
    found: Any = sys.modules[package]
    for part in parts:
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_the_course_lists_is_refused(delegation: Any, name: str) -> None:
    found = resolved(name)
    assert used_by(delegation, found, lambda: None, [name])  # as itself
    assert used_by(delegation, object(), found, [name])  # called, with whatever
    inside = inspect.unwrap(found)
    if inside is not found:
        assert used_by(delegation, object(), inside, [name])
    if isinstance(found, type):
        assert used_by(delegation, type("Mine", (found,), {}), lambda: None, [name])


def copied_from_its_file(module: str) -> Any:
    """A second module from the library's own file."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.loader is not None
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy


def test_a_copy_loaded_from_the_librarys_file_is_noted(delegation: Any) -> None:
    made = copied_from_its_file("keras.src.optimizers.adam").Adam  # while the cells were loaded
    assert used_by(delegation, object(), lambda: made(0.1), FINISHED)
    # And while a probe runs.
    assert used_by(
        delegation,
        object(),
        lambda: copied_from_its_file("keras.src.optimizers.adam").Adam(0.1),
        FINISHED,
    )


def test_it_works_again_afterwards(delegation: Any) -> None:
    import keras

    used_by(delegation, object(), lambda: keras.optimizers.Adam(0.1), FINISHED)
    assert float(keras.optimizers.Adam(0.5).learning_rate) == 0.5


def look_alikes() -> list[tuple[str, Callable[[], Any]]]:
    """Honest code by exercise: it mentions, resembles or stands beside what is refused."""
    import keras
    import numpy as np
    import tensorflow as tf

    x = np.ones((4, 3), "float32")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")

    class Adam(keras.optimizers.Optimizer):  # type: ignore[misc]  # keras is untyped
        """Its name is Adam, and it mentions keras.optimizers.Adam."""

    class Dropout(keras.layers.Layer):  # type: ignore[misc]  # keras is untyped
        """Not keras.layers.Dropout."""

    return [
        ("Momentum", lambda: keras.optimizers.Optimizer(0.1)),
        ("Momentum", lambda: keras.optimizers.Adam(0.1)),
        ("Momentum", lambda: keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)),
        ("AdaGrad", lambda: keras.optimizers.RMSprop(0.1)),
        ("AdaGrad", lambda: keras.ops.rsqrt(x)),
        ("RMSprop", lambda: keras.optimizers.Adagrad(0.1)),
        ("Adam", lambda: Adam(0.1)),
        ("Adam", lambda: keras.optimizers.SGD(0.1)),
        ("Adam", lambda: keras.optimizers.deserialize({"class_name": "SGD", "config": {}})),
        ("AdamW", lambda: keras.optimizers.Lion(0.1)),
        ("Nesterov", lambda: Adam(0.1, weight_decay=0.1)),
        ("GradientDescent", lambda: keras.optimizers.Optimizer(0.1)),
        ("train", lambda: model(x, training=True)),
        ("train", lambda: model.evaluate(x, x[:, :1], verbose=0)),
        ("train", lambda: model.predict(x, verbose=0)),
        ("train", lambda: model.optimizer.apply([x], [keras.Variable(x)])),
        ("train", lambda: model.compute_loss(x, x[:, :1], model(x))),
        ("EarlyStopping", lambda: keras.callbacks.Callback()),
        ("EarlyStopping", lambda: keras.callbacks.ReduceLROnPlateau()),
        ("EarlyStopping", lambda: keras.callbacks.ModelCheckpoint("x.keras")),
        ("EarlyStopping", lambda: keras.callbacks.History()),
        ("L1", lambda: keras.regularizers.Regularizer()),
        ("L1", lambda: keras.regularizers.L2(0.1)(x)),
        ("L1", lambda: keras.ops.norm(x, ord=1)),
        ("L2", lambda: keras.regularizers.L1(0.1)(x)),
        ("L2", lambda: tf.nn.l2_loss(x)),
        ("L2", lambda: keras.regularizers.OrthogonalRegularizer()(x)),
        ("L1L2", lambda: keras.ops.sum(keras.ops.abs(x)) + keras.ops.sum(x**2)),
        ("Dropout", lambda: Dropout()),
        ("Dropout", lambda: keras.random.uniform((3,))),
        ("Dropout", lambda: keras.random.binomial((3,), 1.0, 0.5)),
        ("Dropout", lambda: keras.random.SeedGenerator(1).next()),
        ("Dropout", lambda: tf.random.stateless_uniform((3,), [1, 2])),
        ("Dropout", lambda: keras.layers.GaussianNoise(0.1)(x, training=True)),
        ("BatchNormalization", lambda: keras.ops.moments(x, axes=[0])),
        ("BatchNormalization", lambda: tf.nn.moments(x, axes=[0])),
        ("BatchNormalization", lambda: keras.ops.normalize(x)),
        ("BatchNormalization", lambda: keras.layers.LayerNormalization()(x)),
        ("BatchNormalization", lambda: keras.layers.Normalization().adapt(x)),
        ("BatchNormalization", lambda: keras.layers.Conv2D(1, 3)(np.ones((1, 4, 4, 1)))),
    ]


def test_honest_look_alikes_are_not_refused(delegation: Any) -> None:
    found = look_alikes()
    assert {name for name, _ in found} == set(EXERCISES)
    for number, (name, action) in enumerate(found):
        exercise: Exercise = EXERCISES[name]
        with delegation.refused(list(exercise.forbidden), object()) as used:
            action()  # and works
        assert used == [], (number, name)
