"""Notice an implementation that delegates its work to what already is the exercise.

A tripwire, not a wall: it shares the process of the code that it watches (see SECURITY.md).
"""

from __future__ import annotations

import contextlib
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograder.probing.copies import Original, Own, copies, original
from autograder.probing.twins import resolve, twins


class _Finished:
    """All that does the same as one forbidden name, and the code of its functions.

    Kept from the first time that it is asked for, which in a child is before any of the student's
    code has run: what that takes off a class, or puts onto it, changes nothing here.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.things: dict[int, tuple[Any, str]] = {}
        self.functions: dict[types.FunctionType, tuple[types.CodeType, str]] = {}
        self.originals: list[Original] = []
        self._modules = 0

    def look(self) -> None:
        """Search again where modules have been imported since."""
        if self._modules == len(sys.modules):
            return
        codes: dict[tuple[str, bool, tuple[str, ...]], types.CodeType] = {}
        for found, name in twins(self.name):
            if id(found) in self.things:
                continue
            self.things[id(found)] = found, name
            for function in _functions(found):
                if function in self.functions:
                    continue
                code = function.__code__
                if known := original(code, name):
                    self.originals.append(known)
                kind = name, code.co_name == "__init__", code.co_freevars
                if kind not in codes:
                    codes[kind] = _refusing(code, _sentence(name))
                self.functions[function] = codes[kind], name
        self._modules = len(sys.modules)


_finished: dict[str, _Finished] = {}

_used: list[list[str]] = []
"""What the refusals are noted in: the innermost list."""


def _all_finished(forbidden: Sequence[str]) -> list[_Finished]:
    found = [_finished.setdefault(name, _Finished(name)) for name in forbidden]
    for each in found:
        each.look()
    return found


@contextlib.contextmanager
def _exchanged(
    functions: Mapping[types.FunctionType, tuple[types.CodeType, str]],
) -> Iterator[list[str]]:
    """Functions with other code for a while; yields what notes that this code has run."""
    saved = [(function, function.__code__, function.__defaults__) for function in functions]
    used: list[str] = []
    _used.append(used)
    try:
        for function, (code, _) in functions.items():
            function.__code__, function.__defaults__ = code, None
        yield used
        used += [
            _sentence(name)
            for function, (code, name) in functions.items()
            if function.__code__ is not code  # it has got its own back
        ]
    finally:
        _used.pop()
        for function, code, defaults in saved:
            function.__code__, function.__defaults__ = code, defaults


@contextlib.contextmanager
def refused_while_loading(forbidden: Sequence[str]) -> Iterator[list[str]]:
    """While statements of a submission run, what already is this exercise refuses to work.

    A statement that uses it raises, and defines nothing. That is no verdict: a notebook may well
    compare with Keras' own class, in a constant that no probe reads. Only where a probe needs a
    name that is missing for this reason, the exercise has delegated its work.

    Yields:
        a list that gets a sentence as soon as one of them is used.
    """
    functions: dict[types.FunctionType, tuple[types.CodeType, str]] = {}
    for each in _all_finished(forbidden):
        functions |= each.functions
    with _exchanged(functions) as used:
        yield used


@contextlib.contextmanager
def refused(
    forbidden: Sequence[str], target: Any, own: Own = lambda _: False
) -> Iterator[list[str]]:
    """While a probe runs, what already is this exercise refuses to work.

    The code of the ``forbidden`` functions, of every method of the ``forbidden`` classes, and of
    their twins is exchanged for code that raises. The objects stay the same, so it does not matter
    under which name, alias or import the implementation holds them, or whether it has borrowed a
    method. Copies that were made of them are found too. (A copy of the library's text cannot be
    told from the student's own writing: that is a question of plagiarism, not of this function.)

    Args:
        target: the class or function that the probe is for.
        own: whether code is of the student's own cells.

    Yields:
        a list that gets a sentence as soon as one of them is used or inherited from.
    """
    functions: dict[types.FunctionType, tuple[types.CodeType, str]] = {}
    originals: list[Original] = []
    inherited = []
    for each in _all_finished(forbidden):
        functions = each.functions | functions  # the name that is listed first counts
        originals += each.originals
        inherited += [name for found, name in each.things.values() if _is(target, found)]
    for function, name in copies(originals, own):
        functions.setdefault(function, (_refusing(function.__code__, _sentence(name)), name))
    with _exchanged(functions) as used:
        used += map(_sentence, inherited)
        yield used
        # What the probe has loaded anew, it has used.
        used += [_sentence(name) for _, name in copies(originals, own)]


def _is(target: Any, found: Any) -> bool:
    """Whether an implementation is a finished thing, or inherits from it."""
    return found is target or (
        isinstance(target, type) and isinstance(found, type) and issubclass(target, found)
    )


def _functions(found: Any) -> Iterator[types.FunctionType]:
    """The Python functions that do the work of a class or function, decorated ones inside out."""
    members = list(vars(found).values()) if isinstance(found, type) else [found]
    for member in members:
        while member is not None:
            member = getattr(member, "__func__", member)  # of a class method
            if isinstance(member, types.FunctionType):
                yield member
            member = getattr(member, "__wrapped__", None)


def _refusing(code: types.CodeType, sentence: str) -> types.CodeType:
    """Code to exchange for ``code``: it raises, and notes that it did."""

    class AlreadyFinishedError(RuntimeError):
        def __init__(self) -> None:
            if _used:
                _used[-1].append(sentence)
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
    # AutoGraph would translate the lines above, which raise text, if it found them.
    return chosen.replace(
        co_consts=exchanged, co_freevars=code.co_freevars, co_filename="<not allowed here>"
    )


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
            resolve(name)
        except (AttributeError, ImportError, ValueError):
            found.append(name)
    return tuple(found)
