"""What the last check of a file found, kept beside it for `autograder status`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.atomic import atomic_write
from autograder.programs import Definitions
from autograder.sources.normal_form import normal_form
from autograder.verdicts import ExerciseReport

FOLDER, NAME = ".autograder", "checked.json"
VERSION = 1


@dataclass(frozen=True)
class Remembered:
    """The last check of one exercise.

    Attributes:
        digest: of the code that was checked.
        wrong: the sentence of the first check that failed; "" if none did.
    """

    digest: str
    score: float
    max_score: float
    wrong: str


def digest_of(definitions: Definitions | None) -> str:
    """Tells whether the code of an exercise is still the same; "" if it is not defined.

    What stands around it changes nothing: another cell, another exercise, a comment.
    """
    if definitions is None:
        return ""
    written = normal_form(definitions) or repr(definitions)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def remembered(file: Path) -> dict[str, Remembered]:
    """The last check of each exercise of a file; empty if there was none."""
    try:
        found = _read(file)[file.name]
        return {name: Remembered(**each) for name, each in found.items()}
    except (LookupError, TypeError, ValueError, AttributeError):
        return {}


def remember(file: Path, reports: Sequence[ExerciseReport], code: Callable[[str], str]) -> None:
    """Keep what a check found; it replaces what an earlier one found of the same exercises.

    Args:
        code: by the name of an exercise, what tells whether its code is still the same.

    Raises:
        OSError: the folder cannot be written.
    """
    files = _read(file)
    known = files.get(file.name)
    own: dict[str, Any] = dict(known) if isinstance(known, dict) else {}
    for report in reports:
        if report.ungraded:
            continue
        wrong = next((v.claim for v in report.verdicts if v.status != "passed"), "")
        own[report.name] = asdict(
            Remembered(code(report.name), report.score, report.max_score, wrong)
        )
    path = _path(file)
    path.parent.mkdir(exist_ok=True)
    text = json.dumps({"version": VERSION, "files": files | {file.name: own}}, indent=1)
    atomic_write(path, f"{text}\n")


def _path(file: Path) -> Path:
    return file.absolute().parent / FOLDER / NAME


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(_path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    known = isinstance(found, dict) and found.get("version") == VERSION
    files = found.get("files") if known else None
    return files if isinstance(files, dict) else {}
