"""What a very common error usually means, where that is certain; most errors have no entry."""

from __future__ import annotations

import ast
import contextlib
import dis
import re
import types

from autograder.probing.errors import origin
from autograder.probing.keras_2 import of_keras_2
from autograder.probing.methods import (
    build_left_out,
    init_misspelt,
    left_out,
    of_a_class,
    parameter_left_out,
    self_left_out,
    swapped,
)
from autograder.probing.sizes import unknown_size
from autograder.probing.traces import (
    expression_at,
    frames,
    given,
    is_own,
    last,
    may_store,
    method_of,
    module_of,
    statement_at,
    stored_at,
)

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
        r"Variable' object does not support item assignment",
        "A variable cannot be changed through an index. Compute the whole new value and assign it.",
    ),
    (
        r"object has no attribute '_unique_id'",
        "An optimizer changes variables only. Make one with keras.Variable(...).",
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
        r"argument after \*\* must be a mapping, not NoneType",
        "A method without a return statement, such as get_config, returns None.",
    ),
    (
        r"In\[0\] and In\[1\] has different ndims|In\[\d\] ndims must be >= 2",
        "TensorFlow's @ multiplies matrices only. keras.ops.matmul also takes a vector.",
    ),
    (
        r"^RecursionError: ",
        "A function calls itself too often. Does the condition that should stop it ever hold?",
    ),
    (r"^SystemExit", "exit() ends the whole program. To leave a function, use return."),
    (
        r"^EOFError: EOF when reading a line",
        "input() gets no answer while a check runs. Use the arguments of the function.",
    ),
    (
        r"exceptions must derive from BaseException",
        "Raise an exception, not a text: raise ValueError(...).",
    ),
    (
        r"'float' object cannot be interpreted as an integer",
        "An integer is needed here. / always gives a float; // of two integers gives an integer.",
    ),
    (
        r"Tensor' object has no attribute 'backward'",
        "backward is from PyTorch. Here, tape.gradient(loss, variables) returns the gradients.",
    ),
    (
        r"^AttributeError: '(?:SGD|Adam|AdamW|RMSprop)' object has no attribute '(step|zero_grad)'",
        "step and zero_grad are from PyTorch. Here, optimizer.apply(gradients, variables) makes an "
        "update.",
    ),
    (r"unsupported format string passed to Symbolic", _NO_VALUES),
    (r"^NameError: name 'tf' is not defined", "Import it first: import tensorflow as tf."),
    (r"^NameError: name 'np' is not defined", "Import it first: import numpy as np."),
    (r"^NameError: name 'keras' is not defined", "Import it first: import keras."),
    (r"^NameError: name 'ops' is not defined", "Import it first: from keras import ops."),
    (
        r"<coroutine object|'coroutine'",
        "A function that begins with async def returns a coroutine. Write def instead.",
    ),
)


def meaning(said: str, error: BaseException, target: object) -> str:
    """One or two sentences on what an error usually means; "" where that is not certain.

    Args:
        said: the error's message without its wrapping; see `autograder.probing.errors.said`.
        target: the class or function that was run.
    """
    said = said.removesuffix(origin(error))
    what, now = of_keras_2(said, error, target)
    if now:
        return f"{what} is from Keras 2. In Keras 3, {now}."
    name = getattr(target, "__name__", "your code")
    if f"<generator object {name}" in said:
        return f"{name} is a generator, because it has a yield statement. Write return instead."
    if (count := re.search(_UNPACKED, said)) and module_of(last(error)) == "autograder_probe":
        return f"This check expects {count[1] or 'several'} values from {name}."
    with contextlib.suppress(Exception):  # what is read may be objects of the student's
        for rule in _RULES:
            if means := rule(said, error, target):
                return means
    return next((text for pattern, text in _MEANINGS if re.search(pattern, said)), "")


# What Python says of `a, b = function()` where the function returns something else.
_UNPACKED = re.compile(
    r"(?:too many|not enough) values to unpack \(expected (\d+)"
    r"|cannot unpack non-iterable \w+ object"
)


def _refused(said: str, error: BaseException, target: object) -> str:
    """An assert about an argument: in `__init__`, or at the very start of a function."""
    trace = last(error)
    statement = statement_at(trace)
    if type(error) is not AssertionError or trace is None or not isinstance(statement, ast.Assert):
        return ""
    code = trace.tb_frame.f_code
    if isinstance(target, type):
        if (found := method_of(target, "__init__")) is None or found[0] is not code:
            return ""
    elif getattr(target, "__code__", None) is not code or any(
        step.opname.startswith("STORE_") and step.offset < trace.tb_lasti
        for step in dis.get_instructions(code)
    ):
        return ""
    arguments = {*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]} - {"self"}
    names = {node.id for node in ast.walk(statement.test) if isinstance(node, ast.Name)}
    if not names & arguments:
        return ""
    return "A failed assert is an AssertionError. Raise a ValueError to refuse an argument."


_NOT_STORED = re.compile(
    r"^NameError: name '(\w+)' is not defined"
    r"|^AttributeError: '(\w+)' object has no attribute '(\w+)'"
)


def _not_stored(said: str, error: BaseException, target: object) -> str:
    """An argument of `__init__` that another method lacks."""
    if not (found := re.search(_NOT_STORED, said)) or not isinstance(target, type):
        return ""
    argument = found[1] or found[3]
    if argument not in given(target):
        return ""
    stored = may_store(target, argument)
    if found[1]:
        trace = last(error)
        if is_own(trace) and trace and trace.tb_frame.f_code.co_varnames[:1] != ("self",):
            return ""  # not in a method
        store = "R" if stored else "Store it, and r"
        return f"An argument of __init__ is known only there. {store}ead self.{argument}."
    if found[2] != target.__name__:
        return ""
    if not stored:
        return f"Store the argument in __init__: self.{argument} = {argument}."
    init = method_of(target, "__init__")
    for trace in frames(error):
        if init and trace.tb_frame.f_code is init[0]:
            places = stored_at(init[0], argument)
            if places and min(places) > trace.tb_lasti:
                return f"self.{argument} is read before __init__ stores it."
    return ""


def _power(said: str, error: BaseException, target: object) -> str:
    """`x ^ 2`, which is no power in Python."""
    statement = statement_at(_own(error))
    if statement is None or not re.search(
        r"\^|[Xx]or|LogicalOr|Bitwise|bitwise|list of allowed values", said
    ):
        return ""
    if any(
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor)
        for node in ast.walk(statement)
    ):
        return "^ is not a power in Python. Write ** 2, or keras.ops.square."
    return ""


def _looks_for_a_variable(said: str, error: BaseException, target: object) -> str:
    """`variables.index(variable)` and `variable in variables`, which compare numbers."""
    if "truth value of an array" not in said:
        return ""
    match expression_at(_own(error)):
        case ast.Call(func=ast.Attribute(attr="index")) | ast.Compare(ops=[ast.In() | ast.NotIn()]):
            return (
                "in and index compare arrays by their numbers. An optimizer finds a variable with "
                "self._get_variable_index(variable)."
            )
    return ""


def _loops_over_a_variable(said: str, error: BaseException, target: object) -> str:
    """`for row in variable`, which asks for one row too many."""
    own = _own(error)
    if not own or not re.search(r"slice index \d+ of dimension 0 out of bounds", said):
        return ""
    step = next(s for s in dis.get_instructions(own.tb_frame.f_code) if s.offset == own.tb_lasti)
    if step.opname != "FOR_ITER":
        return ""
    return "A loop over a variable asks for a row beyond the last one. Use keras.ops.unstack."


def _own(error: BaseException) -> types.TracebackType | None:
    """Where the student's code was last."""
    return next((trace for trace in reversed(frames(error)) if is_own(trace)), None)


def _op_of_a_tensor(said: str, error: BaseException, target: object) -> str:
    """A method that tensors of PyTorch or arrays of NumPy have, and those of TensorFlow lack."""
    found = re.search(r"(?:Tensor|Variable)'? object has no attribute '(\w+)'", said)
    if not found:
        return ""
    from keras import ops

    asked = found[1]
    name = {"T": "transpose", "astype": "cast"}.get(asked, asked)
    has = callable(getattr(ops, name, None))  # it has modules, too
    return f"Tensors and variables have no {asked} here. Use keras.ops.{name}." if has else ""


_RULES = (
    left_out,
    init_misspelt,
    self_left_out,
    swapped,
    parameter_left_out,
    _refused,
    _not_stored,
    build_left_out,
    of_a_class,
    unknown_size,
    _power,
    _looks_for_a_variable,
    _loops_over_a_variable,
    _op_of_a_tensor,
)
