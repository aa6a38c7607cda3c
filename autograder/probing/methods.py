"""Methods that Keras or Python calls: missing, misspelt, without `self`, with other arguments.

Each rule gives one or two sentences on what an error means; "" where that is not certain.
"""

from __future__ import annotations

import ast
import inspect
import re
import types
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from autograder.probing.traces import (
    base_of,
    frames,
    is_own,
    last,
    method_of,
    module_of,
    of_keras,
    statement_at,
)

_ALIKE = 0.75
"""How alike two names are, from 0 to 1, if one is a slip for the other."""


def left_out(said: str, error: BaseException, target: object) -> str:
    """A method of a base class of Keras that only says that a subclass has to define it."""
    trace = last(error)
    if not isinstance(error, NotImplementedError) or trace is None:
        return ""
    own = next((each for each in reversed(frames(error)) if is_own(each)), None)
    if own and (method := own.tb_frame.f_code.co_name) in _LEFT_OUT:
        # Keras takes frames of its own out of some tracebacks, so the last one may be this.
        base = base_of(type(own.tb_frame.f_locals.get("self")), own.tb_frame.f_code)
        refuses = base and _REFUSES & {*base.co_names}
        if refuses and _calls_super(statement_at(own), method):
            return f"The base class does not implement {method}. Do not call super().{method}()."
    cls, method = type(trace.tb_frame.f_locals.get("self")), trace.tb_frame.f_code.co_name
    if of_keras(cls) or method not in _LEFT_OUT or not module_of(trace).startswith("keras."):
        return ""
    defined = method_of(cls, method)
    if not defined or not of_keras(defined[1]):
        return ""
    if slip := _slip(cls, method):
        return f"Keras calls {method}, but {cls.__name__} defines {slip}."
    return f"Keras calls {method}, and {cls.__name__} does not define it."


_LEFT_OUT = ("update_step", "call", "__call__", "get_config")
_REFUSES = {"NotImplementedError", "_not_implemented_error"}


def _calls_super(statement: ast.stmt | None, method: str) -> bool:
    return statement is not None and any(
        isinstance(node, ast.Attribute)
        and node.attr == method
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "super"
        for node in ast.walk(statement)
    )


def _slip(cls: type, method: str) -> str:
    """A method of the student's whose name is nearly this one, and of no base class; or ""."""
    bases = [owner for owner in cls.__mro__ if of_keras(owner) or owner is object]
    own = [
        name
        for owner in cls.__mro__
        if owner not in bases
        for name, member in vars(owner).items()
        if isinstance(member, types.FunctionType) and not any(hasattr(b, name) for b in bases)
    ]
    return next(iter(get_close_matches(method, own, 1, _ALIKE)), "")


_NO_SUCH_ARGUMENT = re.compile(
    r"got an unexpected keyword argument|takes no arguments|Argument\(s\) not recognized: "
    r"|takes \d+ positional arguments? but|Unrecognized keyword arguments"
)


def init_misspelt(said: str, error: BaseException, target: object) -> str:
    """A class whose `__init__` is that of its base, beside a method with nearly that name."""
    if not re.search(_NO_SUCH_ARGUMENT, said) or not isinstance(target, type):
        return ""
    if any("__init__" in vars(owner) for owner in target.__mro__ if _is_own_class(owner)):
        return ""
    slip = _slip(target, "__init__")
    return f"Python calls __init__, but {target.__name__} defines {slip}." if slip else ""


def _is_own_class(owner: type) -> bool:
    return not of_keras(owner) and owner is not object


_TAKES = re.compile(
    r"^TypeError: (?:[\w.<>]*\.)?(\w+)\.(\w+)\(\) takes (?:from \d+ to )?(\d+) positional "
    r"arguments? but (\d+) w"
)


def self_left_out(said: str, error: BaseException, target: object) -> str:
    """A method without `self`, or one that Keras calls with other arguments."""
    if not (found := re.search(_TAKES, said)) or not isinstance(target, type):
        return ""
    method, takes, got = found[2], int(found[3]), int(found[4])
    defined = method_of(target, method)
    if found[1] != target.__name__ or not defined or takes + 1 != got:
        return ""
    code = defined[0]
    names = code.co_varnames[: code.co_argcount]
    uses_self = "self" in code.co_names
    if "self" not in names and (not names or uses_self or names[0] in _NEVER_SELF):
        written = ", ".join(("self", *names))
        return f"The first parameter of a method is self: def {method}({written})."
    if method in _CALLED and names[:1] == ("self",) and "keras." in module_of(last(error)):
        return f"Keras calls {method} with {_CALLED[method]}."
    return ""


_NEVER_SELF = ("gradient", "grad", "variable", "variables", "inputs", "input_shape", "weights")

_CALLED = {
    "update_step": "gradient, variable and learning_rate",
    "on_epoch_begin": "epoch and logs",
    "on_epoch_end": "epoch and logs",
}


def swapped(said: str, error: BaseException, target: object) -> str:
    """An `update_step` whose parameters are, by their names, in another order than Keras'."""
    if not isinstance(target, type) or not (found := method_of(target, "update_step")):
        return ""
    names = found[0].co_varnames[: found[0].co_argcount]
    if not re.match(r"self v(ar\w*)? g(rad\w*)?\b", " ".join(names)):
        return ""
    if all(trace.tb_frame.f_code is not found[0] for trace in frames(error)):
        return ""
    return "Keras passes the gradient first: def update_step(self, gradient, variable, ...)."


def parameter_left_out(said: str, error: BaseException, target: object) -> str:
    """A method that reads what Keras passes to it, which is not among its parameters."""
    found, trace = re.match(r"NameError: name '(\w+)' is not defined", said), last(error)
    if not found or trace is None or not is_own(trace):
        return ""
    code = trace.tb_frame.f_code
    names = code.co_varnames[: code.co_argcount]
    parameter = _PASSED.get((code.co_name, found[1]))
    if parameter is None or names[:1] != ("self",) or found[1] in names:
        return ""
    written = ", ".join((*names, parameter))
    return f"Keras passes it to {code.co_name}: def {code.co_name}({written})."


_PASSED = {
    ("call", "training"): "training=False",
    ("build", "input_shape"): "input_shape",
    ("build", "variables"): "variables",
    ("update_step", "learning_rate"): "learning_rate",
    ("on_epoch_end", "logs"): "logs=None",
}


def build_left_out(said: str, error: BaseException, target: object) -> str:
    """An optimizer, the exercise itself, whose build does not run that of the base class."""
    trace = last(error)
    if "Unknown variable: " not in said or trace is None or not isinstance(target, type):
        return ""
    owner = trace.tb_frame.f_locals.get("self")
    build = method_of(target, "build")
    if not isinstance(owner, target) or build is None or of_keras(build[1]):
        return ""
    has_run = bool(owner.built)  # type: ignore[attr-defined]
    if not has_run or "build" in build[0].co_names or owner._trainable_variables:  # type: ignore[attr-defined]
        return ""
    return "The optimizer knows no variables. Call super().build(variables) in build."


def of_a_class(said: str, error: BaseException, target: object) -> str:
    """A method called on a class, where an object of it was meant."""
    if not re.search(r"missing \d+ required positional arguments?: ", said):
        return ""
    own = next((trace for trace in reversed(frames(error)) if is_own(trace)), None)
    statement = statement_at(own)
    for node in ast.walk(statement) if own and statement else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = _value(node.func.value, own.tb_frame.f_locals) if own else None
            if isinstance(of, type) and isinstance(vars(of).get(node.func.attr), _METHODS):
                return (
                    f"{ast.unparse(node.func.value)} is a class. Make an object: {of.__name__}()."
                )
    return ""


_METHODS = types.FunctionType


def _value(node: ast.expr, names: Mapping[str, Any]) -> object:
    """What `name` or `self.name` is; None if that is not known without running anything."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return inspect.getattr_static(names.get(node.value.id), node.attr, None)
    return None
