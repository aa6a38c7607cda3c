"""What a student reads of real exceptions of Keras and TensorFlow, raised in every way they run."""

from __future__ import annotations

import linecache
import re
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

FILE = "cell_7.py"
SOURCE = """\
import keras
import numpy as np
import tensorflow as tf
from keras import ops


class NumPy(keras.layers.Layer):
    def call(self, x, training=False):
        return np.mean(x) * x


class Reads(keras.layers.Layer):
    def call(self, x, training=False):
        return x * x.numpy()


class Decides(keras.layers.Layer):
    def call(self, x, training=False):
        if tf.reduce_sum(x) > 0 and True:
            return x
        return -x


class Shape(keras.layers.Layer):
    def call(self, x, training=False):
        return x + ops.ones((7, 5))


class Misspelt(keras.layers.Layer):
    def call(self, x, training=False):
        return self.sped * x


class Lookup(keras.layers.Layer):
    def call(self, x, training=False):
        return {"weight": x}["weights"]


class Keyword(keras.layers.Layer):
    def call(self, x, training=False):
        return ops.mean(x, axes=0)


class Outer(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = Misspelt()

    def call(self, x, training=False):
        return self.inner(x, training=training)


class Assigns(keras.layers.Layer):
    def call(self, x, training=False):
        (x + 1).assign(x)
        return x


class Stub(keras.layers.Layer):
    def call(self, x, training=False):
        raise NotImplementedError("Stub.call: return x.")


class Axis(keras.layers.Layer):
    def call(self, x, training=False):
        if len(x.shape) < 4:
            raise NotImplementedError("images only")
        return x


class Sparse(keras.optimizers.Optimizer):
    def update_step(self, gradient, variable, learning_rate):
        if self.momentum_is_missing(variable):
            raise NotImplementedError
        self.assign_sub(variable, gradient)

    def momentum_is_missing(self, variable):
        return len(variable.shape) > 0


class Rate(keras.layers.Layer):
    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def call(self, x):
        return x


class Slots(keras.optimizers.Optimizer):
    def build(self, variables):
        super().build(variables)
        self.add_slot(variables[0], "m")


class Applies(keras.optimizers.Optimizer):
    def _resource_apply_dense(self, gradient, variable):
        variable.assign_sub(gradient)


class Forgets(keras.optimizers.Optimizer):
    pass


class Short(keras.optimizers.Optimizer):
    def update_step(self, gradient, variable):
        variable.assign_sub(gradient)


class Unbuilt(keras.optimizers.Optimizer):
    def build(self, variables):
        self.velocities = [self.add_variable_from_reference(v, name="v") for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, self.velocities[0])


class BuiltForOthers(keras.optimizers.Optimizer):
    def build(self, variables):
        super().build([keras.Variable([1.0])])

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, gradient)


class Forgotten(keras.layers.Layer):
    def __init__(self, rate=0.5):
        super().__init__()
        rate = rate

    def call(self, x, training=False):
        return x * self.rate


class Unreachable(keras.layers.Layer):
    def __init__(self, rate=0.5):
        super().__init__()
        self.rate = rate

    def call(self, x, training=False):
        return x * rate


class NoSlot(keras.optimizers.Optimizer):
    def update_step(self, gradient, variable, learning_rate):
        self.assign(self.velocities[0], gradient)


class Subtracts(keras.optimizers.Optimizer):
    def update_step(self, gradient, variable, learning_rate):
        self.assign(variable, variable - ops.ones((2, 2)))


class Adds(keras.optimizers.Optimizer):
    def update_step(self, gradient, variable, learning_rate):
        moved = ops.add(-ops.ones((2, 2)), variable)
        self.assign(variable, moved)


class Unwritten(keras.optimizers.Optimizer):
    def update_step(self, gradient, variable, learning_rate):
        raise NotImplementedError("Unwritten.update_step: move the variable.")


def backend(x):
    return keras.backend.square(x)


def learning_phase(x):
    return x if keras.backend.learning_phase() else -x


def random_uniform(x):
    return keras.backend.random_uniform((3,))


def update_add(x):
    return keras.backend.update_add(x, x)


def without_gradients(x):
    variable = keras.Variable(np.ones(3))
    with tf.GradientTape() as tape:
        loss = np.mean(np.asarray(variable) ** 2)
        loss = tf.constant(loss)
    keras.optimizers.SGD().apply([tape.gradient(loss, variable.value)], [variable])


def matrix_by_vector(x):
    return tf.constant(x) @ tf.ones(3)


def unknown_name(x):
    return velocity * x


def no_backend(x):
    return keras.backend.no_such_function(x)


def named_first():
    return keras.optimizers.Optimizer("Momentum")


class BaseWithLr(keras.optimizers.Optimizer):
    def __init__(self):
        super().__init__(lr=0.1)


def short_rate():
    return keras.optimizers.SGD(lr=0.1)


def reference_by_its_old_name():
    variable = keras.Variable([1.0])
    optimizer = keras.optimizers.SGD()
    optimizer.add_variable_from_reference(model_variable=variable)


def two_dtypes(x):
    return tf.ones(3) * tf.ones(3, tf.float64)


def in_place(x):
    x = tf.ones(3)
    x[0] = 1.0


KEPT = []


@tf.function
def keeps(x):
    KEPT.append(x)


def out_of_scope(x):
    keeps(tf.ones(2))
    return tf.function(lambda: KEPT[0] + 1)()


@tf.function(input_signature=[tf.TensorSpec([None]), tf.TensorSpec([None])])
def unknown_shapes(x, y):
    return x - y


def fails_in_the_graph(x):
    return unknown_shapes(tf.ones(3), tf.ones(4))


def nothing_returned(x):
    return None + 1


def nothing_compared(x):
    return {}.get("val_los") < 1.0


def size_of_a_batch(x):
    return np.random.uniform(size=(None, 3))


def config_not_returned():
    class Silent(keras.optimizers.SGD):
        def get_config(self):
            super().get_config()

    return keras.saving.serialize_keras_object(Silent())


class Unstored(keras.layers.Layer):
    def __init__(self, rate=0.5):
        super().__init__()

    def call(self, x):
        return x * rate


class L1(keras.regularizers.Regularizer):
    def __init__(self, rate=0.1):
        self.rate = rate

    def get_config(self):
        config = super().get_config()
        return config | {"rate": self.rate}


class Bare(keras.regularizers.Regularizer):
    pass


class StepsTwice(keras.optimizers.Optimizer):
    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, learning_rate)


class CallsBase(keras.layers.Layer):
    def call(self, inputs, training=False):
        return super().call(inputs)


class NoCall(keras.layers.Layer):
    pass


class Swallowed(keras.layers.Layer):
    def call(self, inputs):
        keras.optimizers.SGD().apply([ops.ones(2)], [keras.Variable([1.0, 2.0])])
        optimizer = keras.optimizers.SGD()
        optimizer.built = True
        optimizer.apply([ops.ones(2)], [keras.Variable([1.0, 2.0])])


class BuiltForNone(keras.optimizers.Optimizer):
    def build(self, variables):
        super().build([])

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, gradient)


class Selfless(keras.optimizers.Optimizer):
    def update_step(gradient, variable, learning_rate):
        variable.assign_sub(gradient * learning_rate)


class Swapped(keras.optimizers.Optimizer):
    def update_step(self, variable, gradient):
        variable.assign_sub(gradient)


class SelflessConfig(keras.layers.Layer):
    def get_config():
        return {}


class NamedRate(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1, **kwargs):
        super().__init__(learning_rate="learning_rate", **kwargs)


class NamedFirst(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1, name="NamedFirst", **kwargs):
        super().__init__(
            name, **kwargs
        )


class ReadsFirst(keras.layers.Layer):
    def __init__(self, rate=0.5):
        super().__init__()
        self._check()
        self.rate = rate

    def _check(self):
        if self.rate > 1:
            raise ValueError

    def call(self, x):
        return x


class StoresByName(keras.layers.Layer):
    def __init__(self, rate=0.5):
        super().__init__()
        setattr(self, "rat" + "es", rate)

    def call(self, x):
        return x * self.rate


def sizes(x):
    for _ in range(none_of(x, 2)):
        pass


def none_of(x, batch_size):
    len(x) // batch_size


class SizeOfABatch(keras.layers.Layer):
    def call(self, x):
        return x + np.random.uniform(size=(x.shape[0], 3))


def size_of_an_input():
    return SizeOfABatch()(keras.Input((3,)))


class ShapeOfABatch(keras.layers.Layer):
    def call(self, x):
        return x + np.random.uniform(size=x.shape)


def shape_of_an_input():
    return ShapeOfABatch()(keras.Input((3,)))


class HalfABatch(keras.layers.Layer):
    def call(self, x):
        return x / (0.5 * x.shape[0])


def half_of_an_input():
    return HalfABatch()(keras.Input((3,)))


class ZerosOfABatch(keras.layers.Layer):
    def call(self, x):
        return x + keras.ops.zeros(x.shape)


def zeros_of_an_input():
    return ZerosOfABatch()(keras.Input((3,)))


class TimesNothing(keras.layers.Layer):
    rate = None

    def call(self, x):
        return x * (self.rate * x.shape[1])


def nothing_times_a_known_size():
    return TimesNothing()(keras.Input((3,)))


def range_of_an_input():
    return sum(range(keras.Input((3,)).shape[0]))


class L2Norm(keras.regularizers.Regularizer):
    def __call__(self, x):
        total = np.sum(x)
        assert total < 0
        return total


class Refuses(keras.layers.Layer):
    def __init__(self, rate=2):
        super().__init__()
        self.half = rate / 2
        assert 0 <= rate < 1, "rate"


def asserts_a_result(x):
    total = np.sum(x)
    assert x is None or total < 0


def caught():
    try:
        {}["val_loss"]
    except Exception as error:
        raise RuntimeError("diagnose failed") from error


def raised_again():
    try:
        {}["val_loss"]
    except KeyError:
        raise RuntimeError("diagnose failed")


def raised_from_none():
    try:
        {}["val_loss"]
    except KeyError:
        raise RuntimeError("diagnose failed") from None


def raised_with_its_words():
    try:
        {}["val_loss"]
    except KeyError as error:
        raise RuntimeError(f"no {error}") from error


def fails_while_handling(x):
    try:
        {}["val_loss"]
    except KeyError:
        return x.sped


def caused_by_none():
    try:
        None + 1
    except TypeError as error:
        raise RuntimeError("x" * 300) from error


def long_cause():
    try:
        raise ValueError("y" * 1000)
    except ValueError as error:
        raise RuntimeError("long") from error


@tf.autograph.experimental.do_not_convert
def iterates(x):
    for row in x:
        pass


def backend_function(x):
    return keras.backend.function([x], [x])


def backend_session(x):
    return keras.backend.get_session()


def backend_placeholder(x):
    from keras.backend import placeholder


def never_in_backend(x):
    return keras.backend.matmul(x, x)


async def awaited(x):
    return 1


def takes_the_result_of_awaited(x):
    result = awaited(x)
    try:
        return float(result)
    finally:
        result.close()




class MisspeltStep(keras.optimizers.Optimizer):
    def update_steps(self, gradient, variable, learning_rate):
        self.assign_sub(variable, gradient)


class SingleUnderscores(keras.layers.Layer):
    def _init_(self, rate):
        super().__init__()
        self.rate = rate


class VariableFirst(keras.optimizers.Optimizer):
    def update_step(self, variable, gradient, learning_rate):
        self.assign(variable, self._get_variable_index(variable) * gradient)


class Untrained(keras.layers.Layer):
    def call(self, inputs):
        return inputs if training else -inputs


class NotMade(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = Misspelt

    def call(self, x):
        return self.inner.call(x)


def power(x):
    return tf.constant(x) ^ 2


def power_of_a_variable(x):
    return tf.reduce_sum(keras.Variable(x) ^ 2)


def index_of_the_variable(x):
    return [keras.Variable(x), keras.Variable(x)].index(keras.Variable(x))


def every_row_of_a_variable(x):
    rows = keras.Variable(x)
    return [row for row in rows]


def rows_beyond_the_end(x):
    return [tf.constant(x)[index] for index in [0, len(x)]]


def another_truth_value(x):
    return x > 0 and len(x) in [1, 2]


def made_of_nothing(x):
    class Silent:
        def get_config(self):
            self.rate = x

    return Silent(**Silent().get_config())


def raises_a_text(x):
    raise "choose a rate"


def calls_itself(x):
    return calls_itself(x)


def half_of_the_rows(x):
    return range(len(x) / 2)


def method_of_an_array(x):
    return tf.constant(x).mean()


def backward(x):
    tf.constant(x).backward()


def step(x):
    keras.optimizers.SGD().step()


def method_with_advice(x):
    return tf.constant(x).reshape(-1)


def index_of_a_variable(x):
    variable = keras.Variable(x)
    variable[0] = 1.0


def formatted(x):
    return f"{tf.reduce_sum(x):.2f}"


def no_variable(x):
    keras.optimizers.SGD().build([x])


def asserts(x):
    assert x is None, "choose a rate"


def unpacks(x):
    a, b = [x, x, x]
"""

X = np.ones((4, 3), "float32")


@pytest.fixture(scope="module")
def errors() -> Any:
    from autograder.probing import errors

    return errors


@pytest.fixture(scope="module")
def code() -> Any:
    linecache.cache[FILE] = (len(SOURCE), None, SOURCE.splitlines(keepends=True), FILE)
    module = types.ModuleType("submission")
    exec(compile(SOURCE, FILE, "exec"), vars(module))
    return module


def label(file: str) -> str:
    return "cell 7" if file == FILE else ""


RAISED: dict[tuple[str, str], BaseException] = {}


def run(code: Any, name: str, how: str) -> BaseException:
    """The exception that comes of a layer, an optimizer or a function that is run in this way."""
    if (name, how) not in RAISED:  # a fit takes a second
        RAISED[name, how] = raised_by(code, name, how)
    return RAISED[name, how]


def raised_by(code: Any, name: str, how: str) -> BaseException:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - which one is what is tested
        WAYS[how](getattr(code, name))
    return raised.value


def fitted(layers: list[Any], optimizer: Any) -> None:
    import keras

    model = keras.Sequential([keras.Input((3,)), *layers])
    model.compile(optimizer, "mse")
    model.fit(X, X[:, :1], verbose=0)


def saved(layer: Any) -> None:
    import keras

    from autograder.probing.kit import saved_and_loaded

    model = keras.Sequential([keras.Input((3,)), layer(0.5)])
    model.compile("sgd", "mse")
    saved_and_loaded(model, **{layer.__name__: layer})


def saved_within(regularizer: Any) -> None:
    import keras

    from autograder.probing.kit import saved_and_loaded

    layer = keras.layers.Dense(1, kernel_regularizer=regularizer())
    model = keras.Sequential([keras.Input((3,)), layer])
    saved_and_loaded(model, **{regularizer.__name__: regularizer})


def compiled(function: Any) -> None:
    import tensorflow as tf

    tf.function(function)(tf.constant(X))


def applied(optimizer: Any, *, in_graph: bool) -> None:
    import keras
    import tensorflow as tf

    made, variable = optimizer(learning_rate=0.1), keras.Variable(np.ones(3, "float32"))
    made.build([variable])
    update = lambda gradient: made.apply([gradient], [variable])  # noqa: E731 - as probes do it
    (tf.function(update) if in_graph else update)(tf.ones(3))


def dense() -> Any:
    import keras

    return keras.layers.Dense(1)


WAYS: dict[str, Callable[[Any], None]] = {
    "function": lambda function: function(X) if function.__code__.co_argcount else function(),
    "tf.function of a function": compiled,
    "eager": lambda layer: layer()(X),
    "tf.function": lambda layer: compiled(layer()),
    "fit": lambda layer: fitted([layer(), dense()], "sgd"),
    "saved": saved,
    "configured": lambda cls: cls().get_config(),
    "in a saved model": saved_within,
    "rebuilt": lambda optimizer: optimizer(),
    "apply": lambda optimizer: applied(optimizer, in_graph=False),
    "apply, tf.function": lambda optimizer: applied(optimizer, in_graph=True),
    "fit with it": lambda optimizer: fitted([dense()], optimizer(learning_rate=0.1)),
}
LAYER_WAYS = ("eager", "tf.function", "fit")
GRAPH_WAYS = LAYER_WAYS[1:]
OPTIMIZER_WAYS = ("apply", "apply, tf.function", "fit with it")

SAID = [
    ("NumPy", ("tf.function", "fit"), "NotImplementedError: Cannot convert a symbolic"),
    ("Reads", GRAPH_WAYS, "AttributeError: 'SymbolicTensor' object has no attribute 'numpy'"),
    ("Shape", ("eager",), "InvalidArgumentError: Incompatible shapes: [4,3] vs. [7,5]"),
    ("Shape", ("tf.function",), "ValueError: Dimensions must be equal, but are 4 and 7 with input"),
    ("Shape", ("fit",), "ValueError: Dimensions must be equal, but are 3 and 5 with input shapes"),
    ("Misspelt", LAYER_WAYS, "AttributeError: 'Misspelt' object has no attribute 'sped'"),
    ("Lookup", LAYER_WAYS, "KeyError: weights"),
    ("Keyword", ("eager",), "TypeError: mean() got an unexpected keyword argument 'axes'"),
    ("Outer", LAYER_WAYS, "AttributeError: 'Misspelt' object has no attribute 'sped'"),
    ("Stub", ("tf.function", "fit"), "NotImplementedError: Stub.call: return x."),
    (
        "Rate",
        ("saved",),
        "TypeError: Rate.__init__() got an unexpected keyword argument 'trainable' (while Keras "
        "rebuilds Rate from its configuration)",
    ),
    ("NoSlot", OPTIMIZER_WAYS, "AttributeError: 'NoSlot' object has no attribute 'velocities'"),
    ("Forgets", OPTIMIZER_WAYS, "NotImplementedError"),
    (
        "BuiltForOthers",
        ("apply",),
        "ValueError: Unknown variable: variable",
    ),
    ("fails_in_the_graph", ("function",), "InvalidArgumentError: Incompatible shapes: [3] vs. [4]"),
    ("caught", ("function",), "RuntimeError: diagnose failed (from KeyError: val_loss)"),
    ("raised_again", ("function",), "RuntimeError: diagnose failed (from KeyError: val_loss)"),
    (
        "iterates",
        ("tf.function of a function",),
        "OperatorNotAllowedInGraphError: Iterating over a symbolic `tf.Tensor` is not allowed",
    ),
    (
        "Unwritten",
        OPTIMIZER_WAYS,
        "NotImplementedError: Unwritten.update_step: move the variable.",
    ),
]
CASES = [(name, how, text) for name, ways, text in SAID for how in ways]


@pytest.mark.parametrize(("name", "how", "text"), CASES, ids=[f"{n} {h}" for n, h, _ in CASES])
def test_what_python_said_is_the_cause_without_its_wrapping(
    name: str, how: str, text: str, code: Any, errors: Any
) -> None:
    said = errors.said(run(code, name, how))
    assert said.startswith(text)
    assert not re.search(
        r"\[1m|\[0m|Exception encountered|Arguments received|Error encountered|in user code|"
        r"File \"|\{\{|Op:|site-packages|•|<Variable path|you should recreate",
        said,
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("raised_from_none", "RuntimeError: diagnose failed"),
        ("raised_with_its_words", "RuntimeError: no 'val_loss'"),
        ("fails_while_handling", "AttributeError: 'numpy.ndarray' object has no attribute 'sped'"),
        ("long_cause", f"RuntimeError: long (from {'ValueError: ' + 'y' * 148})"),
    ],
)
def test_a_cause_is_told_once_where_it_was_raised_for_it(
    name: str, text: str, code: Any, errors: Any
) -> None:
    assert errors.said(run(code, name, "function")) == text


def test_the_advices_about_other_code_are_cut_off(code: Any, errors: Any) -> None:
    said = errors.said(run(code, "iterates", "tf.function of a function"))
    assert said.endswith("is not allowed.")
    said = errors.said(run(code, "method_with_advice", "function"))
    assert said.endswith("has no attribute 'reshape'.")


LINES = [
    ("Misspelt", LAYER_WAYS, "return self.sped * x"),
    ("Outer", LAYER_WAYS, "return self.sped * x"),
    ("Lookup", LAYER_WAYS, 'return {"weight": x}["weights"]'),
    ("NoSlot", OPTIMIZER_WAYS, "self.assign(self.velocities[0], gradient)"),
    ("fails_in_the_graph", ("function",), "return x - y"),
    ("two_dtypes", ("tf.function of a function",), "return tf.ones(3) * tf.ones(3, tf.float64)"),
]


@pytest.mark.parametrize(
    ("name", "how", "line"), [(name, how, line) for name, ways, line in LINES for how in ways]
)
def test_the_place_is_the_students_innermost_line(
    name: str, how: str, line: str, code: Any, errors: Any
) -> None:
    number = next(n for n, text in enumerate(SOURCE.splitlines(), 1) if text.strip() == line)
    place = errors.where(errors.spot(run(code, name, how), label), label)
    assert place == f"cell 7, line {number}: `{line}`"


@pytest.mark.parametrize("how", ["tf.function", *OPTIMIZER_WAYS])
def test_only_the_stubs_own_line_says_that_an_exercise_is_not_written(
    how: str, code: Any, errors: Any
) -> None:
    from autograder.probing.stubs import is_stub

    of_layers = ("Stub", "NumPy", "Axis")
    stub, *written = of_layers if how in LAYER_WAYS else ("Unwritten", "Forgets", "Sparse")
    error = run(code, stub, how)
    assert is_stub(error, errors.spot(error, label), getattr(code, stub))
    for name in written:
        error = run(code, name, how)
        assert isinstance(error, NotImplementedError)
        assert not is_stub(error, errors.spot(error, label), getattr(code, name))


def test_the_operation_does_not_depend_on_the_students_names(code: Any, errors: Any) -> None:
    from autograder.grading.fingerprint import IN_A_GRAPH

    for how in OPTIMIZER_WAYS:
        error = run(code, "NoSlot", how)
        operation = errors.operation(error, errors.spot(error, label))
        assert operation in ("update_step attribute", f"update_step {IN_A_GRAPH}")
    error = run(code, "Forgets", "apply")
    assert errors.operation(error, errors.spot(error, label)) == "outside update_step"


@pytest.mark.parametrize("how", OPTIMIZER_WAYS)
def test_one_mistake_in_two_formulas_has_one_fingerprint(how: str, code: Any, errors: Any) -> None:
    from autograder.grading.fingerprint import fingerprint
    from autograder.model import Failure, Observation

    found = []
    for name in ("Subtracts", "Adds"):
        error = run(code, name, how)
        operation = errors.operation(error, errors.spot(error, label))
        kind = type(error).__name__
        failure = Failure("raised", errors.said(error), exception=kind, operation=operation)
        found.append(fingerprint(Observation(failure=failure), None, {}))  # type: ignore[arg-type]
    assert found[0] == found[1]


MEANINGS = [
    ("NumPy", "tf.function", "tensors have no values yet, so NumPy"),
    ("Reads", "fit", "tensors have no values yet, so NumPy"),
    ("Decides", "fit", "Python cannot decide on one"),
    ("Shape", "eager", "The shapes of two tensors are incompatible"),
    ("Shape", "fit", "The shapes of two tensors are incompatible"),
    ("Assigns", "eager", "This is a tensor, not a variable"),
    ("Misspelt", "eager", ""),
    ("Keyword", "eager", ""),
    ("NoSlot", "apply", ""),
    ("Slots", "apply", "add_slot is from Keras 2. In Keras 3, an optimizer makes its variables in"),
    ("Applies", "apply", "_resource_apply_dense is from Keras 2. In Keras 3, an optimizer's up"),
    ("Applies", "fit with it", "_resource_apply_dense is from Keras 2. In Keras 3, an optimizer"),
    *(
        (
            "Unbuilt",
            how,
            "The optimizer knows no variables. Call super().build(variables) in build.",
        )
        for how in OPTIMIZER_WAYS
    ),
    ("BuiltForOthers", "apply", ""),
    ("nothing_compared", "function", "A value here is None"),
    ("size_of_a_batch", "function", "A value here is None"),
    ("size_of_an_input", "function", "inputs.shape has None for the batch"),
    ("shape_of_an_input", "function", "inputs.shape has None for the batch"),
    ("half_of_an_input", "function", "inputs.shape has None for the batch"),
    ("zeros_of_an_input", "function", "inputs.shape has None for the batch"),
    ("nothing_times_a_known_size", "function", "A value here is None. A function without"),
    ("range_of_an_input", "function", "A value here is None"),
    ("sizes", "function", "A value here is None"),
    ("L1", "configured", "The base class does not implement get_config. Do not call super()"),
    ("L1", "in a saved model", "The base class does not implement get_config. Do not call"),
    ("Bare", "configured", "Keras calls get_config, and Bare does not define it."),
    ("SelflessConfig", "configured", "of a method is self: def get_config(self)."),
    ("StepsTwice", "apply", "The base class does not implement update_step. Do not call super()"),
    ("CallsBase", "eager", "The base class does not implement call. Do not call super().call()."),
    ("NoCall", "eager", "Keras calls call, and NoCall does not define it."),
    ("Swallowed", "eager", ""),
    ("BuiltForNone", "apply", ""),
    ("Selfless", "apply", "self: def update_step(self, gradient, variable, learning_rate)."),
    ("Swapped", "apply", "Keras calls update_step with gradient, variable and learning_rate."),
    ("NamedRate", "rebuilt", ""),
    ("NamedFirst", "rebuilt", "In Keras 3, the learning rate comes first"),
    ("ReadsFirst", "eager", "self.rate is read before __init__ stores it."),
    ("StoresByName", "eager", ""),
    ("L2Norm", "eager", ""),
    ("Refuses", "eager", "Raise a ValueError to refuse an argument."),
    ("asserts_a_result", "function", ""),
    ("caused_by_none", "function", ""),
    ("fails_while_handling", "function", ""),
    (
        "backend_function",
        "function",
        "keras.backend.function is from Keras 2. In Keras 3, there is",
    ),
    ("backend_session", "function", "keras.backend.get_session is from Keras 2."),
    ("backend_placeholder", "function", "keras.backend.placeholder is from Keras 2."),
    ("never_in_backend", "function", ""),
    ("config_not_returned", "function", "A method without a return statement returns None."),
    ("takes_the_result_of_awaited", "function", "begins with async def returns a coroutine."),
    ("MisspeltStep", "apply", "Keras calls update_step, but MisspeltStep defines update_steps."),
    ("SingleUnderscores", "saved", "Python calls __init__, but SingleUnderscores defines _init_."),
    *(("VariableFirst", how, "Keras passes the gradient first:") for how in OPTIMIZER_WAYS),
    *(("Untrained", how, "call: def call(self, inputs, training=False).") for how in LAYER_WAYS),
    ("NotMade", "eager", "self.inner is a class. Make an object: Misspelt()."),
    ("power", "function", "^ is not a power in Python. Write ** 2"),
    ("power_of_a_variable", "function", "^ is not a power in Python. Write ** 2"),
    ("index_of_the_variable", "function", "in and index compare arrays by their numbers."),
    ("every_row_of_a_variable", "function", "A loop over a variable asks for a row beyond"),
    ("rows_beyond_the_end", "function", ""),
    ("another_truth_value", "function", ""),
    ("made_of_nothing", "function", "A method without a return statement, such as get_config,"),
    ("raises_a_text", "function", "Raise an exception, not a text: raise ValueError(...)."),
    ("calls_itself", "function", "A function calls itself too often."),
    ("half_of_the_rows", "function", "An integer is needed here. / always gives a float"),
    (
        "method_of_an_array",
        "function",
        "Tensors and variables have no mean here. Use keras.ops.mean.",
    ),
    ("backward", "function", "backward is from PyTorch."),
    ("step", "function", "step and zero_grad are from PyTorch."),
    (
        "method_with_advice",
        "function",
        "Tensors and variables have no reshape here. Use keras.ops.r",
    ),
    ("index_of_a_variable", "function", "A variable cannot be changed through an index."),
    ("formatted", "tf.function of a function", "tensors have no values yet"),
    ("no_variable", "function", "An optimizer changes variables only."),
    ("asserts", "function", "A failed assert is an AssertionError."),
    ("unpacks", "function", ""),
    *(
        ("Forgotten", how, "Store the argument in __init__: self.rate = rate.")
        for how in LAYER_WAYS
    ),
    *(("Unreachable", how, "is known only there. Read self.rate.") for how in LAYER_WAYS),
    ("Unstored", "eager", "is known only there. Store it, and read self.rate."),
    ("matrix_by_vector", "function", "keras.ops.matmul also takes a vector."),
    ("Forgets", "apply", "Keras calls update_step, and Forgets does not define it."),
    ("Short", "apply", "In Keras 3, it is update_step(self, gradient, variable, learning_rate)"),
    ("backend", "function", "keras.backend.square is from Keras 2. In Keras 3, it is keras.ops.sq"),
    ("learning_phase", "function", "In Keras 3, a layer's call gets the argument training."),
    ("random_uniform", "function", "In Keras 3, such functions are in keras.random."),
    ("update_add", "function", "In Keras 3, a variable is changed with its method assign."),
    ("without_gradients", "function", "Every gradient is None."),
    ("unknown_name", "function", ""),
    ("no_backend", "function", ""),
    ("named_first", "function", "In Keras 3, the learning rate comes first"),
    (
        "short_rate",
        "function",
        "The argument lr is from Keras 2. In Keras 3, it is called learning",
    ),
    ("BaseWithLr", "rebuilt", "The argument lr is from Keras 2. In Keras 3, it is called learning"),
    ("reference_by_its_old_name", "function", "it is called reference_variable"),
    ("two_dtypes", "function", "Two tensors have different dtypes"),
    ("in_place", "function", "A tensor cannot be changed in place"),
    ("out_of_scope", "function", "A tensor was kept from one call of a tf.function"),
    ("nothing_returned", "function", "A value here is None"),
]


@pytest.mark.parametrize(
    ("name", "how", "text"), MEANINGS, ids=[f"{n} {h}" for n, h, _ in MEANINGS]
)
def test_what_it_usually_means_is_said_where_it_is_certain(
    name: str, how: str, text: str, code: Any, errors: Any
) -> None:
    from autograder.probing.meanings import meaning

    error = run(code, name, how)
    found = meaning(errors.said(error), error, getattr(code, name))
    assert text in found
    assert bool(text) == bool(found)


@pytest.mark.parametrize(
    ("returned", "expected"),
    [([1, 2, 3], "2 values"), ([1], "2 values"), (None, "several values")],
)
def test_a_check_that_takes_two_values_says_so(returned: Any, expected: str) -> None:
    from autograder.probing.meanings import meaning

    probe = types.ModuleType("autograder_probe")
    exec("def probe(target):\n    mean, deviation = target(3)", vars(probe))

    def mc_predict(x: int) -> Any:
        return returned

    with pytest.raises(Exception) as raised:  # noqa: PT011 - which one is what is tested
        vars(probe)["probe"](mc_predict)
    means = meaning(str(raised.value), raised.value, mc_predict)
    assert means == f"This check expects {expected} from mc_predict."


def test_a_result_that_is_a_generator_is_told_of_its_yield() -> None:
    from autograder.probing.meanings import meaning

    def best_epoch(history: list[float]) -> Any:
        yield 0

    for name, begins in (("best_epoch", "best_epoch is a generator, because it"), ("sizes", "")):
        error = TypeError(f"expected a number, got <generator object {name} at 0x7f2b")
        found = meaning(str(error), error, best_epoch)
        assert found.startswith(begins)
        assert bool(found) == bool(begins)
