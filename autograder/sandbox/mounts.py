"""Mounts that only one child sees. They separate children where there is no Landlock."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from autograder.sandbox.kernel import libc

CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 1 << 14, 1 << 18


def hide_other_folders(scratch: Path, run_folder: Path) -> None:
    """Hide the folders of other children, other processes, and the settings of the machine.

    An empty folder covers that of the run and holds only this child's own. A new /proc shows this
    process only, so that root cannot write settings of the kernel there.

    Args:
        scratch: the child's own folder, inside ``run_folder``.
        run_folder: the folder that holds the scratch folders of all children.

    Raises:
        OSError: the kernel refused. Mounting needs CAP_SYS_ADMIN, which bubblewrap grants.
    """
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    careful = MS_NOSUID | MS_NODEV | MS_NOEXEC
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    handle = os.open(scratch, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _mount("tmpfs", run_folder, "tmpfs", careful, "size=64k,mode=755")
        scratch.mkdir(mode=0o700)
        _mount(f"/proc/self/fd/{handle}", scratch, None, MS_BIND)
    finally:
        os.close(handle)
    _mount("none", run_folder, None, MS_REMOUNT | MS_BIND | MS_RDONLY | careful)
    # hidepid=4: lower values make an exception for root's group.
    _mount("proc", "/proc", "proc", careful | MS_RDONLY, "hidepid=4,subset=pid")
    os.chdir(scratch)


def _mount(
    source: str, target: Path | str, kind: str | None, flags: int, options: str = ""
) -> None:
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    if libc.mount(*words, ctypes.c_ulong(flags), options.encode() or None) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"mount on {target}: {os.strerror(number)}")
