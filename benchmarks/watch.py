"""How long a student waits: ``watch`` after a save, ``check`` cold, beside a bare ``import keras``.

    uv run python benchmarks/watch.py
    uv run python benchmarks/watch.py --only fitting --rounds 9 --json watch.json

In each round, `import keras` and every command run once, and the notebook of every exercise is
saved once while `autograder watch` is warm. A busy machine slows all of them alike: the ratios of
the medians mean more than the seconds. A watch's time begins when the saved file is in its place,
and ends when the line with the exercise's points is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from autograder.sources.assignment import read_assignment
from autograder.sources.course import Course, find_course

EXERCISES = {
    "optimizers": "Momentum",
    "regularization": "L2",
    "dropout": "Dropout",
    "batch_normalization": "BatchNormalization",
    "fitting": "EarlyStopping",
    "gradient_descent": "train",
    "sgd_vs_adam": "fit_linear",
}
"""One exercise of each kind: an optimizer, a regularizer, two layers, a callback, a loop, a
function."""

NEEDED = {"train": "minibatches"}
"""What has to be written as well for an exercise to work."""

ALL = "optimizers"
"""The assignment of which all exercises are checked."""

AUTOGRADER = [sys.executable, "-u", "-m", "autograder"]
LONGEST = 300.0
"""Seconds after which nothing is to be expected any more."""


class Watch:
    """``autograder watch`` of some notebooks, and the lines that it has printed."""

    def __init__(self, notebooks: Sequence[Path]) -> None:
        self.process = subprocess.Popen(
            [*AUTOGRADER, "watch", *map(str, notebooks)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)

    def until(self, words: str) -> None:
        """Wait for a line with these words.

        Raises:
            RuntimeError: it was not printed; says what was.
        """
        said, end = list[str](), time.monotonic() + LONGEST
        while not said or words not in said[-1]:
            try:
                said.append(self._lines.get(timeout=max(0.1, end - time.monotonic())))
            except queue.Empty:
                raise RuntimeError(f"{words!r} was not printed:\n{''.join(said)}") from None


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=EXERCISES, default=list(EXERCISES))
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        course = find_course(Path(__file__).parent)
        figures = measured(course, Path(made), options.only, options.rounds)
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    bare = statistics.median(figures["import keras"])
    print(f"{os.cpu_count()} CPUs, load {load}, {options.rounds} rounds")
    print(f"{'':36s} {'median':>8s} {'least':>8s} {'most':>8s}   x import keras")
    for what, seconds in figures.items():
        median = statistics.median(seconds)
        print(
            f"{what:36s} {median:6.2f} s {min(seconds):6.2f} s {max(seconds):6.2f} s"
            f"   {median / bare:5.2f}"
        )
    if options.json:
        found = {"cpus": os.cpu_count(), "load": os.getloadavg(), "seconds": figures}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def measured(
    course: Course, folder: Path, names: Sequence[str], rounds: int
) -> dict[str, list[float]]:
    """The seconds of each thing, one for each round."""
    notebooks = {name: solved(course, name, folder / "one", EXERCISES[name]) for name in names}
    whole = solved(course, ALL, folder / "all")
    commands = {
        "import keras": [sys.executable, "-c", "import keras"],
        **{
            f"check --only {EXERCISES[name]}": [
                *AUTOGRADER, "check", str(notebook), "--only", EXERCISES[name]
            ]
            for name, notebook in notebooks.items()
        },
        f"check, all of {ALL}": [*AUTOGRADER, "check", str(whole)],
    }  # fmt: skip
    found: dict[str, list[float]] = {what: [] for what in commands}
    watch = Watch(list(notebooks.values()))
    try:
        watch.until("Watching")
        for number in range(rounds):
            for what, command in commands.items():
                found[what].append(timed(partial(run, command)))
                # Beside each command, so that they are slowed down alike.
                for name in (name for name in names if what.endswith(f"--only {EXERCISES[name]}")):
                    save = f"watch, {EXERCISES[name]} saved"
                    write(notebooks[name], solution(course, name, EXERCISES[name], number))
                    verdict = partial(watch.until, f"{EXERCISES[name]}: ")
                    found.setdefault(save, []).append(timed(verdict))
    finally:
        watch.process.terminate()
        watch.process.wait(timeout=30)
    return found


def timed(do: Callable[[], None]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


def run(command: Sequence[str]) -> None:
    # 1 if something is left to do, such as a prediction.
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def solved(course: Course, name: str, folder: Path, only: str = "") -> Path:
    """A copy of a release in which one exercise is solved, or all of them."""
    release = folder / name
    shutil.copytree(course.release(name), release)
    notebook = release / f"{name}.ipynb"
    assignment = read_assignment(course.solution(name))
    kept = {only, NEEDED.get(only)} if only else assignment.cells.keys()
    cells = {each: text for each, text in assignment.cells.items() if each in kept}
    write(notebook, cells)
    return notebook


def solution(course: Course, name: str, exercise: str, number: int) -> dict[str, str]:
    """The cell of an exercise, with a statement that makes its code another one."""
    cell = read_assignment(course.solution(name)).cells[exercise]
    head, _, rest = cell.partition("### BEGIN SOLUTION")
    indent = head[head.rindex("\n") + 1 :]
    return {exercise: f"{head}_save = {number}\n{indent}### BEGIN SOLUTION{rest}"}


def write(notebook: Path, cells: dict[str, str]) -> None:
    """Put code into the cells of exercises, and save the notebook as editors do: at once."""
    raw = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in raw["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in cells:
            cell["source"] = cells[name].splitlines(keepends=True)
    new = notebook.with_suffix(".new")
    new.write_text(json.dumps(raw, indent=1, ensure_ascii=False), encoding="utf-8")
    new.replace(notebook)


if __name__ == "__main__":
    main()
