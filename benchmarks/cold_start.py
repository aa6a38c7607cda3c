"""Cold starts: ``autograder check`` and ``--help`` beside a bare ``import keras``.

    uv run python benchmarks/cold_start.py

Medians of whole processes, run in turn, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROUNDS = 5
AUTOGRADER = [sys.executable, "-m", "autograder"]
NOTEBOOK = str(ROOT / "assignments" / "optimizers" / "optimizers.ipynb")
BARE = "import keras"
COMMANDS = {
    BARE: [sys.executable, "-c", "import keras"],
    "check, one exercise unwritten": [*AUTOGRADER, "check", NOTEBOOK, "--only", "Momentum"],
    "check, six exercises right": [
        *AUTOGRADER,
        "check",
        str(ROOT / "solutions" / "optimizers" / "optimizers.py"),
    ],
    "--help": [*AUTOGRADER, "--help"],
}


def medians(rounds: int) -> dict[str, float]:
    """Seconds of each command, by what it does."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            started = time.perf_counter()
            subprocess.run(command, capture_output=True, cwd=ROOT, check=False)
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(measured) for name, measured in seconds.items()}


def main() -> None:
    measured = medians(ROUNDS)
    for name, median in measured.items():
        print(f"{name:32s} {median:6.2f} s   {median / measured[BARE]:5.2f} x import keras")


if __name__ == "__main__":
    main()
