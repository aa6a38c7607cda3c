"""Cold starts: ``autograder check`` and ``--help`` beside a bare ``import keras``.

    uv run python benchmarks/cold_start.py

Medians of whole processes, run in turn, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
ROUNDS = 5
AUTOGRADER = [sys.executable, "-m", "autograder"]
NAME = "optimizers"
BARE = "import keras"


def medians(rounds: int) -> dict[str, float]:
    """Seconds of each command, by what it does."""
    with TemporaryDirectory(prefix="benchmark-") as place:
        # A copy: a check remembers beside the file what it found.
        release = Path(place, NAME)
        shutil.copytree(ROOT / "assignments" / NAME, release)
        shutil.copy(ROOT / "solutions" / NAME / f"{NAME}.py", release)
        check = [*AUTOGRADER, "check"]
        commands = {
            BARE: [sys.executable, "-c", "import keras"],
            "check, one exercise unwritten": [*check, f"{NAME}.ipynb", "--only", "Momentum"],
            "check, six exercises right": [*check, f"{NAME}.py"],
            "--help": [*AUTOGRADER, "--help"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                started = time.perf_counter()
                subprocess.run(command, capture_output=True, cwd=release, check=False)
                seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(measured) for name, measured in seconds.items()}


def main() -> None:
    measured = medians(ROUNDS)
    for name, median in measured.items():
        print(f"{name:32s} {median:6.2f} s   {median / measured[BARE]:5.2f} x import keras")


if __name__ == "__main__":
    main()
