"""Limits of memory, CPU time and files, which the kernel enforces."""

from __future__ import annotations

import contextlib
import resource
from pathlib import Path

from autograder.sandbox.kernel import PR_SET_DUMPABLE, prctl
from autograder.sandbox.limits import Limits


def limit_resources(limits: Limits) -> None:
    """Limit what this process may use, for as long as it lives.

    Limits that are already lower stay. Memory counts from what is mapped now.

    Raises:
        OSError: the kernel refused.
    """
    with Path("/proc/self/statm").open("rb") as file:
        mapped_bytes = int(file.read().split()[0]) * resource.getpagesize()
    for kind, soft, hard in (
        (resource.RLIMIT_AS, mapped_bytes + limits.memory_bytes, None),
        # SIGXCPU, which code can catch, then SIGKILL 5 s later.
        (resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 5),
        (resource.RLIMIT_FSIZE, limits.file_bytes, None),
        (resource.RLIMIT_NOFILE, limits.open_files, None),
        (resource.RLIMIT_CORE, 0, None),
        (resource.RLIMIT_MEMLOCK, 0, None),
        (resource.RLIMIT_NPROC, _threads_on_this_machine() + 8 * limits.threads, None),
    ):
        wanted = (soft, soft if hard is None else hard)
        ceiling = resource.getrlimit(kind)[1]
        if ceiling != resource.RLIM_INFINITY:
            wanted = (min(wanted[0], ceiling), min(wanted[1], ceiling))
        resource.setrlimit(kind, wanted)
    # If the machine runs out of memory, the kernel ends the child and not the grader. The file
    # belongs to root while the memory is hidden, so show the memory for a moment.
    prctl(PR_SET_DUMPABLE, 1)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    prctl(PR_SET_DUMPABLE, 0)


def _threads_on_this_machine() -> int:
    """How many threads there are: the kernel counts those of a user, whatever started them."""
    running_of_all = Path("/proc/loadavg").read_text().split()[3]  # proc(5): "2/345"
    return int(running_of_all.partition("/")[2])
