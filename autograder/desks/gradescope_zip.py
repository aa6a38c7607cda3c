"""The zip that makes an assignment grade itself on Gradescope, by this engine.

Its layout: https://gradescope-autograders.readthedocs.io/en/latest/specs/. Gradescope unpacks it
into ``/autograder/source``, runs ``setup.sh`` once, and ``run_autograder`` for each submission.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from io import BytesIO
from pathlib import Path

from autograder.atomic import atomic_replacement
from autograder.desks.engine_wheel import engine_wheel
from autograder.desks.export import FOLDER, WHEN, Exported
from autograder.distribution import DISTRIBUTION
from autograder.grading.seeds import Seeds, new_seed
from autograder.model import AutograderError
from autograder.sources.assignment import VARIANTS, read_assignment
from autograder.sources.course import Course
from autograder.sources.probes import SHARED
from autograder.sources.submitted_files import nobodys

SETTINGS = "settings.json"
"""What `autograder.desks.gradescope_run` reads."""

_PROGRAMS = ("setup.sh", "run_autograder")


def write_autograder(
    course: Course, name: str, output: Path | None, *, confined: bool = True
) -> Exported:
    """Write the zip.

    The assignment's seed goes with it, so that Gradescope and this course ask the same numbers; an
    assignment without one gets one. If each student has inputs of their own here, so there, by the
    id that Gradescope knows.

    Args:
        output: None for ``exports/<name>-gradescope-autograder.zip`` in the course.
        confined: False to grade even where nothing protects the solutions from student code.

    Raises:
        AutograderError: the assignment is broken, or the zip cannot be written.
    """
    read_assignment(course.solution(name))
    own = course.root / FOLDER
    path = output or own / f"{name}-gradescope-autograder.zip"
    seeds = Seeds(course.root)
    settings = {
        "assignment": name,
        "seed": str(seeds.keep(name, new_seed())),
        "seed_per_student": seeds.per_student(name),
        "confined": confined,
    }
    try:
        files = {
            SETTINGS: (json.dumps(settings, indent=1) + "\n").encode(),
            "constraints.txt": _constraints().encode(),
            **{name_: _program(name_) for name_ in _PROGRAMS},
            **dict(_sources(course, name)),
        }
        title, wheel = engine_wheel()
        files[f"engine/{title}"] = wheel
        if path.parent == own:
            own.mkdir(exist_ok=True)
        with atomic_replacement(path) as new:
            new.write_bytes(_zipped(files))
    except OSError as error:
        raise AutograderError(
            f"{path} could not be written ({error.strerror}). Choose another file with --output."
        ) from error
    return Exported((path,), tuple(_notes(confined)))


def _notes(confined: bool) -> Iterator[str]:
    yield (
        "The zip holds the solutions and the seed: upload it to Gradescope, and give it to no one."
    )
    if confined:
        yield (
            "Test it there with a submission of yours. Where Gradescope's machine cannot confine "
            "student code, it grades nothing, and says why."
        )
    else:
        yield (
            "With --unsafe, student code can read the solutions wherever Gradescope's machine "
            "cannot confine it."
        )


def _sources(course: Course, name: str) -> Iterator[tuple[str, bytes]]:
    """What grading reads of the course, by its name in the zip."""
    for folder in (course.solution(name), course.solutions / SHARED):
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            if path.is_file() and not any(map(nobodys, parts)) and parts[0] != VARIANTS:
                yield f"course/{path.relative_to(course.root).as_posix()}", path.read_bytes()


def _program(name: str) -> bytes:
    text = (Path(__file__).with_name("gradescope") / name).read_text(encoding="utf-8")
    major, minor = sys.version_info[:2]
    return text.replace("@PYTHON@", f"{major}.{minor}").encode()


def _constraints() -> str:
    """The versions that are installed here: what grades there is what grades here."""
    found = {
        each.metadata["Name"]: each.version
        for each in metadata.distributions()
        if each.metadata["Name"] and each.metadata["Name"] != DISTRIBUTION
    }
    lines = (f"{name}=={version}" for name, version in sorted(found.items()) if "+" not in version)
    return "\n".join(lines) + "\n"


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, WHEN)
            entry.external_attr = (0o755 if name in _PROGRAMS else 0o644) << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
