"""Write down what a check does, so that it reads the same whenever it does the same."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import textwrap
import types
from collections.abc import Iterator, Mapping, Set
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np

from autograder.model import Exercise


class Describer:
    """Writes values down, of the checks of one course.

    Of a function of the course that is its source, without comments and formatting, and what it
    refers to in the course's files; of anything else its name or its value.
    """

    def __init__(self, course: Path) -> None:
        self._course = str(course)
        self._seen: set[int] = set()

    def described(self, value: object) -> Iterator[str]:
        """The parts of a value; of a function that was written down before, its name alone."""
        match value:
            case None | bool() | int() | float() | str() | bytes() | complex():
                yield repr(value)
            case np.ndarray() | np.generic():
                array = np.asarray(value)
                plain = array.dtype.kind != "O"
                content = hashlib.sha256(np.ascontiguousarray(array).tobytes()) if plain else None
                yield f"{array.dtype.str} {array.shape} {content.hexdigest() if content else ''}"
            case types.FunctionType():
                yield from self._function(value)
            case functools.partial():
                yield from self.described((value.func, value.args, value.keywords))
            case types.MethodType():
                yield from self.described((value.__func__, value.__self__))
            case Mapping():
                for key, each in value.items():
                    yield repr(key)
                    yield from self.described(each)
            case Set():
                yield repr(sorted(map(repr, value)))
            case list() | tuple():
                for each in value:
                    yield from self.described(each)
            case Exercise():
                yield value.name  # its checks are described by themselves
            case type():
                yield from self._class(value)
            case _ if is_dataclass(value):
                yield from self._class(type(value))  # a judge may be an object that is called
                for each in fields(value):
                    yield from self.described(getattr(value, each.name))
            case _:
                name = getattr(value, "__qualname__", type(value).__qualname__)
                yield f"{getattr(value, '__module__', '')}.{name}"

    def _function(self, function: types.FunctionType) -> Iterator[str]:
        yield function.__qualname__
        if id(function) in self._seen or not self._is_ours(function.__code__.co_filename):
            return
        self._seen.add(id(function))
        yield _source(function)
        yield from self.described((function.__defaults__, function.__kwdefaults__))
        for cell in function.__closure__ or ():
            try:
                yield from self.described(cell.cell_contents)
            except ValueError:  # not bound yet
                continue
        yield from self._referred(_names(function.__code__), function.__globals__)

    def _class(self, kind: type) -> Iterator[str]:
        yield kind.__qualname__
        functions = [f for f in vars(kind).values() if isinstance(f, types.FunctionType)]
        for function in functions:
            yield from self._function(function)

    def _referred(self, names: frozenset[str], space: Mapping[str, object]) -> Iterator[str]:
        """What a function reads of its module, and of other modules of the course."""
        for name in sorted(names & space.keys()):
            value = space[name]
            if isinstance(value, types.ModuleType):
                if self._is_ours(getattr(value, "__file__", None) or ""):
                    yield from self._referred(names - {name}, vars(value))
                else:
                    yield value.__name__
            else:
                yield name
                yield from self.described(value)

    def _is_ours(self, file: str) -> bool:
        return file.startswith(self._course)


def _source(function: types.FunctionType) -> str:
    """The source of a function without decorators, comments and formatting."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):  # the file is gone since
        return repr(function.__code__.co_consts)
    try:
        (node,) = ast.parse(text).body
    except (SyntaxError, ValueError):  # a lambda inside of a call
        return " ".join(text.split())
    if isinstance(node, ast.FunctionDef):
        node.decorator_list = []
    return ast.unparse(node)


def _names(code: types.CodeType) -> frozenset[str]:
    inner = (_names(const) for const in code.co_consts if isinstance(const, types.CodeType))
    return frozenset(code.co_names).union(*inner)
