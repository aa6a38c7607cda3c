"""A separate file system for the zygote and its children, made by bubblewrap without root.

It contains the runtime, read-only, and the run's folder. There is no network device and no other
process. The sandbox works without it where the program ``bwrap`` is not installed or the system
refuses user namespaces (Docker by default, Ubuntu 24.04).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from autograder.sandbox.confinement import readable_paths
from autograder.sandbox.landlock import DEVICES

TRY_SECONDS = 10.0
PROGRAM = "bwrap"


def problem() -> str:
    """Why bubblewrap cannot be used on this system; "" if it can."""
    if shutil.which(PROGRAM) is None:
        return "bubblewrap (bwrap) is not installed"
    try:
        done = subprocess.run(
            [*command(Path("/nonexistent"), ()), sys.executable, "-I", "-S", "-c", ""],
            capture_output=True,
            text=True,
            timeout=TRY_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap failed to start ({error})"
    if done.returncode:
        return f"bubblewrap failed to start ({done.stderr.strip()[:200]})"
    return ""


def command(run_folder: Path, further: Iterable[Path]) -> list[str]:
    """The words to put before a command to run it inside bubblewrap.

    Args:
        run_folder: the folder that may be written.
        further: files and folders that may be read in addition to the runtime.
    """
    words = [
        PROGRAM,
        "--unshare-user",
        *("--unshare-pid", "--as-pid-1"),  # hides bubblewrap's own process
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
        # For the mounts of each child, which gives it up before student code runs.
        *("--cap-add", "CAP_SYS_ADMIN"),
        *("--cap-add", "CAP_SETPCAP"),
    ]
    programs = [Path(prefix, "bin") for prefix in (sys.prefix, sys.base_prefix)]
    for path in (*readable_paths(), *programs, *further):
        if not path.is_relative_to("/proc"):
            words += ["--ro-bind-try", str(path), str(path)]
    # Not --dev: for its terminals, bubblewrap starts a second user namespace unless you are root,
    # and from there a child could not mount its own /proc.
    for device in DEVICES:
        words += ["--dev-bind", device, device]
    words += ["--proc", "/proc"]
    words += ["--bind-try", str(run_folder), str(run_folder), "--remount-ro", "/"]
    return words
