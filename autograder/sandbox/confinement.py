"""What a child gives up before it runs a student's first line: files, network, processes, time.

A freshly forked child calls `confine` while it has one thread, and cannot undo it afterwards.
`resources` limits memory, time and files. `landlock` restricts files, TCP and signals; where it is
missing, `mounts` hides the files of other children. `seccomp` refuses the remaining system calls.

The rest of the sandbox uses these steps through this module.
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

# What Python and TensorFlow read outside their own folders.
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
# The part of a virtual environment that holds code.
IN_A_PREFIX = ("lib", "lib64", "share", "pyvenv.cfg")


def hide_memory() -> None:
    """Stop other processes of the same user from reading this one's memory and environment.

    Raises:
        OSError: the kernel refused.
    """
    prctl(PR_SET_DUMPABLE, 0)


def die_with_parent(parent: int, how: signal.Signals = signal.SIGKILL) -> None:
    """Send this process the signal ``how`` when the thread that started it ends.

    Args:
        parent: process id of the parent. If the parent has already ended, this process exits.
        how: the signal.
    """
    prctl(PR_SET_PDEATHSIG, how)
    if os.getppid() != parent:
        os._exit(0)


def confine(
    scratch: Path, readable: Iterable[Path], limits: Limits, landlock: int, run_folder: Path
) -> None:
    """Give up everything except reading ``readable``, and reading and writing ``scratch``.

    The order matters: each step needs what a later one takes away.

    Args:
        scratch: the child's own folder.
        readable: files and folders of the runtime.
        limits: memory, time and files that the child may use.
        landlock: the version of Landlock to use. 0 for none: then bubblewrap must surround this
            process, and mounts hide everything else in ``run_folder``.
        run_folder: the folder that holds the scratch folders of all children.

    Raises:
        ConfinementError: a protection is missing. Do not run student code.
    """
    try:
        limit_resources(limits)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        if not landlock:
            hide_other_folders(scratch, run_folder)
        _drop_capabilities()
        if landlock:
            restrict_files(scratch, readable, min(landlock, landlock_abi()))
            # The grader looks at this process's open files; Landlock keeps other children out.
            prctl(PR_SET_DUMPABLE, 1)
        filter_system_calls(landlock)
    except OSError as error:
        raise ConfinementError(f"the kernel refused to confine a process: {error}") from error


def _drop_capabilities() -> None:
    """Make root an ordinary user to the kernel.

    The uid stays the same, because only that user may be able to read the runtime.
    """
    try:
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
        for capability in range(64):
            prctl(PR_CAPBSET_DROP, capability)
    except OSError as error:
        # EINVAL: there are no more capabilities. EPERM: not root, and then the bounding set has no
        # effect, because the child cannot start programs.
        if error.errno not in (errno.EINVAL, errno.EPERM):
            raise
    header = struct.pack("Ii", 0x20080522, 0)  # version 3, this process
    if libc.capset(header, bytes(24)) != 0:  # effective, permitted, inheritable, twice 32 bits
        raise OSError(ctypes.get_errno(), "capset")


def readable_paths() -> tuple[Path, ...]:
    """The files and folders that a Python program on this machine reads, sorted.

    They include this package but not the rest of the repository. A virtual environment may be the
    course folder itself, so only its code folders count.
    """
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = {Path(path) for path in SYSTEM}
    paths |= {Path(prefix, name) for prefix in prefixes for name in IN_A_PREFIX}
    paths |= {Path(sysconfig.get_path(name)) for name in names}
    paths.add(Path(__file__).parent.parent)
    # Sorted, so that all runs agree. Not resolved, because /proc/self is another process here.
    return tuple(sorted(path for path in paths if path.exists()))
