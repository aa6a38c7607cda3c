"""Files beside the notebook, and links instead of files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hostile.notebooks import ASSIGNMENT, RIGHT, WRONG, save, submitted


def beside(folder: Path, sources: Mapping[str, str], *names: str) -> None:
    save(submitted(sources), folder)
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("raise SystemExit('shadowed')\n")


def shadows_libraries(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to be imported instead of numpy, keras, dis or random, from next to the notebook.

    Earns: Descent 3, average 2
    """
    beside(folder, RIGHT, "numpy.py", "keras/__init__.py", "dis.py", "random.py", "json.py")


def shadows_pythons_start(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to run when Python or pytest starts, by sitecustomize.py, a .pth file and conftest.py.

    Earns: Descent 3, average 2
    """
    beside(
        folder,
        RIGHT,
        "sitecustomize.py",
        "usercustomize.py",
        "conftest.py",
        "pytest.ini",
        "start.pth",
        "nbgrader_config.py",
        "jupyter_config.py",
    )


def brings_the_course_along(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to have its own checks, probes, expected numbers and points used.

    Earns: Descent 0, average 0
    """
    beside(folder, WRONG, "checks.py", "probes.py", "hidden_checks.py", "autograder/__init__.py")
    (folder / "expected.safetensors").write_bytes(bytes(64))
    (folder / "results.json").write_text('{"version": 1, "students": []}')
    (folder / "gradebook.db").write_bytes(b"SQLite format 3\0")


def links_to_the_solution(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to submit a symbolic link to the reference.

    Earns: Descent 0, average 0
    """
    folder.mkdir(parents=True)
    (folder / f"{ASSIGNMENT}.py").symlink_to(on["solution"])


def is_a_link_to_a_neighbour(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to submit another student's folder, by a symbolic link.

    Earns: Descent 0, average 0
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(Path(on["neighbour"]).parent)


def links_in_a_circle(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to trap the reader in a circle of links.

    Earns: Descent 0, average 0
    """
    folder.mkdir(parents=True)
    (folder / f"{ASSIGNMENT}.ipynb").symlink_to(folder / f"{ASSIGNMENT}.py")
    (folder / f"{ASSIGNMENT}.py").symlink_to(folder / f"{ASSIGNMENT}.ipynb")
    (folder / "again").symlink_to(folder)


def is_a_folder_named_like_the_notebook(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: nothing; an archive was unpacked into a folder of the notebook's name.

    Earns: Descent 0, average 0
    """
    (folder / f"{ASSIGNMENT}.ipynb").mkdir(parents=True)
