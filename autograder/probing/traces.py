"""Where an exception was raised, and by what: the frames of its traceback, and their source."""

from __future__ import annotations

import ast
import dis
import inspect
import linecache
import types
from collections.abc import Collection, Iterator
from types import CodeType

_OWN = ("submission", "__main__")
"""The modules of student code: the grader's, and a notebook."""

_LINES = 12
"""Lines of the longest statement that is read."""


def given(target: object) -> Collection[str]:
    """The names of the arguments that an object of a class is made from; () for a function."""
    if not isinstance(target, type):
        return ()
    try:
        return inspect.signature(target).parameters
    except (TypeError, ValueError):
        return ()


def frames(error: BaseException) -> list[types.TracebackType]:
    """What an exception passed through, the place where it was raised last."""
    found = []
    trace = error.__traceback__
    while trace:
        found.append(trace)
        trace = trace.tb_next
    return found


def last(error: BaseException) -> types.TracebackType | None:
    """Where an exception was raised."""
    return next(reversed(frames(error)), None)


def module_of(trace: types.TracebackType | None) -> str:
    """The module whose code ran there; "" if that is not known."""
    return str(trace.tb_frame.f_globals.get("__name__", "")) if trace else ""


def is_own(trace: types.TracebackType | None) -> bool:
    """Whether it is the student's code that ran there."""
    return module_of(trace) in _OWN


def statement_at(trace: types.TracebackType | None) -> ast.stmt | None:
    """The statement that ran there, or the head of one; None if its source cannot be read."""
    if trace is None:
        return None
    text = ""
    for line in range(trace.tb_lineno, trace.tb_lineno + _LINES):
        text += linecache.getline(trace.tb_frame.f_code.co_filename, line)
        text = text.lstrip()
        head = text.rstrip().endswith(":")
        try:
            return ast.parse(f"{text.rstrip()} pass" if head else text).body[0]
        except (SyntaxError, ValueError, IndexError, RecursionError, MemoryError):
            continue
    return None


def expression_at(trace: types.TracebackType | None) -> ast.expr | None:
    """The expression that ran there; None if it is not known, as in code that AutoGraph made."""
    if trace is None:
        return None
    code = trace.tb_frame.f_code
    first, end, left, right = list(code.co_positions())[trace.tb_lasti // 2]
    if first is None or end is None or left is None or right is None:
        return None
    lines = [linecache.getline(code.co_filename, line).encode() for line in range(first, end + 1)]
    lines[-1] = lines[-1][:right]  # columns count bytes
    lines[0] = lines[0][left:]
    try:
        return ast.parse(b"(" + b"".join(lines) + b")", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def method_of(cls: type, name: str) -> tuple[CodeType, type] | None:
    """The code of a method, and the class that defines it; None for what is not a function."""
    for owner in cls.__mro__:
        if name in vars(owner):
            function = vars(owner)[name]
            if not isinstance(function, types.FunctionType):
                return None
            function = inspect.unwrap(function)
            return (function.__code__, owner) if hasattr(function, "__code__") else None
    return None


def base_of(cls: type, code: CodeType) -> CodeType | None:
    """What `super()` calls in a method of a class; None if that is not of Keras."""
    if (defined := method_of(cls, code.co_name)) is None or defined[0] is not code:
        return None
    for owner in cls.__mro__[cls.__mro__.index(defined[1]) + 1 :]:
        if code.co_name in vars(owner):
            found = method_of(owner, code.co_name)
            return found[0] if found and of_keras(owner) else None
    return None


def of_keras(cls: type) -> bool:
    """Whether a class is one of Keras' own."""
    return cls.__module__.partition(".")[0] == "keras"


def stored_at(code: CodeType, attribute: str) -> list[int]:
    """The instructions that assign an attribute of this name."""
    return [
        step.offset
        for step in dis.get_instructions(code)
        if step.opname == "STORE_ATTR" and step.argval == attribute
    ]


def may_store(cls: type, attribute: str) -> bool:
    """Whether a method that is not Keras' own assigns an attribute of this name, as far as one
    can see.
    """
    for owner in cls.__mro__:
        if of_keras(owner) or owner is object:
            continue
        for member in vars(owner).values():
            code = getattr(inspect.unwrap(member) if callable(member) else member, "__code__", None)
            if isinstance(code, CodeType) and any(
                stored_at(part, attribute) or {"setattr", "__dict__", "vars"} & {*part.co_names}
                for part in _parts(code)
            ):
                return True
    return False


def _parts(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _parts(constant)
