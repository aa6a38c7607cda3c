"""A file system of its own for the zygote and its children, made by bubblewrap without root.

Only the runtime is in it, to be read, and the run's folder; there is no network device, and no
process but its own. Where user namespaces are refused (Docker's default, Ubuntu 24.04), or the
program ``bwrap`` is not installed, the sandbox does without.
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
    """Why bubblewrap cannot be used here; "" if it can."""
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
        return f"bubblewrap does not work here ({error})"
    if done.returncode:
        return f"bubblewrap does not work here ({done.stderr.strip()[:200]})"
    return ""


def command(run_folder: Path, further: Iterable[Path]) -> list[str]:
    """What to put before a command to run it inside.

    Args:
        run_folder: may be written.
        further: files and folders that may be read, beside the runtime.
    """
    words = [
        PROGRAM,
        "--unshare-user",
        *("--unshare-pid", "--as-pid-1"),  # so that no process of bubblewrap itself is seen
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
        # To give each child a view of its own; children have lost it before student code runs.
        *("--cap-add", "CAP_SYS_ADMIN"),
        *("--cap-add", "CAP_SETPCAP"),
    ]
    programs = [Path(prefix, "bin") for prefix in (sys.prefix, sys.base_prefix)]
    for path in (*readable_paths(), *programs, *further):
        if not path.is_relative_to("/proc"):
            words += ["--ro-bind-try", str(path), str(path)]
    # Not --dev: for its terminals, bubblewrap puts all but root into a second user namespace, and
    # from there a child could not mount a /proc of its own.
    for device in DEVICES:
        words += ["--dev-bind", device, device]
    words += ["--proc", "/proc"]
    words += ["--bind-try", str(run_folder), str(run_folder), "--remount-ro", "/"]
    return words
