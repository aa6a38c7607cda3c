"""Read the checks of an assignment: ``checks.py`` (what is judged) and ``probes.py`` (what runs).

The same two files are in ``solutions/<name>/`` and, copied, in ``assignments/<name>/``, so the
instructor's grading and the student's self-check read them through this module.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from zlib import crc32

from autograder.model import AutograderError, Check, Exercise
from autograder.programs import Probe
from autograder.sources.declared import examine_checks, examine_exercises, examine_unchecked
from autograder.sources.faults import Faults, place_of
from autograder.sources.predictions import PREDICTIONS, Prediction
from autograder.sources.probes import CHECKS, PROBES, SHARED, ProbeReader, shared_folder
from autograder.sources.reading import parse, read_text

__all__ = ["CHECKS", "PROBES", "CheckSet", "collect_checks", "read_checks"]

HIDDEN_CHECKS, HIDDEN_PROBES = "hidden_checks.py", "hidden_probes.py"


@dataclass(frozen=True)
class CheckSet:
    """The exercises of an assignment, in order, with their checks and the probes these name.

    Attributes:
        data: the content of the assignment's data files, by path (``data/points.csv``); none until
            an assignment or a release is read as a whole.
        predictions: those that the notebook asks for; none until then, too.
    """

    name: str
    exercises: tuple[Exercise, ...]
    checks: tuple[Check, ...]
    probes: dict[str, Probe]
    data: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    predictions: tuple[Prediction, ...] = ()

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
        """The same set, of these exercises alone; "predictions" are an exercise of their own."""
        asked = PREDICTIONS in exercises and bool(self.predictions)
        for name in sorted(exercises - {PREDICTIONS} if asked else exercises):
            self.exercise(name)
        return replace(
            self,
            exercises=tuple(e for e in self.exercises if e.name in exercises),
            checks=tuple(c for c in self.checks if c.exercise in exercises),
            predictions=self.predictions if asked else (),
        )


def read_checks(folder: Path, *, hidden: bool = True) -> CheckSet:
    """Read and examine ``checks.py`` and ``probes.py`` (and the hidden ones, if they are there).

    Raises:
        CourseFaults: files are missing or cannot be run, or what they declare does not fit
            together.
    """
    faults = Faults()
    found = collect_checks(folder, faults, hidden=hidden)
    faults.raise_any()
    assert found is not None
    return found


def collect_checks(folder: Path, faults: Faults, *, hidden: bool = True) -> CheckSet | None:
    """The same, with faults collected; None if it is unknown which exercises there are."""
    folder = folder.absolute()  # as the places of functions are
    with _shared_importable(folder):
        module = _run(folder / CHECKS, faults)
        exercises = _exercises(module, folder / CHECKS, faults) if module else ()
        # Hidden checks are declared of the same exercises, later.
        public = [check for exercise in exercises for check in exercise.checks]
        secret: list[Check] = []
        if module and exercises and hidden and (folder / HIDDEN_CHECKS).exists():
            secret = _hidden_checks(folder / HIDDEN_CHECKS, module, exercises, faults)
    examine_exercises(folder / CHECKS, exercises, faults)
    examine_checks(folder / CHECKS, public, faults)
    examine_unchecked(folder / CHECKS, exercises, public + secret, faults)
    examine_checks(folder / HIDDEN_CHECKS, secret, faults, taken=public)
    reader = ProbeReader(faults)
    probes = reader.read(_named(public, folder / CHECKS), folder / PROBES)
    # A probe of their own, or a public one with other inputs.
    own = [folder / HIDDEN_PROBES] if hidden and (folder / HIDDEN_PROBES).exists() else []
    if own:
        reader.body(own[0])  # not valid Python: a fault, even if no check names a probe of it
    hidden_probes = reader.read(_named(secret, folder / HIDDEN_CHECKS), *own, folder / PROBES)
    for name, probe in hidden_probes.items():
        if probes.get(name, probe) != probe:
            faults.add(
                folder / HIDDEN_PROBES,
                reader.line(folder / HIDDEN_PROBES, name),
                f"{PROBES} defines another probe {name!r}. Rename this one.",
            )
    if not exercises:
        return None
    return CheckSet(folder.name, exercises, (*public, *secret), probes | hidden_probes)


def _hidden_checks(
    path: Path, module: ModuleType, exercises: Sequence[Exercise], faults: Faults
) -> list[Check]:
    public = {id(check) for exercise in exercises for check in exercise.checks}
    with _importable(module, Path(CHECKS).stem):
        own = _run(path, faults)
    if own is None:
        return []
    declared = [check for exercise in exercises for check in exercise.checks]
    secret = [replace(check, hidden=True) for check in declared if id(check) not in public]
    known = {id(exercise) for exercise in exercises}
    strangers = [e for e in vars(own).values() if isinstance(e, Exercise) and id(e) not in known]
    for exercise in strangers:
        faults.add(
            *place_of(exercise.declared, path),
            f"exercise {exercise.name!r} is not one of {CHECKS}. Import it from there: "
            f"`from checks import {exercise.name}`.",
        )
    if not secret and not strangers:
        faults.add(
            path,
            0,
            "the file declares no check. Import an exercise from checks and decorate a function "
            "with `@Exercise.check(...)`, or delete the file.",
        )
    return secret


def _named(checks: Sequence[Check], path: Path) -> dict[str, tuple[Path, int, str]]:
    """The probes that checks name, each with the place of the first check that does."""
    found: dict[str, tuple[Path, int, str]] = {}
    for check in checks:
        if isinstance(check.probe, str):
            found.setdefault(check.probe, (*place_of(check.declared, path), check.id))
    return found


def _run(path: Path, faults: Faults) -> ModuleType | None:
    text = read_text(
        path,
        f"An assignment's folder holds a {CHECKS} with exercises and their checks, and a {PROBES} "
        "with the probes they name.",
        faults,
    )
    if text is None or parse(path, text, faults) is None:
        return None
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
        faults.add(*_place_in(path, error), f"cannot be run: {_described(error)}. Fix this line.")
        return None
    finally:
        sys.dont_write_bytecode = writes_bytecode
    return module


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(". ")


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


def _place_in(path: Path, error: BaseException) -> tuple[Path, int]:
    """The innermost line of the course that an exception passed through."""
    if isinstance(error, SyntaxError) and error.lineno:
        return Path(error.filename or path), error.lineno
    place, trace = (path, 0), error.__traceback__
    folders = (path.parent, shared_folder(path.parent))
    while trace:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.parent in folders:
            place = file, trace.tb_lineno
        trace = trace.tb_next
    return place


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


def _exercises(module: ModuleType, path: Path, faults: Faults) -> tuple[Exercise, ...]:
    found = [value for value in vars(module).values() if isinstance(value, Exercise)]
    if not found:
        faults.add(
            path,
            0,
            'the file defines no exercise. Start with `Momentum = Exercise("Momentum")`, named '
            "like the class or function that students write.",
        )
    return tuple({id(exercise): exercise for exercise in found}.values())
