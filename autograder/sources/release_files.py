"""What of an assignment's folder students get, besides the notebook: checks, probes and data."""

from __future__ import annotations

import ast
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from autograder.model import AutograderError
from autograder.sources.assignment import Assignment
from autograder.sources.checks import read_checks
from autograder.sources.data_files import DATA, data_files, data_names
from autograder.sources.faults import CourseFaults, Fault, suggestion
from autograder.sources.inputs import draw_inputs
from autograder.sources.magics import without_magics
from autograder.sources.probes import CHECKS, PROBES, SHARED, shared_modules

MOST_BYTES, MOST_FILES, MOST_CHARACTERS = 20_000_000, 200, 150
"""Of all data files together, which students download, every clone of the course holds, and every
process of a submission gets; and of one name."""


def released_files(folder: Path) -> dict[Path, Path]:
    """The files that are copied into a release: where to, inside it, and where from.

    Raises:
        CourseFaults: a shared module is missing, or is no Python.
    """
    files = {Path(name): folder / name for name in (CHECKS, PROBES)}
    files |= {Path(SHARED, module.name): module for module in shared_modules(folder)}
    return files | {path.relative_to(folder): path for path in data_files(folder)}


def copy_released(folder: Path, target: Path) -> None:
    """Copy what is released from an assignment's folder.

    Raises:
        OSError: a file cannot be read or written.
        CourseFaults: a shared module is missing, or is no Python.
    """
    for name, source in released_files(folder).items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / name)


def examine_data(assignment: Assignment) -> list[Fault]:
    """What is wrong with the data files, or with the files that the notebook names."""
    return [*_too_much(assignment.folder), *_named_files(assignment)]


def examine_copy(assignment: Assignment) -> list[Fault]:
    """Where checks that work in the author's folder fail in a copy of what is released."""
    found = []
    with tempfile.TemporaryDirectory() as made:
        copy = Path(made).resolve() / assignment.name
        try:
            copy_released(assignment.folder, copy)
            for check in read_checks(copy, hidden=False).checks:
                draw_inputs(check, 0)
        except CourseFaults as error:
            for fault in error.faults:
                inside = fault.path.is_relative_to(copy)
                path = assignment.folder / fault.path.relative_to(copy) if inside else fault.path
                message = fault.message.replace(f"{copy}/", "")
                found.append(
                    Fault(
                        path,
                        fault.line,
                        f"fails in the folder that students get: {message} It works here, so it "
                        f"may need a file that is not released. Move that to {DATA}/, and read it "
                        f"as `Path(__file__).parent / '{DATA}' / ...` in an input function.",
                    )
                )
        except (OSError, AutograderError) as error:
            found.append(Fault(assignment.folder, 0, f"cannot be released: {error}"))
    return found


def _too_much(folder: Path) -> Iterator[Fault]:
    names = data_names(folder)
    if len(names) > MOST_FILES:
        yield Fault(
            folder / DATA,
            0,
            f"there are {len(names)} data files, expected at most {MOST_FILES}. Put them into one, "
            "such as an .npz.",
        )
    for name in names:
        if len(name) > MOST_CHARACTERS:
            yield Fault(
                folder / name,
                0,
                f"the name has {len(name)} characters, expected at most {MOST_CHARACTERS}. Rename "
                "the file.",
            )
    total = sum(path.stat().st_size for path in data_files(folder))
    if total > MOST_BYTES:
        yield Fault(
            folder / DATA,
            0,
            f"the data files have {total / 1e6:.1f} MB together, expected at most "
            f"{MOST_BYTES / 1e6:.1f} MB. Keep the rows that the assignment needs, or "
            "store them compressed.",
        )


def _named_files(assignment: Assignment) -> Iterator[Fault]:
    """Files that the notebook names and students would not have."""
    folder, percent = assignment.folder, assignment.percent
    known = data_names(folder)
    for number, cell in enumerate(percent.notebook.cells, 1):
        if cell.cell_type != "code":
            continue
        for line, text in _texts(without_magics(cell.source)):
            path = Path(text)
            if text in known or not path.name or path.is_absolute() or ".." in path.parts:
                continue
            place = (percent.path, percent.line(number, line))
            if path.parts[0] == DATA and path.suffix:
                yield Fault(*place, f"there is no file {text!r}.{suggestion(text, known)}")
            elif path.suffix and _is_file(folder / path):
                yield Fault(
                    *place,
                    f"{text!r} is not part of the release. Move it to {DATA}/ and write "
                    f"'{DATA}/{text}': all files in that folder travel with the release.",
                )


def _texts(source: str) -> Iterator[tuple[int, str]]:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # which other rules report
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a text that is too long for a name, or has a null byte
        return False
