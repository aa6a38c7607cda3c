"""Kill processes at random moments while a class is graded, and compare the grades.

    uv run python benchmarks/faults.py                        # 50 kills over a class of 40
    uv run python benchmarks/faults.py --kills 500 --chance 7

Grades a class once undisturbed. Then grades it again with the same seed, and from time to time
sends SIGKILL to the grader, to the process that starts the children, or to a child. After a kill of
the grader, the command runs again without the seed, which the course must remember.

Each class must end with the same results, gradebook, grades and pages. A student who was graded
before a kill must not be graded again after it. No file, folder or process may be left. Otherwise
the exit code is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "tests" / "hostile" / "solutions"
ASSIGNMENT = "descent"
SEED = 20_261_123
GAVE_UP = {1: "The grader itself failed on", 2: "ended by signal 9"}
"""Exit codes and messages of a run that gives up because its processes were killed too often."""

RUN_SECONDS = 600
"""A run that takes longer counts as hanging."""

OPTIMIZER = """
import keras


class Descent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        self.assign_{sign}(variable, learning_rate * gradient)
"""
AVERAGE = """
def average(numbers):
    return sum(numbers){divided}
"""
STYLES = [
    OPTIMIZER.format(sign="sub") + AVERAGE.format(divided=" / len(numbers)"),
    OPTIMIZER.format(sign="add") + AVERAGE.format(divided=" / len(numbers)"),
    OPTIMIZER.format(sign="sub") + AVERAGE.format(divided=""),
    AVERAGE.format(divided=" / len(numbers)"),
]


class Failed(Exception):  # noqa: N818 - it says what happened
    """Something differs from an undisturbed class."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--students", type=int, default=40)
    parser.add_argument("--chance", type=int, default=0, help="seed for moments and victims")
    options = parser.parse_args()
    chance = random.Random(options.chance)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        calm = make_course(Path(folder, "calm"), options.students)
        finish(start(calm, Path(folder)))
        wanted = outcome(calm)
        print(f"{options.students} students graded undisturbed")
        killed: Counter[str] = Counter()
        classes = 0
        try:
            while killed.total() < options.kills:
                classes += 1
                course = make_course(Path(folder, f"class-{classes}"), options.students)
                killed += disturbed(course, Path(folder), chance, options.kills - killed.total())
                differences(wanted, outcome(course))
                shutil.rmtree(course)
        except Failed as failure:
            print(f"FAILED in class {classes}, after {dict(killed)} in the others: {failure}")
            sys.exit(1)
    print(
        f"{killed.total()} kills survived in {classes} classes of {options.students}: "
        + ", ".join(f"{count} of the {what}" for what, count in sorted(killed.items()))
    )


def make_course(root: Path, students: int) -> Path:
    shutil.copytree(SOURCES, root / "solutions")
    for number in range(students):
        place = root / "submitted" / f"student-{number:02d}" / ASSIGNMENT
        place.mkdir(parents=True)
        # In words of their own: what is written alike would be graded once, and be over too soon.
        (place / f"{ASSIGNMENT}.py").write_text(f"{STYLES[number % len(STYLES)]}# {number}\n")
    return root


def start(course: Path, folder: Path) -> subprocess.Popen[str]:
    """Start the instructor's command, with temporary files where leftovers can be seen."""
    seed = [] if begun(course) else ["--seed", str(SEED)]
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "autograder", "grade", ASSIGNMENT, *seed],
        cwd=course,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(run: subprocess.Popen[str], *, may_give_up: bool = False) -> None:
    try:
        said, _ = run.communicate(timeout=RUN_SECONDS)
    except subprocess.TimeoutExpired:
        run.kill()
        raise Failed(f"still running after {RUN_SECONDS} s") from None
    # Without a terminal, a table breaks its lines anywhere.
    gave_up = GAVE_UP.get(run.returncode, said) in " ".join(said.split())
    if run.returncode != 0 and not (may_give_up and gave_up):
        raise Failed(f"exit code {run.returncode}: {said[-2000:]}")


def disturbed(course: Path, folder: Path, chance: random.Random, most: int) -> Counter[str]:
    """Grade a class to its end with up to ``most`` kills; return how often each kind was killed."""
    killed: Counter[str] = Counter()
    while True:
        before = graded(course)
        run = start(course, folder)
        while killed.total() < most and run.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.wait(chance.uniform(0.2, 12.0))
                break
            what = chance.choice(["grader", "zygote", "child"])
            victim = run.pid if what == "grader" else find(run.pid, what, chance)
            if victim is None or run.poll() is not None:
                continue
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                killed[what] += 1
            if what == "grader":
                run.communicate()
                break
        if run.returncode != -signal.SIGKILL:
            finish(run, may_give_up=True)
        kept = graded(course)
        if again := sorted(student for student in before if before[student] != kept.get(student)):
            raise Failed(f"graded a second time: {', '.join(again)}")
        if run.returncode == 0:
            nothing_left(course, folder)
            return killed


def find(grader: int, what: str, chance: random.Random) -> int | None:
    """The zygote of a grader, or one of its children; None if there is none now."""
    for zygote in children(grader):
        if "autograder.sandbox.zygote" in command(zygote):
            if what == "zygote":
                return zygote
            started = list(children(zygote))
            return chance.choice(started) if started else None
    return None


def children(pid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            yield from map(int, (task / "children").read_text().split())


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def graded(course: Path) -> dict[str, tuple[int, bytes]]:
    """The students graded so far, with their rows: a row that is written again gets a new number.

    A student is not graded yet where the grader itself failed, for example because its zygote was
    killed too often. The next run tries again.
    """
    return {
        student.decode(): (row, report)
        for student, row, report in noted(course, "select student, rowid, report from graded")
        if b'"status":"ungraded"' not in report
    }


def begun(course: Path) -> bool:
    return bool(noted(course, "select seed from run"))


def noted(course: Path, question: str) -> list[tuple]:  # type: ignore[type-arg]
    """Rows of the journal; none if the run was killed before it had a journal."""
    journal = course / ".autograder" / f"{ASSIGNMENT}.run"
    if not journal.exists():
        return []
    with contextlib.closing(sqlite3.connect(journal)) as database:
        try:
            return database.execute(question).fetchall()
        except sqlite3.OperationalError:  # it has no tables yet
            return []


def outcome(course: Path) -> dict[str, object]:
    """Everything that grading a class produces, without times and paths."""
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as database:
        grades = database.execute(
            "select submitted_assignment.student_id, grade_cell.name, grade.auto_score,"
            " grade.needs_manual_grade from grade"
            " join base_cell grade_cell on grade_cell.id = grade.cell_id"
            " join submitted_notebook on submitted_notebook.id = grade.notebook_id"
            " join submitted_assignment"
            " on submitted_assignment.id = submitted_notebook.assignment_id"
            " order by 1, 2"
        ).fetchall()
    outputs = {
        f"{step}/{path.parent.parent.name}": path.read_text()
        for step in ("autograded", "feedback")
        for path in sorted((course / step).glob(f"*/{ASSIGNMENT}/{ASSIGNMENT}.*"))
    }
    return {
        "results": json.loads((course / "results" / f"{ASSIGNMENT}.json").read_text()),
        "gradebook": grades,
        # nbgrader lists students in the order in which its database got them.
        "grades.csv": sorted((course / "grades.csv").read_text().splitlines()),
        **outputs,
    }


def differences(wanted: dict[str, object], found: dict[str, object]) -> None:
    if missing := sorted(wanted.keys() ^ found.keys()):
        raise Failed(f"only in one of the two: {', '.join(missing)}")
    if unequal := sorted(name for name in wanted if wanted[name] != found[name]):
        raise Failed(f"different from an undisturbed class: {', '.join(unequal)}")


def nothing_left(course: Path, folder: Path) -> None:
    hidden = [path for path in course.rglob(".*") if path.name != ".autograder"]
    if hidden:
        raise Failed(f"left over: {', '.join(map(str, hidden))}")
    end = time.monotonic() + 20  # a zygote without its grader removes its folder itself
    temporary = folder / "tmp"
    while left := [*temporary.glob("autograder-*"), *processes(temporary)]:
        if time.monotonic() > end:
            raise Failed(f"left over: {', '.join(map(str, left))}")
        time.sleep(0.2)


def processes(temporary: Path) -> list[str]:
    """Zygotes and children that still use the folder of a run."""
    numbers = [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [number for number in numbers if str(temporary) in command(int(number))]


if __name__ == "__main__":
    main()
