"""The zygote as a program: its command line, its environment, and what it prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import IO

from autograder.sandbox.levels import Level


def zygote(
    control: int, run_folder: Path, home: Path, service: str, level: Level, log: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a zygote, inside bubblewrap if the level says so.

    Args:
        control: descriptor of its end of the control socket.
        run_folder: where everything of this run is.
        home: its own folder within that.
        service: module that children run, by dotted name or ``.py`` path.
        log: gets what it prints.

    Raises:
        OSError: no process could be started.
    """
    return subprocess.Popen(
        _command(control, run_folder, service, level),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=log,
        pass_fds=[control],
        env=_environment(home),
        cwd=home,
        start_new_session=True,  # Ctrl-C is not for it
    )


def _command(control: int, run_folder: Path, service: str, level: Level) -> list[str]:
    # -I: neither the environment nor the current folder decides what is imported.
    module = [sys.executable, "-I", "-m", "autograder.sandbox.zygote", str(control)]
    if not level.bubblewrap:
        return [*module, str(os.getpid()), str(run_folder), service]
    # Only Linux has what this module needs, so it cannot be imported above.
    from autograder.sandbox import bubblewrap

    further = [Path(service)] if service.endswith(".py") else []
    return [*bubblewrap.command(run_folder, further), *module, "0", str(run_folder), service]


def _environment(home: Path) -> dict[str, str]:
    """Nothing of the grader's environment: it may hold tokens."""
    environment = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "OPENBLAS_NUM_THREADS": "1",  # else OpenBLAS starts threads when NumPy is imported
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
    }
    if "LD_LIBRARY_PATH" in os.environ:  # some interpreters do not start without it
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return environment


def without_noise(log: str) -> str:
    """What a zygote printed, without TensorFlow's remarks on its own start."""
    noise = re.compile(r"[IWE]\d{4} .*|WARNING: All log messages before absl.*|Fontconfig error.*")
    return "\n".join(line for line in log.splitlines() if not noise.fullmatch(line)).strip()
