"""Using what already is the exercise earns nothing, by whatever road; everything else is fine."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import gc
import importlib
import importlib.util
import inspect
import sys
import types
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
    used: list[str]
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


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_the_course_lists_is_refused(delegation: Any, name: str) -> None:
    found = delegation.resolve(name)
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


def twin_roads() -> dict[str, tuple[str, Callable[[], Any]]]:
    """What does the same as one forbidden thing, with the name of that."""
    import keras
    import numpy as np
    import tensorflow as tf
    from tensorflow.python.keras.optimizer_v2 import adam
    from tensorflow.python.ops import gen_nn_ops, gen_training_ops, nn_ops

    train, x = tf.compat.v1.train, np.ones((2, 3), "float32")
    variable = tf.Variable([1.0])
    compiled = tf.function(lambda: keras.random.dropout(tf.ones(3), 0.5))
    optimizers = "keras.optimizers."
    return {
        "gen twin": (
            f"{optimizers}Adam",
            lambda: gen_training_ops.resource_apply_adam(
                variable.handle, variable.handle, variable.handle, *[0.1] * 6, [1.0]
            ),
        ),
        "eager twin": (
            f"{optimizers}Adagrad",
            lambda: gen_training_ops.resource_apply_adagrad_v2_eager_fallback(*[0] * 8),
        ),
        "raw op": (f"{optimizers}SGD", lambda: tf.raw_ops.ResourceApplyMomentum(var=variable)),
        "version": ("tensorflow.raw_ops.FusedBatchNorm", lambda: gen_nn_ops.fused_batch_norm_v3(x)),
        "old Keras": (f"{optimizers}Adam", lambda: adam.Adam(0.1)),
        "not fused": (f"{optimizers}Adam", lambda: adam.NonFusedAdam(0.1)),
        "version 1": (f"{optimizers}RMSprop", lambda: train.RMSPropOptimizer(0.1)),
        "of another name": (f"{optimizers}SGD", lambda: train.MomentumOptimizer(0.1, 0.9)),
        "proximal": (f"{optimizers}Adagrad", lambda: train.ProximalAdagradOptimizer(0.1)),
        "holds it": (f"{optimizers}Adam", lambda: keras.optimizers.Muon(0.1)),
        "private": ("tensorflow.python.ops.nn_ops._dropout", lambda: nn_ops._dropout(x, 0.5)),
        "calls it": ("tensorflow.python.ops.nn_ops._dropout", lambda: tf.nn.dropout(x, 0.5)),
        "in a graph": ("keras.random.dropout", compiled),
    }


def test_what_does_the_same_is_noted(delegation: Any) -> None:
    for name, (forbidden, road) in twin_roads().items():
        said = used_by(delegation, object(), road, [forbidden])
        assert "which is not allowed here" in "".join(said), name


def changed(function: Any) -> Any:
    """A copy of a function with another name, line, constant and file."""
    code = function.__code__
    consts = tuple("another text" if isinstance(c, str) else c for c in code.co_consts)
    other = code.replace(co_name="mine", co_firstlineno=1, co_consts=consts, co_filename="mine.py")
    return types.FunctionType(other, function.__globals__)


def test_a_copy_is_told_by_what_it_does(delegation: Any) -> None:
    import keras

    copied = changed(keras.optimizers.Adam.update_step)
    assert used_by(delegation, object(), lambda: copied(1, 2, 3, 4), FINISHED)
    space: dict[str, Any] = {"__name__": "mine"}
    exec(inspect.getsource(sys.modules["keras.src.optimizers.adam"]), space)
    step = space["Adam"].update_step
    assert used_by(delegation, object(), lambda: step(1, 2, 3, 4), FINISHED)
    # What the student's own cells hold is never a copy.
    own = {step.__code__, copied.__code__}
    refused = delegation.refused(FINISHED, object(), own.__contains__)
    with refused as used, contextlib.suppress(AttributeError):
        copied(1, 2, 3, 4)
    assert used == []


def test_student_code_cannot_hide_a_copy_from_the_search(
    delegation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    from autograder.probing import copies

    freeze = gc.freeze
    monkeypatch.setattr(gc, "freeze", freeze)  # and put back afterwards
    monkeypatch.setattr(copies, "_canary", [])
    copies.keep_freezing()
    copies.remember_functions()
    kept = [changed(keras.optimizers.Adam.update_step)]
    gc.freeze()  # does nothing
    monkeypatch.setattr(gc, "get_objects", list)
    assert used_by(delegation, object(), lambda: kept[0](1, 2, 3, 4), FINISHED)
    freeze()  # by another road
    assert used_by(delegation, object(), lambda: kept[0](1, 2, 3, 4), FINISHED)
    kept.clear()
    gc.collect()
    freeze()


def test_code_that_honest_code_resembles_is_no_copy(delegation: Any) -> None:
    import keras

    def wrapped(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*arguments: Any, **named: Any) -> Any:
            return function(*arguments, **named)

        return wrapper

    @dataclasses.dataclass
    class Settings:
        learning_rate: float = 0.1
        beta_1: float = 0.9
        beta_2: float = 0.999

    # Short, as many functions are; and methods of a class that wraps what it is given.
    short = [changed(keras.layers.Dropout.compute_output_shape), wrapped(len), Settings]
    importlib.reload(importlib.import_module("tensorflow.python.keras.optimizer_v2.ftrl"))
    for forbidden in NAMES:
        assert used_by(delegation, object(), lambda: None, [forbidden]) == [], short


def test_nothing_new_in_keras_and_tensorflow_does_the_same(delegation: Any) -> None:
    """See scripts/finished.py, which prints what to do."""
    spec = importlib.util.spec_from_file_location("finished", ROOT / "scripts" / "finished.py")
    assert spec is not None
    assert spec.loader is not None
    finished = sys.modules["finished"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(finished)
    rules, things = finished.read_rules(), finished.everything()
    for name, exercise in EXERCISES.items():
        assert finished.examine(exercise.forbidden, rules, things).new == (), name
    # And it would tell.
    none = finished.Rules(())
    found = finished.examine(("keras.optimizers.Adam",), none, things)
    assert "keras.optimizers.Nadam" in found.new
    assert {"keras.optimizers.AdamW", "keras.optimizers.Muon"} <= set(found.refused)


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
        ("fit_network", lambda: model.evaluate(x, x[:, :1], verbose=0)),
        ("fit_network", lambda: keras.callbacks.CallbackList([], model=model).on_train_begin()),
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
