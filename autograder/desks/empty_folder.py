"""The folder that ``--into`` names: a new one, or an empty one."""

from __future__ import annotations

import tempfile
from pathlib import Path

from autograder.model import AutograderError


def empty_folder(into: Path | None, prefix: str) -> Path:
    """An empty folder to write into.

    Args:
        into: a new or empty folder; None for a temporary one, which nothing removes.
        prefix: how the name of a temporary one begins.

    Raises:
        AutograderError: the folder is not empty, or cannot be made.
    """
    if into is None:
        return Path(tempfile.mkdtemp(prefix=prefix))
    try:
        into.mkdir(parents=True, exist_ok=True)
        is_empty = not any(into.iterdir())
    except OSError as error:
        raise AutograderError(
            f"{into} cannot be used ({error.strerror}). Choose a new or empty folder with --into."
        ) from error
    if not is_empty:
        raise AutograderError(f"{into} is not empty. Choose a new or empty folder with --into.")
    return into.resolve()
