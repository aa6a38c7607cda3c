"""Mounts that only one child sees, where Landlock does not keep children apart."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from autograder.sandbox.kernel import libc

CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 1 << 14, 1 << 18


def hide_other_folders(scratch: Path, run_folder: Path) -> None:
    """Where Landlock does not keep children apart: mounts that no other process sees.

    An empty folder over that of the run, and in it nothing but this child's own; and a /proc that
    shows no other process and nothing of the machine, least of all settings that root may write.
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
    # By hidepid, because belonging to root's group would show them all.
    _mount("proc", "/proc", "proc", careful | MS_RDONLY, "hidepid=4,subset=pid")
    os.chdir(scratch)


def _mount(
    source: str, target: Path | str, kind: str | None, flags: int, options: str = ""
) -> None:
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    if libc.mount(*words, ctypes.c_ulong(flags), options.encode() or None) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"mount on {target}: {os.strerror(number)}")
