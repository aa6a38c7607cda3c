"""Whether an exercise is not written yet, or raises NotImplementedError for a reason of its own.

Keras, TensorFlow and NumPy raise NotImplementedError too, about code that is written.
"""

from __future__ import annotations

import functools
import linecache

from autograder.probing.errors import Spot
from autograder.sources.stubs import Stub, stub_at

_BELOW = "Code below this raise never runs. Replace the raise with your code."
_ABOVE = "Delete this raise when the code above it is complete."

_stub_at = functools.lru_cache(maxsize=8)(stub_at)


def is_stub(error: BaseException, found: Spot | None, target: object) -> bool:
    """Whether an exercise is not written yet: what raised is the stub in its own definition.

    Args:
        found: where in the student's code; see `autograder.probing.errors.spot`.
        target: the exercise.
    """
    stub = _stub(error, found)
    return stub is not None and stub.exercise == _name(target)


def stub_meaning(error: BaseException, found: Spot | None, target: object) -> str:
    """What to do about a stub's `raise` between written code, or in another exercise; or ""."""
    stub = _stub(error, found)
    if stub is None:
        return ""
    if stub.exercise != _name(target):
        uses = f"{stub.exercise} is not written yet, and {_name(target)} uses it."
        return uses if stub.signed else ""
    return _BELOW if stub.below else _ABOVE if stub.above else ""


def _name(target: object) -> str:
    return str(getattr(target, "__name__", ""))


def _stub(error: BaseException, found: Spot | None) -> Stub | None:
    if type(error) is not NotImplementedError or found is None:
        return None
    return _stub_at("".join(linecache.getlines(found.file)), found.line)
