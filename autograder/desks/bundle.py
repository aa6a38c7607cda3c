"""Bundle: the zip that students get, with assignments and the engine that checks them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from autograder.atomic import atomic_replacement
from autograder.desks.engine_wheel import engine_wheel, zipped
from autograder.desks.release import build_course
from autograder.desks.stubs import STUBS
from autograder.grading.stored import FILE
from autograder.model import AutograderError
from autograder.sources.course import Course
from autograder.sources.release_files import released_files

TOP = "assignments"
"""The folder that a bundle unzips to. A later bundle adds its assignments to those in it."""

README = "README.md"

_ROW = re.compile(r"^\|[^`\n]*`([\w-]+)`.*$", re.MULTILINE)

_TEXT = Path(__file__).with_name("bundle_readme.md")


@dataclass(frozen=True)
class Bundle:
    """What was written.

    Attributes:
        wheel: name of the engine's file in it.
    """

    path: Path
    names: tuple[str, ...]
    files: int
    wheel: str


def bundle(
    course: Course, names: Sequence[str], console: Console, *, output: Path | None = None
) -> Bundle:
    """Write the zip with these assignments, a README and the engine's wheel.

    Args:
        names: at least one; a name that is given twice is in it once.
        output: the file; None for one in the course's folder `bundles/`.

    Raises:
        AutograderError: an assignment does not exist or is broken, its release is not what its
            source says now, or the file cannot be written.
    """
    unique = tuple(dict.fromkeys(names))
    _refuse_stale(course, unique, console)
    wheel, engine = engine_wheel()
    content = {f"{TOP}/{wheel}": engine, f"{TOP}/{README}": _readme(course, unique, wheel).encode()}
    for name in unique:
        for path in (Path(f"{name}.ipynb"), Path(FILE), Path(STUBS), *_copied(course, name)):
            file = course.release(name) / path
            content[f"{TOP}/{name}/{path.as_posix()}"] = file.read_bytes()
    stem = unique[0] if len(unique) == 1 else TOP
    output = output or course.root / "bundles" / f"{stem}.zip"
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with atomic_replacement(output) as replacement:
            replacement.write_bytes(zipped(dict(sorted(content.items()))))
    except OSError as error:
        raise AutograderError(
            f"{output} could not be written: {error.strerror}. Name another file with --output."
        ) from error
    return Bundle(output, unique, len(content), wheel)


def _copied(course: Course, name: str) -> list[Path]:
    return list(released_files(course.solution(name)))


def _refuse_stale(course: Course, names: Sequence[str], console: Console) -> None:
    stale = [
        f"{name} ({', '.join(changed)})"
        for name, changed in build_course(course, names, console, jobs=1, write=False)
        if changed
    ]
    if stale:
        again = " ".join(entry.partition(" ")[0] for entry in stale)
        raise AutograderError(
            f"Not what the sources say now: {'; '.join(stale)}. Run `autograder build {again}`, "
            "then bundle again."
        )


def _readme(course: Course, names: Sequence[str], wheel: str) -> str:
    """Ten lines, and the rows of the course's own table: their order is that of `status`."""
    text = _TEXT.read_text(encoding="utf-8").format(wheel=wheel, first=names[0])
    try:
        plan = (course.releases / README).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return text
    lines = plan.splitlines()
    rows = [n for n, line in enumerate(lines) if _ROW.match(line)]
    if not rows or rows[0] < 2 or not lines[rows[0] - 2].startswith("|"):
        return text
    table = lines[rows[0] - 2 : rows[-1] + 1]
    return "\n".join([text, *table]) + "\n"
