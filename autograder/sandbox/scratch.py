"""A child's private folder: measured while the child writes to it, removed with all it contains."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

ATTEMPTS = 100
"""How often to try to remove a folder in which another thread keeps making new ones."""


_held: dict[Path, int] = {}
"""A handle of each folder of a run of this process, with a lock that ends with the process."""


def run_folder() -> Path:
    """A new folder for one run; its name contains the number of this process."""
    folder = Path(tempfile.mkdtemp(prefix=f"autograder-{os.getpid()}-")).resolve()
    _held[folder] = os.open(folder, os.O_RDONLY)
    _locked(_held[folder])
    return folder


def sweep() -> None:
    """Remove what killed runs left behind whose zygote was killed too.

    Under bubblewrap, a zygote cannot remove the folder of its run, which is mounted there.
    """
    for path in Path(tempfile.gettempdir()).glob("autograder-*"):
        name = re.fullmatch(r"autograder-(\d+)-\w+", path.name)
        if name and not psutil.pid_exists(int(name[1])) and not _in_use(path):
            with contextlib.suppress(OSError):
                if path.stat(follow_symlinks=False).st_uid == os.getuid():
                    remove(path)


def _in_use(folder: Path) -> bool:
    """Whether a run goes on there whose process cannot be seen.

    Containers may share their folder of temporary files, and not their numbers of processes.
    """
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not _locked(handle)
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    """Lock a folder as long as it stays open; False if another handle of it has the lock."""
    import fcntl  # Windows has none, and no sandbox

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # this file system knows no locks
    return True


def usage(folder: Path, files: int) -> tuple[int, int]:
    """Bytes on disk and number of entries below ``folder``; stops soon after ``files`` entries.

    The folder may change meanwhile.

    Raises:
        HiddenError: a part of it cannot be read.
    """
    size = count = 0
    waiting = [os.fspath(folder)]
    while waiting and count <= files:
        here = waiting.pop()
        with _although_it_changes(), os.scandir(here) as entries:
            for entry in entries:
                count += 1
                with _although_it_changes():
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                if count > files:
                    break
    return size, count


class HiddenError(Exception):
    """A folder that may not be read, or whose path is too long."""


@contextlib.contextmanager
def _although_it_changes() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EACCES, errno.ENAMETOOLONG, errno.ELOOP):
            raise HiddenError from error


def deleted(pid: int) -> int:
    """Bytes on disk of files that a process has deleted and still has open; 0 if unknown.

    psutil's ``open_files`` leaves out exactly these.
    """
    sizes = {}
    with contextlib.suppress(OSError), os.scandir(f"/proc/{pid}/fd") as handles:
        for handle in handles:
            with contextlib.suppress(OSError):  # closed meanwhile
                found = handle.stat()
                if stat.S_ISREG(found.st_mode) and not found.st_nlink:
                    sizes[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(sizes.values())


def remove(folder: Path) -> None:
    """Remove ``folder``, although it may hold unreadable folders and be thousands of levels deep.

    No process may write to it any more; another thread may remove the same or a part of it.

    Raises:
        OSError: something in it belongs to another user.
    """
    attempts = 0
    while os.path.lexists(folder):
        attempts += 1
        try:
            _remove(folder)
        except OSError as error:
            # Another thread was faster, or made a new one: look again.
            if error.errno not in (errno.ENOENT, errno.ENOTEMPTY) or attempts == ATTEMPTS:
                raise
    if (handle := _held.pop(folder, None)) is not None:
        os.close(handle)


def _remove(folder: Path) -> None:
    """Walk with one open folder at a time, so that no path gets long and nothing recurses."""
    folder.chmod(0o700)
    here = _open(folder)
    try:
        names: list[str] = []  # from ``folder`` down to here
        waiting = [_empty(here)]  # for each level, the folders in it that are still to be removed
        while True:
            if waiting[-1]:
                name = waiting[-1].pop()
                os.chmod(name, 0o700, dir_fd=here)
                here = _go(here, name)
                names.append(name)
                waiting.append(_empty(here))
            elif names:
                here = _go(here, "..")
                waiting.pop()
                os.rmdir(names.pop(), dir_fd=here)
            else:
                break
    finally:
        os.close(here)
    folder.rmdir()


def _open(folder: Path | str, within: int | None = None) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=within)


def _go(here: int, name: str) -> int:
    there = _open(name, within=here)
    os.close(here)
    return there


def _empty(handle: int) -> list[str]:
    """Remove everything but folders; return their names."""
    folders = []
    for name in os.listdir(handle):
        mode = os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            folders.append(name)
        else:
            os.unlink(name, dir_fd=handle)
    return folders
