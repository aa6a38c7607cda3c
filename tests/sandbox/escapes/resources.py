"""Attempts to use more than the limits allow."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import resource
from pathlib import Path

from escape_service import syscall


def take_much_memory(on):
    """Address space only: a success costs no page."""
    return len(mmap.mmap(-1, on.memory_bytes, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ))


def write_a_large_file(on):
    with Path("large").open("wb") as file:
        return file.truncate(on.file_bytes)


def raise_its_limits(on):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))
    return "raised"


def enlarge_a_pipe(on):
    """All processes of a user share what pipes may hold."""
    one, other = os.pipe()
    size = fcntl.fcntl(one, fcntl.F_SETPIPE_SZ, 1 << 18)
    os.close(one)
    os.close(other)
    return size


def unshare_its_open_files(on):
    """A thread with a list of its own doubles what may be open, out of the grader's sight."""
    return syscall(436, 1022, 1023, 2) == 0  # close_range, CLOSE_RANGE_UNSHARE


def start_a_thread_with_files_of_its_own(on):
    """Without CLONE_FILES; without CLONE_VM too, so that only the error tells who refused it."""
    try:
        syscall(56, 0x10000 | 0x800, 0, 0, 0, 0)  # CLONE_THREAD, CLONE_SIGHAND
    except OSError as error:
        if error.errno == errno.EINVAL:
            return "the kernel looked at it"
        raise


def open_many_files(on):
    handles = [os.open(os.devnull, os.O_RDONLY) for _ in range(on.open_files)]
    for handle in handles:
        os.close(handle)
    return len(handles)
