"""The data files of an assignment: those in its folder ``data/``, which travel with a release."""

from __future__ import annotations

from pathlib import Path

DATA = "data"


def data_files(folder: Path) -> tuple[Path, ...]:
    """The data files of an assignment, or of a release, sorted; hidden files are not among them."""
    found = (path for path in (folder / DATA).rglob("*") if path.is_file())
    return tuple(sorted(path for path in found if not _is_hidden(path.relative_to(folder))))


def read_data(folder: Path) -> dict[str, bytes]:
    """The content of each data file, by its path below the assignment's folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in data_files(folder)}


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)
