"""Code that was written for Keras 2: what of it made the code fail, and what that is in Keras 3.

It is told so only where it failed for that reason.
"""

from __future__ import annotations

import ast
import re

from autograder.probing.traces import (
    frames,
    given,
    is_own,
    last,
    method_of,
    module_of,
    of_keras,
    statement_at,
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

# What not even the copy of Keras 2's backend has that Keras 3 keeps for itself.
_KERAS_2_BACKEND_ONLY = (
    "function",
    "placeholder",
    "is_placeholder",
    "get_session",
    "set_session",
    "get_graph",
    "get_variable_shape",
    "print_tensor",
    "manual_variable_initialization",
    "learning_phase_scope",
    "random_binomial",
)

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


def of_keras_2(said: str, error: BaseException, target: object) -> tuple[str, str]:
    """What of Keras 2 made the code fail, and what it is now; "" if that is not the reason."""
    if found := re.search(r"'\w+' object has no attribute '(\w+)'", said):
        return found[1], _KERAS_2_ATTRIBUTES.get(found[1], "")
    if found := re.search(_NOT_IN_BACKEND, said):
        name = found[1] or found[2]
        return f"keras.backend.{name}", _was_in_backend(name)
    if found := re.search(_REFUSED, said):
        argument = found[1] or found[2]
        now = _KERAS_2_ARGUMENTS.get(argument, "")
        return f"The argument {argument}", f"it is called {now}" if now else ""
    if re.search(r"__init__\(\) got an unexpected keyword argument 'learning_rate'", said):
        return "The argument lr", "it is called learning_rate" if _has_lr(target) else ""
    if re.search(r"BaseOptimizer\.__init__\(\) missing .* 'learning_rate'", said):
        return "The argument lr", "it is called learning_rate" if _passes_lr(error) else ""
    if "update_step() takes 3 positional arguments but 4 were given" in said:
        if not _is_old_update_step(target):
            return "", ""
        now = "it is update_step(self, gradient, variable, learning_rate)"
        return "update_step(self, gradient, variable)", now
    if found := re.search(r"Received instead: learning_rate=([A-Za-z_]\w*)$", said):
        known = _is_name(found[1], error)
        now = "the learning rate comes first: super().__init__(learning_rate, **kwargs)"
        return "super().__init__(name, **kwargs)", now if known else ""
    if found := re.search(r"No module named '(?:tensorflow\.)?keras\.([\w.]+)'", said):
        known = found[1].startswith(_KERAS_2_MODULES)
        return f"keras.{found[1]}", "there is no such module" if known else ""
    if _misses_update_step(error, target):
        old = [name for name in ("_resource_apply_dense", "get_updates") if hasattr(target, name)]
        return (old[0], _KERAS_2_ATTRIBUTES[old[0]]) if old else ("", "")
    return "", ""


def _misses_update_step(error: BaseException, target: object) -> bool:
    """Whether Keras called the update_step of this class, which has none of its own."""
    trace = last(error)
    if not isinstance(error, NotImplementedError) or not isinstance(target, type) or not trace:
        return False
    defined = method_of(target, "update_step")
    of_base = module_of(trace).startswith("keras.") and defined and of_keras(defined[1])
    return bool(of_base and trace.tb_frame.f_code.co_name == "update_step")


def _is_old_update_step(target: object) -> bool:
    """Whether a class has update_step(self, gradient, variable), by the names."""
    if not isinstance(target, type) or (found := method_of(target, "update_step")) is None:
        return False
    names = " ".join(found[0].co_varnames[: found[0].co_argcount])
    return re.fullmatch(r"self g(rad\w*)? v(ar\w*)?", names) is not None


def _passes_lr(error: BaseException) -> bool:
    """Whether the student's line passes an argument `lr`."""
    own = next((trace for trace in reversed(frames(error)) if is_own(trace)), None)
    statement = statement_at(own)
    return statement is not None and any(
        isinstance(node, ast.keyword) and node.arg == "lr" for node in ast.walk(statement)
    )


def _is_name(text: str, error: BaseException) -> bool:
    """Whether a call passes this text first, as the name that came first in Keras 2."""
    own = next((trace for trace in reversed(frames(error)) if is_own(trace)), None)
    statement = statement_at(own)
    for node in ast.walk(statement) if statement else ():
        if isinstance(node, ast.Call) and node.args:
            first = node.args[0]
            if isinstance(first, ast.Name) and re.fullmatch(r"_?(\w+_)?name", first.id):
                return text not in ("None", "True", "False")
            if isinstance(first, ast.Constant) and first.value == text:
                return text not in ("lr", "learning_rate")
    return False


_NOT_IN_BACKEND = re.compile(
    r"module 'keras[\w.]*\.backend' has no attribute '(\w+)'"
    r"|cannot import name '(\w+)' from 'keras\.(?:[\w.]+\.)?backend'"
)


# Of Keras' own functions: a function of the student's may call its arguments as it likes.
_REFUSED = re.compile(
    r"(?:BaseOptimizer|TFOptimizer|Optimizer)\.\w+\(\) got an unexpected keyword argument '(\w+)'"
    r"|Argument\(s\) not recognized: \{'(\w+)'"
)


def _was_in_backend(name: str) -> str:
    """Where a function of Keras 2's backend is now; "" if it had none of this name."""
    if now := _KERAS_2_BACKEND.get(name):
        return now
    if name in _KERAS_2_BACKEND_ONLY:
        return "there is no such function"
    try:
        from keras import ops
        from keras.src.legacy import backend  # the copy of it that Keras 3 keeps for itself
    except ImportError:
        return ""
    if getattr(getattr(backend, name, None), "__module__", "") != backend.__name__:
        return ""  # keras.ops has functions that the backend never had
    if name.startswith("random_"):
        return "such functions are in keras.random"
    return (
        f"it is keras.ops.{name}" if hasattr(ops, name) else "most such functions are in keras.ops"
    )


def _has_lr(target: object) -> bool:
    names = given(target)
    return "lr" in names and "learning_rate" not in names
