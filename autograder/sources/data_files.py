"""The data files of an assignment: those in its folder ``data/``, which travel with a release."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

DATA = "data"


def data_files(folder: Path) -> tuple[Path, ...]:
    """The data files of an assignment, or of a release, sorted; hidden files are not among them."""
    found = (path for path in (folder / DATA).rglob("*") if path.is_file())
    return tuple(sorted(path for path in found if not _is_hidden(path.relative_to(folder))))


def data_names(folder: Path) -> list[str]:
    """The data files of an assignment by their paths below its folder (``data/points.csv``)."""
    return [path.relative_to(folder).as_posix() for path in data_files(folder)]


def read_data(folder: Path, names: Iterable[str]) -> dict[str, bytes]:
    """The content of data files, by name.

    Raises:
        OSError: one is missing or cannot be read.
    """
    return {name: (folder / name).read_bytes() for name in names}


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)
