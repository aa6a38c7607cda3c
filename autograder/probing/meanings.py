"""What a very common error usually means, where that is certain; most errors have no entry.

Code that was written for Keras 2 is told so, only where it failed for that reason.
"""

from __future__ import annotations

import contextlib
import inspect
import linecache
import re
import types
from collections.abc import Collection

_NO_VALUES = (
    "Inside tf.function and fit, tensors have no values yet, so NumPy, .numpy() and float() cannot "
    "read them. Compute with keras.ops instead."
)

_MEANINGS = (
    (r"Cannot convert a symbolic \S+ to a numpy array", _NO_VALUES),
    (r"numpy\(\) is only available when eager execution is enabled", _NO_VALUES),
    (r"'SymbolicTensor' object has no attribute 'numpy'", _NO_VALUES),
    (r"A KerasTensor is symbolic.*cannot convert it to a NumPy array", _NO_VALUES),
    (
        r"Using a symbolic `tf\.Tensor` as a Python `bool` is not allowed",
        "Inside tf.function and fit, tensors have no values yet, so Python cannot decide on one "
        "with if, while, and, or. Use keras.ops.where or keras.ops.cond instead.",
    ),
    (
        r"Incompatible shapes: \[|Dimensions must be equal, but are ",
        "The shapes of two tensors are incompatible. Print both shapes to see which one is wrong.",
    ),
    (
        r"was expected to be a \w+ tensor but is a \w+ tensor",
        "Two tensors have different dtypes. Convert one with keras.ops.cast.",
    ),
    (
        r"Tensor' object has no attribute 'assign",
        "This is a tensor, not a variable: only variables can be assigned to. Arithmetic on a "
        "variable returns a tensor.",
    ),
    (
        r"Tensor' object does not support item assignment",
        "A tensor cannot be changed in place. Compute a new one, as with keras.ops.where.",
    ),
    (
        r"No gradients provided for any variable",
        "Every gradient is None. A tape records only what is computed inside its with block, by "
        "TensorFlow or keras.ops and not by NumPy.",
    ),
    (
        r"is out of scope and cannot be used here",
        "A tensor was kept from one call of a tf.function to the next. Keep what must last in a "
        "variable, and change it with assign.",
    ),
    (
        r"'NoneType' object cannot be interpreted as an integer",
        "A size here is None. Inside tf.function and fit, inputs.shape has None for the batch; "
        "keras.ops.shape(inputs) has its size.",
    ),
    (
        r"unsupported operand type\(s\) for [^:]*: .*'NoneType'|argument of type 'NoneType'"
        r"|not supported between instances of .*'NoneType'|'NoneType' object ",
        "A value here is None. A function without a return statement returns None, and so does a "
        "dictionary's get for a missing key.",
    ),
    (
        r"`get_config\(\)` method of .* It returned: None",
        "A method without a return statement returns None.",
    ),
    (
        r"In\[0\] and In\[1\] has different ndims|In\[\d\] ndims must be >= 2",
        "TensorFlow's @ multiplies matrices only. keras.ops.matmul also takes a vector.",
    ),
    (r"^NameError: name 'tf' is not defined", "Import it first: import tensorflow as tf."),
    (r"^NameError: name 'np' is not defined", "Import it first: import numpy as np."),
    (r"^NameError: name 'keras' is not defined", "Import it first: import keras."),
    (r"^NameError: name 'ops' is not defined", "Import it first: from keras import ops."),
    (
        r"<coroutine object|'coroutine'",
        "A function that begins with async def returns a coroutine. Write def instead.",
    ),
)

_KERAS_2_ATTRIBUTES = {
    "add_slot": "an optimizer makes its variables in build, with add_variable_from_reference",
    "get_slot": "an optimizer keeps its variables in attributes or lists that you make in build",
    "_create_slots": "an optimizer makes its variables in build",
    "_set_hyper": "a hyper-parameter is an ordinary attribute that __init__ stores",
    "_get_hyper": "a hyper-parameter is an ordinary attribute that __init__ stores",
    "_create_hypers": "a hyper-parameter is an ordinary attribute that __init__ stores",
    "_serialize_hyperparameter": "get_config reads the attributes that __init__ stored",
    "_decayed_lr": "update_step gets the learning rate as an argument",
    "_var_key": "_get_variable_index(variable) finds the place of a variable",
    "_index_dict": "_get_variable_index(variable) finds the place of a variable",
    "_resource_apply_dense": "an optimizer's update is its method update_step",
    "_resource_apply_sparse": "an optimizer's update is its method update_step",
    "get_updates": "an optimizer's update is its method update_step",
    "add_update": "a layer's state is a variable, changed with assign in call",
    "add_metric": "a layer has no add_metric",
}

_KERAS_2_ARGUMENTS = {
    "lr": "learning_rate",
    "model_variable": "reference_variable",
    "variable_name": "name",
}

_ASSIGN = "a variable is changed with its method assign"
_TRAINING = "a layer's call gets the argument training"
_KERAS_2_BACKEND = {
    "update": _ASSIGN,
    "update_add": _ASSIGN,
    "update_sub": _ASSIGN,
    "moving_average_update": _ASSIGN,
    "set_value": _ASSIGN,
    "get_value": "keras.ops.convert_to_numpy reads a variable",
    "learning_phase": _TRAINING,
    "set_learning_phase": _TRAINING,
    "in_train_phase": _TRAINING,
    "in_test_phase": _TRAINING,
}

_KERAS_2_MODULES = (
    "engine",
    "layers.advanced_activations",
    "layers.convolutional",
    "layers.core",
    "layers.merge",
    "layers.normalization",
    "layers.recurrent",
    "optimizer_v2",
    "optimizers.optimizer_v2",
    "utils.np_utils",
    "utils.generic_utils",
)


def meaning(said: str, error: BaseException, target: object) -> str:
    """One or two sentences on what an error usually means; "" where that is not certain.

    Args:
        said: the error's message without its wrapping; see `autograder.probing.errors.said`.
        target: the class or function that was run.
    """
    what, now = _keras_2(said, error, target)
    if now:
        return f"{what} is from Keras 2. In Keras 3, {now}."
    if method := _left_out(error):
        return f"Keras calls {method}, and this class does not define it."
    if "Unknown variable: " in said and _build_left_out(error):
        return "The optimizer knows no variables. Call super().build(variables) in build."
    name = getattr(target, "__name__", "your code")
    if f"<generator object {name}" in said:
        return f"{name} is a generator, because it has a yield statement. Write return instead."
    if (count := re.search(_UNPACKED, said)) and _module(_last(error)) == "autograder_probe":
        return f"This check expects {count[1] or 'several'} values from {name}."
    if type(error) is AssertionError and _line(_last(error)).startswith("assert "):
        return "A failed assert is an AssertionError. Raise a ValueError to refuse an argument."
    if found := re.search(_NOT_STORED, said):
        if found[1] and found[1] in _given(target):
            return (
                f"An argument of __init__ is known only there. Store it, and read self.{found[1]}."
            )
        if found[2] == name and found[3] in _given(target):
            return f"Store the argument in __init__: self.{found[3]} = {found[3]}."
    return next((text for pattern, text in _MEANINGS if re.search(pattern, said)), "")


# What Python says of `a, b = function()` where the function returns something else.
_UNPACKED = re.compile(
    r"(?:too many|not enough) values to unpack \(expected (\d+)"
    r"|cannot unpack non-iterable \w+ object"
)


_NOT_STORED = re.compile(
    r"^NameError: name '(\w+)' is not defined"
    r"|^AttributeError: '(\w+)' object has no attribute '(\w+)'"
)


def _keras_2(said: str, error: BaseException, target: object) -> tuple[str, str]:
    """What of Keras 2 made the code fail, and what it is now; "" if that is not the reason."""
    if found := re.search(r"'\w+' object has no attribute '(\w+)'", said):
        return found[1], _KERAS_2_ATTRIBUTES.get(found[1], "")
    if found := re.search(r"module 'keras[\w.]*\.backend' has no attribute '(\w+)'", said):
        return f"keras.backend.{found[1]}", _was_in_backend(found[1])
    if found := re.search(_REFUSED, said):
        argument = found[1] or found[2]
        now = _KERAS_2_ARGUMENTS.get(argument, "")
        return f"The argument {argument}", f"it is called {now}" if now else ""
    if re.search(r"__init__\(\) got an unexpected keyword argument 'learning_rate'", said):
        return "The argument lr", "it is called learning_rate" if _has_lr(target) else ""
    if re.search(r"update_step\(\) takes 3 positional arguments but 4 were given", said):
        now = "it is update_step(self, gradient, variable, learning_rate)"
        return "update_step(self, gradient, variable)", now
    if found := re.search(r"Received instead: learning_rate=([A-Za-z_]\w*)$", said):
        known = found[1] not in ("None", "True", "False")
        now = "the learning rate comes first: super().__init__(learning_rate, **kwargs)"
        return "super().__init__(name, **kwargs)", now if known else ""
    if found := re.search(r"No module named '(?:tensorflow\.)?keras\.([\w.]+)'", said):
        known = found[1].startswith(_KERAS_2_MODULES)
        return f"keras.{found[1]}", "there is no such module" if known else ""
    if _left_out(error) == "update_step":
        old = [name for name in ("_resource_apply_dense", "get_updates") if hasattr(target, name)]
        return (old[0], _KERAS_2_ATTRIBUTES[old[0]]) if old else ("", "")
    return "", ""


# Of Keras' own functions: a function of the student's may call its arguments as it likes.
_REFUSED = re.compile(
    r"(?:BaseOptimizer|TFOptimizer|Optimizer)\.\w+\(\) got an unexpected keyword argument '(\w+)'"
    r"|Argument\(s\) not recognized: \{'(\w+)'"
)


def _was_in_backend(name: str) -> str:
    """Where a function of Keras 2's backend is now; "" if it had none of this name."""
    if now := _KERAS_2_BACKEND.get(name):
        return now
    try:
        from keras import ops
        from keras.src.legacy import backend  # the copy of it that Keras 3 keeps for itself
    except ImportError:
        return ""
    if name.startswith("random_"):
        return "such functions are in keras.random"
    if hasattr(ops, name):
        return f"it is keras.ops.{name}"
    return "most such functions are in keras.ops" if hasattr(backend, name) else ""


def _has_lr(target: object) -> bool:
    given = _given(target)
    return "lr" in given and "learning_rate" not in given


def _given(target: object) -> Collection[str]:
    """The names of the arguments that an object of a class is made from; () for a function."""
    if not isinstance(target, type):
        return ()
    try:
        return inspect.signature(target).parameters
    except (TypeError, ValueError):
        return ()


def _left_out(error: BaseException) -> str:
    """The method of a base class of Keras that only says that a subclass has to define it."""
    trace = _last(error)
    if not isinstance(error, NotImplementedError) or trace is None:
        return ""
    frame = trace.tb_frame
    of_keras = _module(trace).startswith("keras.")
    public = frame.f_code.co_name in ("update_step", "call", "__call__", "get_config")
    return frame.f_code.co_name if of_keras and public else ""


def _build_left_out(error: BaseException) -> bool:
    """Whether the optimizer that raised has not run the build of its base class."""
    trace = _last(error)
    owner = trace.tb_frame.f_locals.get("self") if trace else None
    with contextlib.suppress(Exception):  # what it may be: an object of the student's
        return bool(owner._trainable_variables == [])  # type: ignore[union-attr]
    return False


def _last(error: BaseException) -> types.TracebackType | None:
    """Where an exception was raised."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return trace


def _module(trace: types.TracebackType | None) -> str:
    return str(trace.tb_frame.f_globals.get("__name__", "")) if trace else ""


def _line(trace: types.TracebackType | None) -> str:
    if trace is None:
        return ""
    return linecache.getline(trace.tb_frame.f_code.co_filename, trace.tb_lineno).strip()
