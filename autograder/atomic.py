"""Files that are replaced whole or not at all, whatever ends the process while they are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def atomic_replacement(path: Path) -> Iterator[Path]:
    """Yield a path in the same folder to write to; on success it replaces ``path``.

    If nothing was written there, ``path`` stays as it is.
    Replacing needs permission to write to the folder, not to the file, so a read-only file is
    replaced too. After an exception, ``path`` is as it was.

    Raises:
        OSError: the folder is missing, is not writable, or its disk is full.
    """
    # One fixed name, so that the next run removes what a killed one left behind.
    replacement = path.with_name(f".{path.name}.new")
    replacement.unlink(missing_ok=True)
    try:
        yield replacement
        if replacement.exists():
            replacement.replace(path)
    except BaseException:
        with suppress(OSError):
            replacement.unlink(missing_ok=True)
        raise


def atomic_write(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` as UTF-8.

    A lone surrogate, which UTF-8 cannot encode, becomes a question mark.

    Raises:
        OSError: the folder is missing, is not writable, or its disk is full.
    """
    with atomic_replacement(path) as replacement:
        replacement.write_text(text, encoding="utf-8", errors="replace")
