"""A child's private folder: measured while a child writes to it, removed whatever it left there."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path


def usage(folder: Path, files: int) -> tuple[int, int]:
    """Bytes on disk and number of entries below ``folder``; stops soon after ``files`` entries.

    The folder may change meanwhile, and parts that cannot be read are not counted.
    """
    size = count = 0
    waiting = [os.fspath(folder)]
    while waiting and count <= files:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    count += 1
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    if count > files:
                        break
        except OSError:
            continue
    return size, count


def remove(folder: Path) -> None:
    """Remove ``folder``, although it may hold unreadable folders and be thousands of levels deep.

    No process may write to it any more. Folders inside folders are first moved up to the top, so
    that no path gets long and nothing recurses.

    Raises:
        OSError: something in it belongs to another user.
    """
    try:
        folder.chmod(0o700)
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        # Nothing that the child made at the top can have such a name.
        moved, prefix = 0, secrets.token_hex(16)
        waiting = _empty(top)
        while waiting:
            name = waiting.pop()
            os.chmod(name, 0o700, dir_fd=top)
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
            try:
                for child in _empty(inner):
                    os.chmod(child, 0o700, dir_fd=inner)
                    moved += 1
                    fresh = f"{prefix}-{moved}"
                    os.rename(child, fresh, src_dir_fd=inner, dst_dir_fd=top)
                    waiting.append(fresh)
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    folder.rmdir()


def _empty(handle: int) -> list[str]:
    """Remove what is no folder; return the names of the folders."""
    folders = []
    for name in os.listdir(handle):
        mode = os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            folders.append(name)
        else:
            os.unlink(name, dir_fd=handle)
    return folders
