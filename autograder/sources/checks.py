"""Read the checks of an assignment: ``checks.py`` (what is judged) and ``probes.py`` (what runs).

The same two files stand in ``solutions/<name>/`` and, copied, in ``assignments/<name>/``, so the
instructor's grading and the student's self-check read them through this module.
"""

from __future__ import annotations

import ast
import importlib.util
import math
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Real
from pathlib import Path
from types import ModuleType
from typing import TypeVar
from zlib import crc32

from autograder.model import AutograderError, Check, Exercise, Probe
from autograder.sources.definitions import cut_out, parsed

CHECKS, PROBES = "checks.py", "probes.py"
KIT = "autograder.probing"
"""Whole probes come from here too."""

HIDDEN_CHECKS, HIDDEN_PROBES = "hidden_checks.py", "hidden_probes.py"

T = TypeVar("T")


@dataclass(frozen=True)
class CheckSet:
    """The exercises of an assignment, in order, with their checks and the probes these name."""

    name: str
    exercises: tuple[Exercise, ...]
    checks: tuple[Check, ...]
    probes: dict[str, Probe]

    def of(self, exercise: str) -> tuple[Check, ...]:
        """The checks of one exercise, in the author's order."""
        return self._by_exercise[exercise]

    @cached_property
    def _by_exercise(self) -> dict[str, tuple[Check, ...]]:
        return {
            exercise.name: tuple(c for c in self.checks if c.exercise == exercise.name)
            for exercise in self.exercises
        }

    def exercise(self, name: str) -> Exercise:
        """Raises: AutograderError if the assignment has no exercise of that name."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        known = ", ".join(exercise.name for exercise in self.exercises)
        raise AutograderError(f"{self.name} has no exercise {name!r}; it has {known}.")

    def only(self, exercises: frozenset[str]) -> CheckSet:
        """The same set, of these exercises alone."""
        for name in sorted(exercises):
            self.exercise(name)
        return replace(
            self,
            exercises=tuple(e for e in self.exercises if e.name in exercises),
            checks=tuple(c for c in self.checks if c.exercise in exercises),
        )


def read_checks(folder: Path, *, hidden: bool = True) -> CheckSet:
    """Read and examine ``checks.py`` and ``probes.py`` (and the hidden ones, if they are there).

    Raises:
        AutograderError: a file is missing or cannot be run, or what it declares does not fit
            together; the message names the file and what to change.
    """
    module = _run(folder / CHECKS)
    exercises = _declared(module, folder / CHECKS, "EXERCISES", Exercise)
    checks = _declared(module, folder / CHECKS, "CHECKS", Check)
    _examine(folder / CHECKS, exercises, checks)
    probes = _probes([check.probe for check in checks], folder / PROBES)
    if hidden and (folder / HIDDEN_CHECKS).exists():
        with _importable(module, Path(CHECKS).stem):
            hidden_module = _run(folder / HIDDEN_CHECKS)
        secret = _declared(hidden_module, folder / HIDDEN_CHECKS, "CHECKS", Check)
        checks += tuple(replace(check, hidden=True) for check in secret)
        _examine(folder / HIDDEN_CHECKS, exercises, checks)
        # A probe of their own, or a public one with other inputs.
        own = [folder / HIDDEN_PROBES] if (folder / HIDDEN_PROBES).exists() else []
        hidden_probes = _probes([check.probe for check in secret], *own, folder / PROBES)
        for name, probe in hidden_probes.items():
            if probes.get(name, probe) != probe:
                raise AutograderError(
                    f"{folder / HIDDEN_PROBES}: {name!r} is a public probe too, and another one; "
                    "rename it."
                )
        probes |= hidden_probes
    return CheckSet(folder.name, exercises, checks, probes)


def _run(path: Path) -> ModuleType:
    if not path.is_file():
        raise AutograderError(
            f"{path} is missing. An assignment's folder holds a {CHECKS} with EXERCISES and "
            f"CHECKS, and a {PROBES} with the probes they name."
        )
    # A name of its own for every folder: two assignments both have a checks.py.
    name = f"autograder_checks_{crc32(str(path.resolve()).encode()):08x}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        line = _line_in(path, error)
        raise AutograderError(f"{path}{line} cannot be run: {error!r}") from error
    finally:
        sys.dont_write_bytecode = writes_bytecode
    return module


@contextmanager
def _importable(module: ModuleType, name: str) -> Iterator[None]:
    """``hidden_checks.py`` may say ``from checks import ...``, as in a folder of scripts."""
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        yield
    finally:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before


def _line_in(path: Path, error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.lineno:
        return f", line {error.lineno},"
    line, trace = 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f", line {line}," if line else ""


def _declared(module: ModuleType, path: Path, name: str, kind: type[T]) -> tuple[T, ...]:
    declared = getattr(module, name, None)
    if not isinstance(declared, list | tuple) or not declared:
        raise AutograderError(
            f"{path} must define {name}: a list of at least one {kind.__name__}, not {declared!r}."
        )
    for entry in declared:
        if not isinstance(entry, kind):
            raise AutograderError(f"{path}: {name} holds {entry!r}, which is no {kind.__name__}.")
    return tuple(declared)


def _probes(names: list[str], *paths: Path) -> dict[str, Probe]:
    """The probes of these names, each from the first file that defines it."""
    found: dict[str, Probe] = {}
    defined: list[str] = []
    for path in paths:
        text, functions = _functions_of(path)
        defined += functions
        for name in names:
            if name in functions and name not in found:
                found[name] = Probe(name, cut_out(text, name))
    for name in names:
        if name not in found:
            files = " and ".join(str(path) for path in paths)
            raise AutograderError(
                f"{files} defines no probe {name!r}; it defines {', '.join(sorted(defined))}."
            )
    return found


def _functions_of(path: Path) -> tuple[str, list[str]]:
    if not path.is_file():
        raise AutograderError(f"{path} is missing: it holds the probes that the checks name.")
    try:
        text = path.read_text(encoding="utf-8")
        body = parsed(text, path.name).body
    except SyntaxError as error:
        raise AutograderError(f"{path}, line {error.lineno}: {error.msg}.") from error
    except ValueError as error:  # no UTF-8, or a null byte
        raise AutograderError(f"{path} is not Python text: {error}.") from error
    names = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module == KIT:
            names += [alias.asname or alias.name for alias in node.names]
    return text, names


def _examine(path: Path, exercises: tuple[Exercise, ...], checks: tuple[Check, ...]) -> None:
    known = [exercise.name for exercise in exercises]
    for name, count in Counter(known).items():
        if count > 1:
            raise AutograderError(f"{path}: {count} exercises are named {name!r}; rename them.")
    for identifier, count in Counter(check.id for check in checks).items():
        if count > 1:
            raise AutograderError(f"{path}: {count} checks are named {identifier!r}; rename them.")
    for check in checks:
        if check.exercise not in known:
            raise AutograderError(
                f"{path}: check {check.name!r} belongs to {check.exercise!r}, which is none of "
                f"the exercises {', '.join(known)}."
            )
        for field, kind in (("name", str), ("claim", str), ("probe", str), ("points", Real)):
            value = getattr(check, field)
            if not isinstance(value, kind) or isinstance(value, bool):
                raise AutograderError(f"{path}: check {check.id!r} has {field} {value!r}.")
        if not 0 < check.points < math.inf:
            raise AutograderError(
                f"{path}: check {check.id!r} has no points ({check.points!r}); give it some, or "
                "delete it."
            )
        if not check.claim.strip():
            raise AutograderError(f"{path}: check {check.id!r} has no claim for students to read.")
    for name in known:
        if not any(check.exercise == name for check in checks):
            raise AutograderError(f"{path}: exercise {name!r} has no check.")
