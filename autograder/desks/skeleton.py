"""New: a small, complete assignment of one exercise, which an author then edits.

The command line reads `Kind` from here, so what is slow to import is imported where it is used.
"""

from __future__ import annotations

import ast
import keyword
import shutil
import tempfile
from enum import StrEnum
from pathlib import Path

from autograder.model import AutograderError
from autograder.sources.checks import CHECKS, HIDDEN_CHECKS, HIDDEN_PROBES, PROBES
from autograder.sources.course import Course
from autograder.sources.misconceptions import MISCONCEPTIONS
from autograder.sources.probes import SHARED

SKELETONS = Path(__file__).with_name("skeletons")

TAKEN = {Path(file).stem for file in (CHECKS, PROBES, HIDDEN_CHECKS, HIDDEN_PROBES)}
"""An assignment of such a name would have two files of one name."""


class Kind(StrEnum):
    """What the student writes."""

    optimizer = "optimizer"
    layer = "layer"
    regularizer = "regularizer"
    callback = "callback"
    function = "function"


SHARED_MODULES = {
    Kind.optimizer: ("optimizer_checks.py", "optimizer_probes.py", "digits.py"),
    Kind.layer: ("layer_probes.py",),
    Kind.regularizer: ("regularizer_checks.py", "regularizer_probes.py"),
}
"""What a skeleton uses of ``_shared/``, if the course has all of it."""


def new_assignment(course: Course, name: str, exercise: str, kind: Kind) -> tuple[Path, ...]:
    """Write ``solutions/<name>/``: a notebook, checks, probes, two misconceptions and a variant.

    What is written verifies as it is. It uses the course's shared probes and checks of its kind,
    where there are any, and otherwise its own.

    Args:
        name: the assignment, an identifier.
        exercise: the class or function that students write, an identifier.

    Returns:
        the files, relative to the course.

    Raises:
        AutograderError: the folder exists or cannot be written, or a name is not usable.
    """
    _examine_name("assignment", name)
    _examine_name("exercise", exercise)
    if name in TAKEN:
        raise AutograderError(
            f"An assignment cannot be named {name!r}: its folder has a file {name}.py of another "
            "use. Choose another name."
        )
    folder = course.solutions / name
    if folder.exists():
        raise AutograderError(
            f"{folder} already exists, and nothing was changed. To add an exercise to it by hand, "
            f'add a cell `# %% exercise="{exercise}"` to {name}.py and '
            f'`{exercise} = Exercise("{exercise}")` with its checks to {CHECKS}; a skeleton of '
            "another name shows what belongs into them."
        )
    shared = _has_shared(course, kind)
    if exercise in _names_used(name, kind, shared):
        raise AutograderError(
            f"The skeleton itself uses the name {exercise!r}. Choose another name for the exercise."
        )
    files = _rendered(name, exercise, kind, shared)
    _write(folder, files)
    return tuple((folder / file).relative_to(course.root) for file in files)


def _examine_name(what: str, name: str) -> None:
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        example = "my_optimizers" if what == "assignment" else "Lion"
        raise AutograderError(
            f"{name!r} cannot be the name of an {what}. Use letters, digits and underscores, "
            f"beginning with a letter, and no Python keyword, such as {example}."
        )


def _has_shared(course: Course, kind: Kind) -> bool:
    modules = SHARED_MODULES.get(kind, ())
    folder = course.solutions / SHARED
    return bool(modules) and all((folder / module).is_file() for module in modules)


def _rendered(name: str, exercise: str, kind: Kind, shared: bool) -> dict[str, str]:
    """The text of each file, by its path in the assignment's folder."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from autograder.sources.assignment import VARIANTS

    environment = Environment(
        loader=FileSystemLoader(SKELETONS),
        undefined=StrictUndefined,
        autoescape=False,  # what is rendered is Python and TOML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    title = name.replace("_", " ").capitalize()
    templates = {
        f"{name}.py": "notebook.py",
        CHECKS: "checks.py",
        PROBES: "probes.py",
        MISCONCEPTIONS: "misconceptions.toml",
        f"{VARIANTS}/one.py": "variant.py",
    }
    return {
        file: environment.get_template(f"{kind.value}/{template}.jinja").render(
            name=name, title=title, X=exercise, shared=shared
        )
        for file, template in templates.items()
    }


def _names_used(name: str, kind: Kind, shared: bool) -> frozenset[str]:
    """Every name that the skeleton's modules use for something else than the exercise."""
    placeholder = "an_exercise"
    found: set[str] = set()
    for file, text in _rendered(name, placeholder, kind, shared).items():
        for node in ast.walk(ast.parse(text)) if file.endswith(".py") else ():
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.alias):
                found.add(node.asname or node.name.split(".")[0])
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
    return frozenset(found - {placeholder})


def _write(folder: Path, files: dict[str, str]) -> None:
    """Write all the files or none: the folder gets its name last."""
    try:
        made = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
        try:
            for file, text in files.items():
                path = made / file
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
            made.chmod(folder.parent.stat().st_mode)  # a temporary folder is private
            made.rename(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise AutograderError(f"{folder} could not be written: {error.strerror}.") from error
