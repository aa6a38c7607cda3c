"""What a child gives up before it runs a student's first line: files, network, processes, time.

Everything here is called in the freshly forked child, while it has one thread, and cannot be
undone by it. Landlock (a kernel mechanism that needs no root) covers files, TCP and signals;
a seccomp filter covers what Landlock does not; resource limits bound memory, time and files.

The kernel is called through ctypes: of the packages that were tried, ``landlock`` 1.0.0.dev5
covers files but neither TCP nor signals, ``pyseccomp`` 0.1.2 needs a system libseccomp and looks
for it by starting programs, and ``landlockpy`` 0.2.0 covers Landlock only, with ctypes of its own.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import struct
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from autograder.sandbox.kernel import (
    PR_CAP_AMBIENT,
    PR_CAP_AMBIENT_CLEAR_ALL,
    PR_CAPBSET_DROP,
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    ConfinementError,
    libc,
    prctl,
)
from autograder.sandbox.landlock import landlock_abi, restrict_files
from autograder.sandbox.limits import Limits
from autograder.sandbox.mounts import hide_other_folders
from autograder.sandbox.resources import limit_resources
from autograder.sandbox.seccomp import filter_system_calls

__all__ = [
    "ConfinementError",
    "confine",
    "die_with_parent",
    "hide_memory",
    "landlock_abi",
    "limit_resources",
    "readable_paths",
]

SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
)
IN_A_PREFIX = ("lib", "lib64", "share", "pyvenv.cfg")


def hide_memory() -> None:
    """Keep other processes of the same user from reading this one's memory and environment."""
    prctl(PR_SET_DUMPABLE, 0)


def die_with_parent(parent: int, how: signal.Signals = signal.SIGKILL) -> None:
    """Receive ``how`` when the thread that started this process ends.

    Args:
        parent: the process id that the parent is known to have; if it is gone already, exit.
    """
    prctl(PR_SET_PDEATHSIG, how)
    if os.getppid() != parent:
        os._exit(0)


def confine(
    scratch: Path, readable: Iterable[Path], limits: Limits, landlock: int, run_folder: Path
) -> None:
    """Give up everything but reading ``readable``, and reading and writing in ``scratch``.

    Args:
        landlock: the version of Landlock to use. 0: none, so that bubblewrap has to be around this
            process, and everything else in ``run_folder`` is hidden by mounts.

    Raises:
        ConfinementError: a protection is missing; nothing of the student's may run then.
    """
    try:
        limit_resources(limits)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        if not landlock:
            hide_other_folders(scratch, run_folder)
        _drop_capabilities()
        if landlock:
            restrict_files(scratch, readable, min(landlock, landlock_abi()))
            # For the grader, who looks at its open files. Landlock keeps its neighbours out.
            prctl(PR_SET_DUMPABLE, 1)
        filter_system_calls(landlock)
    except OSError as error:
        raise ConfinementError(f"the kernel refused to confine a process: {error}") from error


def _drop_capabilities() -> None:
    """Make root an ordinary user to the kernel. The uid stays: only it may reach the runtime."""
    try:
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
        for capability in range(64):
            prctl(PR_CAPBSET_DROP, capability)
    except OSError as error:
        # EINVAL: past the last one. EPERM: not root; without exec the bounding set is moot.
        if error.errno not in (errno.EINVAL, errno.EPERM):
            raise
    header = struct.pack("Ii", 0x20080522, 0)  # version 3, this process
    if libc.capset(header, bytes(24)) != 0:  # effective, permitted, inheritable, twice 32 bits
        raise OSError(ctypes.get_errno(), "capset")


def readable_paths() -> tuple[Path, ...]:
    """What any Python program on this machine needs to read: the runtime, and this package.

    Of a virtual environment only the folders that hold code count, since the environment may be
    the course folder itself, and of the repository only the package.
    """
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = {Path(path) for path in SYSTEM}
    paths |= {Path(prefix, name) for prefix in prefixes for name in IN_A_PREFIX}
    paths |= {Path(sysconfig.get_path(name)) for name in names}
    paths.add(Path(__file__).parent.parent)
    # Sorted, so that one run is as the next; /proc/self would resolve to the wrong process here.
    return tuple(sorted(path for path in paths if path.exists()))
