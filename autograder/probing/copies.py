"""Find functions that do what a finished one does: copies made from its file, text or code.

Two functions do the same if their instructions, the names in these and the numbers of their
arguments are the same. What a function is called, its line numbers, constants and defaults are easy
to change (``code.replace``), so they do not count.

That alone would blame honest code, so these never count:

- code of the student's own cells: that it equals the library's text is no proof of anything here;
- short functions, since there are few ways to write one;
- functions inside functions, which decorators make by the hundred, and generated ones, such as a
  dataclass's methods;
- another module of a library, imported as it is: two of its functions may look alike.
"""

from __future__ import annotations

import gc
import sys
import types
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

LEAST_INSTRUCTIONS = 20

Own = Callable[[types.CodeType], bool]
"""Whether code is of the student's own cells."""

Key = tuple[bytes, tuple[str, ...], int, int, int]

# Student code may exchange the functions of `gc`, or turn them against this search.
_objects, _collect = gc.get_objects, gc.collect
_freeze, _unfreeze = gc.freeze, gc.unfreeze

_remembered: weakref.WeakSet[types.FunctionType] = weakref.WeakSet()
_canary: list[types.FunctionType] = []
"""A function made after the last freeze: if it is frozen, something else has frozen it."""


def remember_functions() -> None:
    """Note the functions that exist, and freeze all objects: they are not searched again.

    Only for a process that answers a few probes: what is frozen in a circle is never freed.
    """
    _remembered.update(_new_functions())
    _collect()
    _freeze()

    def canary() -> None:
        """Is not frozen."""

    _canary[:] = [cast("types.FunctionType", canary)]


def keep_freezing() -> None:
    """Leave student code nothing to freeze with: what is frozen is not searched.

    Only for a child: in a notebook's kernel, `gc` is the student's.
    """
    gc.freeze = lambda: None


def _new_functions() -> list[types.FunctionType]:
    found = _functions()
    if _canary and not any(each is _canary[0] for each in found):
        _unfreeze()  # there are other roads to `gc.freeze`
        found = _functions()
    return found


def _functions() -> list[types.FunctionType]:
    return [found for found in _objects() if type(found) is types.FunctionType]


def key(code: types.CodeType) -> Key:
    """What code does, whatever it is called and wherever it is."""
    return (
        code.co_code,
        code.co_names,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
    )


def keys_within(code: types.CodeType) -> Iterator[Key]:
    """Of code and of all functions in it."""
    left = [code]
    while left:
        code = left.pop()
        yield key(code)
        left += [each for each in code.co_consts if isinstance(each, types.CodeType)]


@dataclass(frozen=True)
class Original:
    """A function of a finished thing, to compare with.

    Attributes:
        distinctive: whether only a copy does the same; otherwise it must be equal, down to the
            numbers of its lines.
    """

    code: types.CodeType
    name: str
    distinctive: bool
    key: Key


def original(code: types.CodeType, name: str) -> Original | None:
    """What to compare with; None where many functions share the code."""
    if code.co_filename.startswith("<") or "<locals>" in code.co_qualname:
        return None
    return Original(code, name, _instructions(code) >= LEAST_INSTRUCTIONS, key(code))


def copies(originals: Iterable[Original], own: Own) -> list[tuple[types.FunctionType, str]]:
    """The functions of this process that are copies, each with the name of what it copies."""
    by_names: dict[tuple[str, ...], list[Original]] = {}
    for each in originals:
        by_names.setdefault(each.code.co_names, []).append(each)
    return [
        (function, name)
        for function in {*_remembered, *_new_functions()}
        # The names alone first: to compare instructions takes longer.
        if (like := by_names.get(function.__code__.co_names))
        and (name := _copied(function, like, own))
    ]


def _copied(function: types.FunctionType, originals: Sequence[Original], own: Own) -> str:
    code = function.__code__
    found = key(code)
    for each in originals:
        if code == each.code or (
            each.distinctive
            and found == each.key
            and not own(code)
            and not _is_elsewhere(function, each.code.co_filename)
        ):
            return each.name
    return ""


def _instructions(code: types.CodeType) -> int:
    """Without the room that Python leaves between them, which is zero."""
    operations = code.co_code[::2]
    return len(operations) - operations.count(0)


def _is_elsewhere(function: types.FunctionType, file: str) -> bool:
    """Whether a function is of another file of a library, which is imported as that."""
    module = sys.modules.get(function.__globals__.get("__name__", ""))
    place = function.__code__.co_filename
    return (
        place != file
        and "site-packages" in place
        and module is not None
        and vars(module) is function.__globals__
        and getattr(module, "__file__", None) == place
    )
