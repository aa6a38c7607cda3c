"""Notice an implementation that delegates its work to what already is the exercise."""

from __future__ import annotations

import contextlib
import gc
import importlib
import sys
import types
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_remembered: weakref.WeakSet[types.FunctionType] = weakref.WeakSet()


def remember_functions() -> None:
    """Note the functions that exist, and freeze all objects: nobody looks through them again.

    Only for a process that answers a few probes: what is frozen in a circle is never freed.
    """
    _remembered.update(_new_functions())
    gc.collect()
    gc.freeze()


def _new_functions() -> list[types.FunctionType]:
    return [found for found in gc.get_objects() if type(found) is types.FunctionType]


@contextlib.contextmanager
def refused(forbidden: Sequence[str], target: Any) -> Iterator[list[str]]:
    """While a probe runs, what already is this exercise refuses to work.

    The code of the ``forbidden`` functions, and of every method of the ``forbidden`` classes, is
    exchanged for code that raises. The objects stay the same, so it does not matter under which
    name, alias or import the implementation holds them, or whether it has borrowed a method.
    Copies that were loaded from the same file are found too. (A copy of the library's text cannot
    be told from the student's own writing: that is a question of plagiarism, not of this function.)

    Yields:
        a list that gets a sentence as soon as one of them is used or inherited from.
    """
    used: list[str] = []
    saved: list[tuple[types.FunctionType, types.CodeType, tuple[Any, ...] | None]] = []
    refusing: dict[types.FunctionType, tuple[types.CodeType, str]] = {}
    originals: dict[types.CodeType, str] = {}

    def exchange(function: types.FunctionType, name: str) -> None:
        saved.append((function, function.__code__, function.__defaults__))
        code = _refusing(function.__code__, _sentence(name), used)
        function.__code__, function.__defaults__ = code, None
        refusing[function] = code, name

    for name in forbidden:
        found = _resolve(name)
        if found is target or (
            isinstance(target, type) and isinstance(found, type) and issubclass(target, found)
        ):
            used.append(_sentence(name))
        for function in _functions(found):
            if not hasattr(function, "__wrapped__"):  # decorators share their code
                originals[function.__code__] = name
            exchange(function, name)
    for function, name in _copies(originals):
        exchange(function, name)
    try:
        yield used
        # What the probe has loaded anew, it has used; and what has got its own code back.
        used += [_sentence(name) for _, name in _copies(originals)]
        used += [
            _sentence(name)
            for function, (code, name) in refusing.items()
            if function.__code__ is not code
        ]
    finally:
        for function, code, defaults in reversed(saved):
            function.__code__, function.__defaults__ = code, defaults


def _functions(found: Any) -> Iterator[types.FunctionType]:
    """The Python functions that do the work of a class or function, decorated ones inside out."""
    members = list(vars(found).values()) if isinstance(found, type) else [found]
    for member in members:
        while member is not None:
            member = getattr(member, "__func__", member)  # of a class method
            if isinstance(member, types.FunctionType):
                yield member
            member = getattr(member, "__wrapped__", None)


def _copies(originals: Mapping[types.CodeType, str]) -> list[tuple[types.FunctionType, str]]:
    """Functions that were made from the same lines of the same file, as by ``importlib.reload``.

    Codes are equal if they were compiled from equal text at equal line numbers. The zygote has
    frozen what was there before the fork, so there is little to look through.
    """
    return [
        (found, originals[found.__code__])
        for found in {*_remembered, *_new_functions()}
        if found.__code__ in originals
    ]


def _refusing(code: types.CodeType, sentence: str, used: list[str]) -> types.CodeType:
    """Code to exchange for ``code``: it raises, and notes that it did."""

    class AlreadyFinishedError(RuntimeError):
        def __init__(self) -> None:
            used.append(sentence)
            super().__init__(sentence)

    def refuse(*_: Any, **__: Any) -> Any:
        raise "the constant that is exchanged"  # type: ignore[misc]  # noqa: B016 - it is exchanged

    # Keras asks for the names of a constructor's arguments, and counts on the first.
    def refuse_construction(self: Any, *_: Any, **__: Any) -> Any:
        raise "the constant that is exchanged"  # type: ignore[misc]  # noqa: B016 - it is exchanged

    chosen = refuse_construction.__code__ if code.co_name == "__init__" else refuse.__code__

    # A function's code finds only names of its own module, so the exception is a constant in it;
    # and it must claim as many closure cells as the function has.
    exchanged = tuple(
        AlreadyFinishedError if isinstance(constant, str) and "exchanged" in constant else constant
        for constant in chosen.co_consts
    )
    return chosen.replace(co_consts=exchanged, co_freevars=code.co_freevars)


def _sentence(name: str) -> str:
    return f"Uses {name}, which is not allowed here. Implement it yourself."


def unknown(names: Sequence[str]) -> tuple[str, ...]:
    """The dotted names that mean nothing in the installed packages, such as a misspelt class.

    Asked of a child that has loaded no implementation, it is the author's proof that `refused` can
    refuse what an exercise forbids.
    """
    found = []
    for name in names:
        try:
            _resolve(name)
        except (AttributeError, ImportError, ValueError):
            found.append(name)
    return tuple(found)


def _resolve(name: str) -> Any:
    """What a dotted name means.

    Raises:
        AttributeError, ImportError, ValueError: nothing.
    """
    package, *parts = name.split(".")
    found: Any = (
        sys.modules[package] if package in sys.modules else importlib.import_module(package)
    )
    for part in parts:
        found = getattr(found, part)
    return found
