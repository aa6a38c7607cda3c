"""The child: loads one implementation's definitions, then answers one probe after another.

Everything here shares a process with student code, so nothing it says is believed: it sends
arrays, or the failure that kept it from having any, and the grader judges. It is imported in the
zygote, before any fork.
"""

from __future__ import annotations

import ast
import contextlib
import linecache
import os
import random
import re
import sys
import time
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf

# Imported before the fork: a probe's own import of it then opens no file.
import autograder.probing  # noqa: F401
from autograder.probing.delegation import refused
from autograder.sources.definitions import PARSE_FLAGS

MODULE = "submission"
MAX_MESSAGE = 600


class Connection(Protocol):
    """The child's end of the wire."""

    def receive(self) -> tuple[Mapping[str, Any], Mapping[str, np.ndarray]]: ...

    def send(self, message: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None: ...


def serve(connection: Connection) -> None:
    """Answer requests until the grader closes the connection (EOFError).

    Requests are ``load`` (the definitions to run) and ``observe`` (a probe and its inputs).
    """
    # One thread an op: children run side by side, one for every core.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    implementation = Implementation()
    while True:
        try:
            message, arrays = connection.receive()
        except EOFError:
            return
        if message["op"] == "load":
            implementation = Implementation()
            problems = implementation.load(message["files"])
            connection.send({"problems": problems}, {})
        else:
            reply, found = implementation.observe(message, arrays)
            connection.send(reply, found)


class Implementation:
    """The definitions of one submission, loaded into a module of their own."""

    def __init__(self) -> None:
        self.module = types.ModuleType(MODULE)
        self.labels: dict[str, str] = {}
        self.problems: list[str] = []
        # Keras looks classes up by module and name when it loads a model.
        sys.modules[MODULE] = self.module

    def load(self, files: list[Mapping[str, Any]]) -> list[str]:
        """Run the kept statements in order; one that raises costs nothing but itself.

        Returns:
            for each statement that raised: where, and what.
        """
        for file in files:
            name, text = file["name"], file["text"]
            self.labels[name] = file["label"]
            # AutoGraph and tracebacks look the source up by file name.
            linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
            tree = compile(text, name, "exec", PARSE_FLAGS, dont_inherit=True)
            body = tree.body
            flags = _future_flags(body, file["keep"])
            for index in file["keep"]:
                statement = ast.Module([body[index]], [])
                try:
                    exec(
                        compile(statement, name, "exec", flags, dont_inherit=True),
                        vars(self.module),
                    )
                except BaseException as error:
                    where = self.where(error) or f"{file['label']}, line {body[index].lineno}"
                    self.problems.append(f"{describe(error)} in {where}")
        return self.problems

    def observe(
        self, request: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Run one probe on one exercise: what it returned as arrays, or why it did not."""
        target = vars(self.module).get(request["exercise"])
        if target is None:
            cause = f": {self.problems[0]}" if self.problems else ""
            return _failed("missing", f"could not be defined{cause}"), {}
        started = time.process_time()
        reply, found = observe(target, request, arrays, self.where)
        return {**reply, "seconds": time.process_time() - started}, found

    def where(self, error: BaseException) -> str:
        """The innermost line of the submission that an exception passed through."""
        place = ""
        trace = error.__traceback__
        while trace:
            name = trace.tb_frame.f_code.co_filename
            if name in self.labels:
                place = self._place(name, trace.tb_lineno)
            trace = trace.tb_next
        if not place:
            # AutoGraph runs a translated copy; it names the original line in the message.
            for name, line in re.findall(r'File "([^"]+\.py)", line (\d+)', str(error)):
                if name in self.labels:
                    place = self._place(name, int(line))
        return place

    def _place(self, name: str, line: int) -> str:
        text = linecache.getline(name, line).strip()[:80]
        return f"{self.labels[name]}, line {line}: `{text}`"


def observe(
    target: Any,
    request: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    where: Callable[[BaseException], str],
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Run one probe on a class or function.

    Args:
        request: ``probe`` and its ``source``, plain ``inputs``, names of ``forbidden`` things,
            a ``seed`` and a default float type ``floatx``.
        arrays: the inputs that are arrays.
        where: finds the line of the implementation that an exception passed through.

    Returns:
        a message with the ``failure`` or None, and the arrays.
    """
    with _fresh_keras(request["seed"], request["floatx"]), contextlib.ExitStack() as stack:
        probe = _probe(request["probe"], request["source"])
        used = stack.enter_context(refused(request["forbidden"], target))
        try:
            found = {} if used else probe(target, **request["inputs"], **arrays)
        except BaseException as error:
            failure = _failed(_kind(error), describe(error), where(error), type(error).__name__)
        else:
            failure = {"failure": None}
    if used:  # known at the end of the block
        failure = _failed("delegated", used[0])
    if failure["failure"]:
        return failure, {}
    try:
        return failure, _plain(found)
    except (TypeError, ValueError, AttributeError) as error:
        return _failed("malformed", describe(error)), {}


def describe(error: BaseException) -> str:
    """An exception in one bounded line, without TensorFlow's preface about graph code."""
    text = str(error)
    if "in user code:" in text:
        text = text.strip().splitlines()[-1].strip()
    elif text.startswith("Exception encountered when calling"):
        text = next((part.strip() for part in text.splitlines()[1:] if part.strip()), text)
    elif isinstance(error, tf.errors.OpError):
        text = text.splitlines()[0] if text else ""
    name = type(error).__name__
    text = text if text.startswith(name) else f"{name}: {text}"
    return text[:MAX_MESSAGE]


def _probe(name: str, source: str) -> Any:
    file = f"probe_{name}.py"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": "probe"}
    exec(compile(source, file, "exec", dont_inherit=True), namespace)
    return namespace[name]


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


def _plain(found: Any) -> dict[str, np.ndarray]:
    arrays = {}
    for name, value in found.items():
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{name} came back as {array.dtype} values, expected numbers")
        arrays[str(name)] = array
    return arrays


def _kind(error: BaseException) -> str:
    if isinstance(error, NotImplementedError):
        return "unwritten"
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return "memory"
    return "raised"


def _failed(kind: str, message: str, where: str = "", exception: str = "") -> dict[str, Any]:
    return {"failure": {"kind": kind, "message": message, "where": where, "exception": exception}}


def _future_flags(body: list[ast.stmt], keep: list[int]) -> int:
    import __future__

    flags = 0
    for index in keep:
        node = body[index]
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags
