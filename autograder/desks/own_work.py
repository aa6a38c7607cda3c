"""``mine("optimizers", "Adam", otherwise=...)``: what a student wrote in an earlier notebook.

A convenience of the notebooks' experiments. Grading runs no experiment, so it never calls this.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import logging
import os
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from autograder.programs import Definitions
from autograder.sources.parsing import parsed
from autograder.sources.stubs import Definition, stubs_of
from autograder.sources.submission import read_submission

T = TypeVar("T")

_LONGEST_REASON = 160


class _NotUsableError(Exception):
    """Why the student's own work is not used, as the end of a sentence."""


def mine(
    assignment: str, name: str, otherwise: T, trial: Callable[[Any], object] | None = None
) -> T | Any:
    """Your own class or function from an earlier notebook, or another one where there is none.

    Of the notebook (``../optimizers/optimizers.ipynb``, or ``optimizers.ipynb`` in this folder)
    only what defines the name is run. One printed line says which of the two you get, and why.

    Args:
        assignment: the earlier assignment.
        name: the class or function that you wrote there.
        otherwise: what to use if it is missing, unwritten or broken.
        trial: called with what you wrote, to find out whether it works; whatever it raises is the
            reason why it is not used. An optimizer is tried in any case.
    """
    try:
        path = _notebook(assignment)
        found = _loaded(path, name)
        _try(found)
        if trial:
            _try_by(trial, found)
    except _NotUsableError as reason:
        print(f"{name}: Keras' version is used, because {reason}.")
        return otherwise
    print(f"{name}: your own, from {_shown(path)}.")
    return found


def _notebook(assignment: str) -> Path:
    here = Path.cwd()
    file = f"{assignment}.ipynb"
    places = (here.parent / assignment / file, here / file)
    for place in places:
        if place.is_file():
            return place
    raise _NotUsableError(f"there is no {_shown(places[0])}")


def _shown(path: Path) -> str:
    return Path(os.path.relpath(path)).as_posix()


def _loaded(path: Path, name: str) -> Any:
    """What a notebook defines under a name.

    Raises:
        _NotUsableError: it defines nothing there, or only a stub, or the definition raises.
    """
    plan = read_submission(path).definitions([name])
    if name in plan.missing:
        raise _NotUsableError(f"{_shown(path)} has none: {_line(plan.missing[name])}")
    definitions = plan.each[name]
    if any(any(stubs_of(node)) for node in _definitions_of(definitions, name)):
        raise _NotUsableError(f"yours in {_shown(path)} is still to be written")
    module = types.ModuleType(f"{path.stem}_notebook")
    try:
        _run(definitions, module)
        return getattr(module, name)
    except Exception as error:  # a student's code may raise anything
        raise _NotUsableError(f"yours in {_shown(path)} cannot be loaded: {_said(error)}") from None


def _definitions_of(definitions: Definitions, name: str) -> Iterator[Definition]:
    for file in definitions.files:
        for node in parsed(file.text, file.label).body:
            if isinstance(node, Definition) and node.name == name:
                yield node


def _run(definitions: Definitions, module: types.ModuleType) -> None:
    # Keras looks a class's module up when it saves or copies an object.
    sys.modules[module.__name__] = module
    for file in definitions.files:
        tree = parsed(file.text, file.label)
        tree.body = [tree.body[index] for index in file.keep]
        name = f"{module.__name__}_{file.name}"
        # AutoGraph looks the source up by file name.
        lines = io.StringIO(file.text, newline=None).readlines()
        linecache.cache[name] = (len(file.text), None, lines, name)
        exec(compile(tree, name, "exec", dont_inherit=True), vars(module))


def _try(found: Any) -> None:
    """Train one weight by an optimizer, so that a broken one is told here and not in `fit`.

    Raises:
        _NotUsableError: it raises, or its step is not finite.
    """
    import keras

    if not (isinstance(found, type) and issubclass(found, keras.optimizers.Optimizer)):
        return
    # Zeros: the notebook's own random numbers stay what they are.
    layer = keras.layers.Dense(1, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((1,)), layer])
    one = keras.ops.ones((1, 1))
    try:
        model.compile(found(), "mse")
        with _without_warnings():
            model.train_on_batch(one, one)
        finite = bool(keras.ops.all(keras.ops.isfinite(layer.kernel)))
    except NotImplementedError:
        raise _NotUsableError("yours is still to be written") from None
    except Exception as error:
        raise _NotUsableError(f"yours cannot train a model: {_said(error)}") from None
    if not finite:
        raise _NotUsableError("the first step of yours is not finite")


def _try_by(trial: Callable[[Any], object], found: Any) -> None:
    """Use it as the notebook will.

    Raises:
        _NotUsableError: that raises.
    """
    try:
        trial(found)
    except NotImplementedError:
        raise _NotUsableError("yours is still to be written") from None
    except Exception as error:
        raise _NotUsableError(f"yours does not work: {_said(error)}") from None


@contextlib.contextmanager
def _without_warnings() -> Iterator[None]:
    """TensorFlow takes several models, each trained once, for one that is traced too often."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _said(error: Exception) -> str:
    return _line(f"{type(error).__name__}: {error}")


def _line(text: str) -> str:
    """The first line of a text without its full stop, and not too much of it."""
    first = (text.splitlines() or [""])[0].rstrip(". ")
    return first if len(first) <= _LONGEST_REASON else f"{first[:_LONGEST_REASON]} ..."
