"""Read the checks of an assignment: ``checks.py`` (what is judged) and ``probes.py`` (what runs).

The same two files are in ``solutions/<name>/`` and, copied, in ``assignments/<name>/``, so the
instructor's grading and the student's self-check read them through this module.
"""

from __future__ import annotations

import importlib.util
import inspect
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Real
from pathlib import Path
from types import ModuleType
from zlib import crc32

from autograder.model import JUDGE_ARGUMENTS, AutograderError, Check, Exercise, Probe
from autograder.sources.probes import CHECKS, PROBES, SHARED, read_probes, shared_folder

__all__ = ["CHECKS", "PROBES", "CheckSet", "read_checks"]

HIDDEN_CHECKS, HIDDEN_PROBES = "hidden_checks.py", "hidden_probes.py"


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
    with _shared_importable(folder):
        module = _run(folder / CHECKS)
        exercises = _exercises(module, folder / CHECKS)
        # Hidden checks are declared of the same exercises, later.
        public = [check for exercise in exercises for check in exercise.checks]
        secret: list[Check] = []
        if hidden and (folder / HIDDEN_CHECKS).exists():
            with _importable(module, Path(CHECKS).stem):
                _run(folder / HIDDEN_CHECKS)
            declared = [check for exercise in exercises for check in exercise.checks]
            known = {id(check) for check in public}
            secret = [replace(check, hidden=True) for check in declared if id(check) not in known]
            if not secret:
                raise AutograderError(
                    f"{folder / HIDDEN_CHECKS} declares no check. Import an exercise from checks "
                    "and decorate a function with `@Exercise.check(...)`, or delete the file."
                )
    _examine(folder / CHECKS, exercises, public)
    _examine(folder / HIDDEN_CHECKS, exercises, [*public, *secret])
    probes = read_probes([check.probe for check in public], folder / PROBES)
    # A probe of their own, or a public one with other inputs.
    own = [folder / HIDDEN_PROBES] if (folder / HIDDEN_PROBES).exists() else []
    hidden_probes = read_probes([check.probe for check in secret], *own, folder / PROBES)
    for name, probe in hidden_probes.items():
        if probes.get(name, probe) != probe:
            raise AutograderError(
                f"{folder / HIDDEN_PROBES}: {PROBES} defines another probe {name!r}; rename it."
            )
    return CheckSet(folder.name, exercises, (*public, *secret), probes | hidden_probes)


def _run(path: Path) -> ModuleType:
    if not path.is_file():
        raise AutograderError(
            f"{path} is missing. An assignment's folder holds a {CHECKS} with exercises and their "
            f"checks, and a {PROBES} with the probes they name."
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


@contextmanager
def _shared_importable(folder: Path) -> Iterator[None]:
    """``checks.py`` may say ``from _shared.digits import ...``; the next course has its own."""
    package = ModuleType(SHARED)
    package.__path__ = [str(shared_folder(folder))]
    before = {name: sys.modules.pop(name) for name in _loaded_from_shared()}
    sys.modules[SHARED] = package
    writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes_bytecode
        for name in _loaded_from_shared():
            del sys.modules[name]
        sys.modules |= before


def _loaded_from_shared() -> list[str]:
    return [name for name in sys.modules if name.split(".")[0] == SHARED]


def _exercises(module: ModuleType, path: Path) -> tuple[Exercise, ...]:
    found = [value for value in vars(module).values() if isinstance(value, Exercise)]
    if not found:
        raise AutograderError(
            f'{path} defines no exercise. Start with `Momentum = Exercise("Momentum")`, named '
            "like the class or function that students write."
        )
    return tuple({id(exercise): exercise for exercise in found}.values())


def _examine(path: Path, exercises: Sequence[Exercise], checks: Sequence[Check]) -> None:
    known = [exercise.name for exercise in exercises]
    for name, count in Counter(known).items():
        if count > 1:
            raise AutograderError(f"{path}: {count} exercises are named {name!r}; rename them.")
    for identifier, count in Counter(check.id for check in checks).items():
        if count > 1:
            raise AutograderError(f"{path}: {count} checks are named {identifier!r}; rename them.")
    for check in checks:
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
            raise AutograderError(
                f"{path}: check {check.id!r} has no claim; write the sentence that students read "
                "as its docstring."
            )
        _examine_judge(path, check)
    for name in known:
        if not any(check.exercise == name for check in checks):
            raise AutograderError(f"{path}: exercise {name!r} has no check.")


def _examine_judge(path: Path, check: Check) -> None:
    for name, parameter in inspect.signature(check.judge).parameters.items():
        if name not in JUDGE_ARGUMENTS and parameter.default is inspect.Parameter.empty:
            raise AutograderError(
                f"{path}: check {check.id!r} asks for {name!r}; a check's function may take "
                f"{', '.join(JUDGE_ARGUMENTS)}."
            )
    if "measured" in check.judge_takes and check.measure is None:
        raise AutograderError(
            f"{path}: check {check.id!r} asks for 'measured'; give it `measure=` a function of "
            "(observed, inputs)."
        )
