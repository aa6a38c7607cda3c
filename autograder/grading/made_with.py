"""What grades are made with: versions, and a digest of everything of a check that decides them.

Kept in the results file, so that a later run can say what has changed since.
"""

from __future__ import annotations

import functools
import hashlib
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from autograder.distribution import DISTRIBUTION
from autograder.grading.described import Describer
from autograder.model import Check, Observation
from autograder.sources.assignment import Assignment

LIBRARIES = ("keras", "tensorflow", "numpy")

RECIPE = 1
"""Increase this when the digests are made otherwise: those of two recipes cannot be compared."""

_PACKAGE = Path(__file__).parents[1]

_NOT_DIGESTED = ("name", "exercise", "points", "pairs", "declared")
"""Fields of a check that say nothing about what it does; points are kept as they are."""


@dataclass(frozen=True)
class MadeWith:
    """What decides a grade besides the submission and the seed.

    Attributes:
        versions: of Python, of the libraries and of the engine, by name.
        engine: digest of the engine's sources.
        carry: whether known mistakes were carried forward.
        points, checks: of each check, by id: its points, and a digest of its sources.
        recipe: how these digests are made.
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
    recipe: int = RECIPE


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
    if before.recipe != after.recipe:  # then the engine has changed, which is said
        after = replace(
            after,
            checks=before.checks,
            references=before.references,
            misconceptions=before.misconceptions,
        )
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
            yield from Describer(course).described(getattr(check, each.name))
