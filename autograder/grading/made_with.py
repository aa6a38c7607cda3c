"""What grades are made with: versions, and a digest of everything of a check that decides them.

Kept in the results file, so that a later run can say what has changed since.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import platform
import textwrap
import types
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, fields, is_dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from autograder.model import Check, Exercise, Observation
from autograder.sources.assignment import Assignment

LIBRARIES = ("keras", "tensorflow", "numpy")
DISTRIBUTION = "keras-training-autograder"

_PACKAGE = Path(__file__).parents[1]

_NOT_DIGESTED = ("name", "exercise", "points", "declared")
"""Fields of a check that say nothing about what it does; points are kept as they are."""


@dataclass(frozen=True)
class MadeWith:
    """What decides a grade besides the submission and the seed.

    Attributes:
        versions: of Python, of the libraries and of the engine, by name.
        engine: digest of the engine's sources.
        carry: whether known mistakes were carried forward.
        points, checks: of each check, by id: its points, and a digest of its sources.
        references, misconceptions: of each exercise: digests of the solution cell, and of the known
            mistakes with their hints.
    """

    versions: Mapping[str, str] = field(default_factory=dict)
    engine: str = ""
    carry: bool = True
    points: Mapping[str, float] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    misconceptions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """One thing that two runs were not made with alike.

    Attributes:
        kind: "check", "points", "reference", "misconceptions", "version" or "engine".
        name: of the check, the exercise or the library.
        before, after: points or versions, or what happened to it, in words.
    """

    kind: str
    name: str
    before: str
    after: str

    @property
    def sentence(self) -> str:
        """What happened, without a full stop."""
        match self.kind:
            case "check":
                return f"check {self.name} {self.after}"
            case "points":
                return f"points of {self.name}: {self.before} before, {self.after} now"
            case "reference":
                return f"the solution of {self.name} {self.after}"
            case "misconceptions":
                return f"the known mistakes of {self.name} {self.after}"
            case "version":
                return f"{self.name}: {self.before} before, {self.after} now"
            case _:
                return "the autograder itself was changed"


def made_with(assignment: Assignment, *, carry: bool) -> MadeWith:
    """What grades of an assignment are made with now."""
    course = assignment.folder.parent
    probes = assignment.check_set.probes
    checks = assignment.check_set.checks
    exercises = [exercise.name for exercise in assignment.check_set.exercises]
    return MadeWith(
        versions=versions(),
        engine=_engine(),
        carry=carry,
        points={check.id: check.points for check in checks},
        checks={
            check.id: _digest(*_described_check(check, course), probes[check.probe].source)
            for check in checks
        },
        references={name: _digest(assignment.cells.get(name, "")) for name in exercises},
        misconceptions={
            name: _digest(*(repr(known) for known in assignment.of(name)))  # without its line
            for name in exercises
        },
    )


def versions() -> dict[str, str]:
    """The versions of Python, the libraries and the engine."""
    found = {"python": platform.python_version()}
    for name, distribution in (*((each, each) for each in LIBRARIES), ("autograder", DISTRIBUTION)):
        try:
            found[name] = version(distribution)
        except PackageNotFoundError:  # run from a folder, not installed
            found[name] = "unknown"
    return found


def differences(before: MadeWith, after: MadeWith) -> tuple[Difference, ...]:
    """What has changed between two runs, the checks first."""
    found = [
        *_changed("check", before.checks, after.checks),
        *(
            Difference("points", name, f"{points:g}", f"{after.points[name]:g}")
            for name, points in before.points.items()
            if name in after.points and after.points[name] != points
        ),
        *_changed("reference", before.references, after.references),
        *_changed("misconceptions", before.misconceptions, after.misconceptions),
        *(
            Difference("version", name, before.versions[name], now)
            for name, now in after.versions.items()
            if before.versions.get(name, now) != now
        ),
    ]
    if before.engine != after.engine:
        found.append(Difference("engine", "autograder", before.engine, after.engine))
    return tuple(found)


def observation_digest(seen: Observation) -> str:
    """Of the arrays that a submission returned, bit for bit, or of its failure.

    Returns:
        32 hexadecimal digits; "" if nothing was run.
    """
    digest = hashlib.sha256()
    if failure := seen.failure:
        if failure.kind == "missing":
            return ""
        digest.update(repr((failure.kind, failure.message, failure.where)).encode())
    for name, array in sorted(seen.arrays.items()):
        digest.update(repr((name, array.dtype.str, array.shape)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:32]


def _changed(
    kind: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[Difference]:
    plural = kind == "misconceptions"
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if was is None:
            yield Difference(kind, name, "", "are new" if plural else "is new")
        elif now is None:
            yield Difference(kind, name, "", "are gone" if plural else "is gone")
        elif was != now:
            yield Difference(kind, name, "", "were changed" if plural else "was changed")


@functools.cache
def _engine() -> str:
    texts = (path.read_bytes() for path in sorted(_PACKAGE.rglob("*.py")))
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:32]


def _digest(*parts: str) -> str:
    text = "\0".join(parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _described_check(check: Check, course: Path) -> Iterator[str]:
    for each in fields(check):
        if each.name not in _NOT_DIGESTED:
            yield each.name
            yield from _Describer(course).described(getattr(check, each.name))


class _Describer:
    """Writes a value down so that it reads the same whenever it does the same.

    Of a function of the course that is its source, without comments and formatting, and what it
    refers to in the course's files; of anything else its name or its value.
    """

    def __init__(self, course: Path) -> None:
        self._course = str(course)
        self._seen: set[int] = set()

    def described(self, value: object) -> Iterator[str]:
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
