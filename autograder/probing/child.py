"""The child: loads one implementation's definitions, then answers one probe after another.

Everything here shares a process with student code, so the grader believes nothing it says: it sends
arrays, or the failure that kept it from having any, and the grader judges. It is imported in the
zygote, before any fork.
"""

from __future__ import annotations

import contextlib
import functools
import linecache
import os
import random
import sys
import time
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import msgspec
import numpy as np
import tensorflow as tf

# Imported before the fork: a probe's own import of it then opens no file.
import autograder.probing.kit  # noqa: F401
from autograder.messages import (
    EXCEPTION_CHARS,
    MEANING_CHARS,
    MESSAGE_CHARS,
    OPERATION_CHARS,
    WHERE_CHARS,
    Load,
    Loaded,
    Observe,
    Observed,
    ReportedFailure,
    ReportedKind,
    Request,
    Unknown,
    UnknownNames,
)
from autograder.probing.copies import Own, keep_freezing, remember_functions
from autograder.probing.deadline import OutOfTimeError, deadline
from autograder.probing.delegation import refused, unknown
from autograder.probing.errors import LabelOf, operation, said, spot, where
from autograder.probing.loading import Loader, Problem
from autograder.probing.meanings import meaning
from autograder.probing.notebook_names import notebook_names
from autograder.probing.prints import heard_prints
from autograder.probing.stubs import is_stub, stub_meaning
from autograder.probing.twins import prepare
from autograder.sandbox.channel import Connection
from autograder.sandbox.limits import out_of_time

MODULE = "submission"
PROBE_MODULE = "autograder_probe"

prepare()  # before the fork, once for all children


def serve(connection: Connection) -> None:
    """Answer requests until the grader closes the connection (EOFError)."""
    # One thread an op: children run side by side, one for every core.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keep_freezing()
    implementation = Implementation()
    while True:
        try:
            request, arrays = connection.receive(Request)
        except EOFError:
            return
        if isinstance(request, Load):
            _write(arrays)
            implementation = Implementation()
            implementation.loader.load(request.files, request.undefined, request.forbidden)
            connection.send(Loaded(), {})
        elif isinstance(request, Unknown):
            connection.send(UnknownNames(unknown(request.names)), {})
        else:
            with heard_prints(request.prints) as prints:
                observed, found = implementation.observe(request, arrays)
            connection.send(prints.beside(observed), found)
        remember_functions()


def _write(files: Mapping[str, np.ndarray]) -> None:
    """Write the assignment's data files where the code expects them, whatever it did to them."""
    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.tobytes())


class Implementation:
    """The definitions of one submission, loaded into a module of their own."""

    def __init__(self) -> None:
        module = types.ModuleType(MODULE)
        vars(module).update(notebook_names())
        self.loader = Loader(module, explained, self.where)
        # Keras looks classes up by module and name when it loads a model.
        sys.modules[MODULE] = module

    def observe(
        self, request: Observe, arrays: Mapping[str, np.ndarray]
    ) -> tuple[Observed, dict[str, np.ndarray]]:
        """Run one probe on one exercise: what it returned as arrays, or why it did not."""
        target, reason = self.loader.find(request.exercise)
        if target is None:
            if refusal := self.loader.refusal_of(request.exercise):
                return Observed(_delegated(refusal)), {}
            return Observed(_failure("missing", reason)), {}
        observed, found = observe(target, request, arrays, self.label, self.loader.wrote)
        if failure := observed.failure:
            cause = self.loader.cause_of(request.exercise, failure.exception, failure.message)
            if cause and failure.kind in ("raised", "unwritten"):
                message = str(cause)[:MESSAGE_CHARS]
                led = msgspec.structs.replace(failure, kind="raised", message=message, meaning="")
                observed = Observed(
                    _delegated(cause.refusal) if cause.refusal else led, observed.seconds
                )
        return observed, found

    def where(self, error: BaseException) -> str:
        """The innermost line of the submission that an exception passed through."""
        return where(spot(error, self.label), self.label)

    def label(self, file: str) -> str:
        """What students call a file of theirs; "" for any other."""
        return self.loader.labels.get(file, "")


def observe(
    target: Any,
    request: Observe,
    arrays: Mapping[str, np.ndarray],
    label_of: LabelOf,
    own: Own | None = None,
) -> tuple[Observed, dict[str, np.ndarray]]:
    """Run one probe on a class or function.

    Args:
        arrays: the inputs that are arrays.
        label_of: what students call a source file of the implementation.
        own: whether code is of the student's own cells; None to believe the file it names.

    Returns:
        the failure or None with the CPU seconds, and the arrays.
    """
    started = time.process_time()
    own = own or (lambda code: bool(label_of(code.co_filename)))
    failure, found = _observe(target, request, arrays, label_of, own)
    return Observed(failure, time.process_time() - started), found


def _observe(
    target: Any,
    request: Observe,
    arrays: Mapping[str, np.ndarray],
    label_of: LabelOf,
    own: Own,
) -> tuple[ReportedFailure | None, dict[str, np.ndarray]]:
    failure = None
    if nowhere := unknown(request.forbidden):
        # Not skipped: an implementation could have removed it to escape the refusal.
        reason = f"{nowhere[0]}, which is not allowed here, does not exist in this version"
        return _failure("missing", f"{reason}. Please report this."), {}
    with _fresh_keras(request.seed, request.floatx), contextlib.ExitStack() as stack:
        probe = _probe(request.probe, request.source)
        used = stack.enter_context(refused(request.forbidden, target, own))
        try:
            with deadline(request.cpu_seconds, out_of_time(request.cpu_seconds)):
                found = {} if used else probe(target, **request.inputs, **arrays)
        except BaseException as error:
            failure = _raised(error, target, label_of)
    if used:  # known at the end of the block
        failure = _failure("delegated", used[0])
    if failure:
        return failure, {}
    try:
        return None, _plain(request.probe, found)
    except Exception as error:  # values are of the implementation, and may raise anything
        return _failure("malformed", said(error)), {}


def explained(error: BaseException) -> str:
    """What Python said, and what it usually means where that is certain, in one bounded line."""
    text = said(error)
    means = meaning(text, error, None)
    return f"{text}. {means}"[:MESSAGE_CHARS] if means else text[:MESSAGE_CHARS]


def _probe(name: str, source: str) -> Any:
    file = f"probe_{name}.py"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    # AutoGraph cannot translate a lambda, nor what that calls, without a module that holds it.
    module = sys.modules[PROBE_MODULE] = types.ModuleType(PROBE_MODULE)
    exec(_compiled(file, source), vars(module))
    found: Any = vars(module)[name]
    return found


@functools.lru_cache(maxsize=64)
def _compiled(file: str, source: str) -> types.CodeType:
    """The code of a probe: AutoGraph translates a function again for each new code object."""
    return compile(source, file, "exec", dont_inherit=True)


@contextlib.contextmanager
def _fresh_keras(seed: int, floatx: str) -> Iterator[None]:
    """Keras' and TensorFlow's global settings as a probe expects them; put back afterwards."""
    before = keras.config.floatx(), keras.config.dtype_policy(), random.getstate()
    numpy_state, eager = np.random.get_state(), tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(False)
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(floatx)
    keras.utils.set_random_seed(seed)
    try:
        yield
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])
        random.setstate(before[2])
        np.random.set_state(numpy_state)
        tf.config.run_functions_eagerly(eager)


def _plain(probe: str, found: Any) -> dict[str, np.ndarray]:
    """What a probe returned as named arrays: tensors, numbers and lists of numbers are converted.

    Raises:
        TypeError: it is no dictionary, or a value is not made of numbers.
        ValueError: the rows of a value differ in length.
    """
    if not isinstance(found, Mapping):
        raise TypeError(
            f"probe {probe} returned {_kind_of(found)}; return a dictionary of named arrays, such "
            'as {"result": ...}'
        )
    arrays = {}
    for name, value in found.items():
        if not isinstance(name, str):
            raise TypeError(f"probe {probe} named a value {name!r:.40}; expected text")
        if value is None:
            raise TypeError(f"{name!r} is None, expected numbers. Is a return statement missing?")
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise ValueError(f"{name!r} is not an array of numbers: {error}") from error
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{name!r} is {_kind_of(value)}, expected numbers")
        arrays[name] = array
    return arrays


def _kind_of(value: Any) -> str:
    name = type(value).__name__
    vowel = name[0] in "AEIOUaeiou" or name == "ndarray"
    return "None" if value is None else f"{'an' if vowel else 'a'} {name}"


def _raised(error: BaseException, target: Any, label_of: LabelOf) -> ReportedFailure:
    """The failure of a probe that ended with an exception."""
    found = spot(error, label_of)
    kind: ReportedKind = "raised"
    if is_stub(error, found, target):
        kind = "unwritten"
    elif isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        kind = "memory"
    elif isinstance(error, OutOfTimeError):
        return _failure("timeout", str(error), where=where(found, label_of)[:WHERE_CHARS])
    text = said(error)
    means = stub_meaning(error, found, target) or meaning(text, error, target)
    return _failure(
        kind,
        text,
        where=where(found, label_of)[:WHERE_CHARS],
        exception=type(error).__name__[:EXCEPTION_CHARS],
        operation=operation(error, found)[:OPERATION_CHARS],
        meaning=means[:MEANING_CHARS],
    )


def _delegated(refusal: Problem) -> ReportedFailure:
    """The failure of an exercise that needs what was refused while it was loaded."""
    return _failure("delegated", refusal.message, where=refusal.where[:WHERE_CHARS])


def _failure(kind: ReportedKind, message: str, **more: str) -> ReportedFailure:
    """A failure with a message that is no longer than the grader reads."""
    return ReportedFailure(kind, message[:MESSAGE_CHARS], **more)
