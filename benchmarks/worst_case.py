"""The longest and the largest that a hostile submission can make grading.

    uv run python benchmarks/worst_case.py                       # the bounds of every assignment
    uv run python benchmarks/worst_case.py descent --try floods  # one that really does it
    uv run python benchmarks/worst_case.py descent --try sleeps

The bounds follow from what the reference takes here: the seconds of one submission, and of a class
of 40 with five hostile ones on two cores. Beside each is what there would be without a total, if
every check slept up to its own limit, and then killed its process.

``--try`` grades a submission that does it, and prints its seconds and by how much the memory of the
grader has grown. `floods` answers every check with arrays of 60 MB that the check does not ask for.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from autograder.grading.allowance import Allowance
from autograder.grading.grade import grade_submission
from autograder.grading.observe import KILLS, LOAD_SECONDS, probing_sandbox
from autograder.grading.oracle import LiveOracle
from autograder.grading.seeds import new_seed
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.submitted_files import find_submission

ROOT = Path(__file__).parents[1]
FOLDERS = [ROOT / "solutions", ROOT / "tests" / "hostile" / "solutions"]

CLASS, HOSTILE, JOBS = 40, 5, 2

ANSWERS = {
    "honest": "None",
    "sleeps": "(time.sleep(16), {})",
    "kills": "(time.sleep(16), os.kill(os.getpid(), signal.SIGKILL))",
    "spins": "[None for _ in iter(int, 1)]",
    "crashes": "os._exit(3)",
    "floods": "(None, {'x': np.ones(7_500_000)})",
    "swells": "(None, {name: np.ones(30_000) for name in map(str, range(200))})",
}
"""What a submission does instead of answering a probe."""

BODY = """
class {name}:
    import os, signal, sys, time
    import numpy as np

    def answer(*_, os=os, signal=signal, time=time, np=np):
        return {answer}

    sys.modules["autograder.probing.child"]._observe = answer
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="assignments; default: all of the course")
    parser.add_argument("--try", dest="way", choices=ANSWERS, help="what a submission does")
    options = parser.parse_args()
    names = options.names or sorted(
        path.name for path in FOLDERS[0].iterdir() if (path / "checks.py").exists()
    )
    with probing_sandbox() as sandbox:
        for name in names:
            folder = next(parent / name for parent in FOLDERS if (parent / name).is_dir())
            assignment = read_assignment(folder)
            oracle = LiveOracle(sandbox, assignment, new_seed())
            bounds(assignment, oracle)
            if options.way:
                attempt(assignment, oracle, sandbox, options.way)


def bounds(assignment: Assignment, oracle: LiveOracle) -> None:
    checks = assignment.check_set.checks
    trials = oracle.trials(checks)
    honest = sum(oracle.expected(check).seconds for check in checks)
    wall = Allowance.of(trials).submission.wall
    # Loaded anew for every attempt.
    without = sum(KILLS * (6 * LOAD_SECONDS + 5 + 6 * trial.cpu_seconds + 5) for trial in trials)
    print(f"{assignment.name}: {len(checks)} checks, the reference takes {honest:.1f} CPU s")
    for what, seconds in (("without a total", without), ("now", wall)):
        whole = (HOSTILE * seconds + (CLASS - HOSTILE) * honest) / JOBS
        print(
            f"  {what:16s} {seconds:8.0f} s a submission, {whole / 60:8.1f} min a class of "
            f"{CLASS} with {HOSTILE} hostile ones"
        )


def attempt(assignment: Assignment, oracle: LiveOracle, sandbox: Sandbox, way: str) -> None:
    text = "\n".join(
        BODY.format(name=exercise.name, answer=ANSWERS[way])
        for exercise in assignment.check_set.exercises
    )
    with tempfile.TemporaryDirectory() as made:
        place = Path(made, assignment.name)
        place.mkdir()
        (place / f"{assignment.name}.py").write_text(text)
        submission = find_submission(place, assignment.name, way)
        before, started = peak(), time.monotonic()
        report = grade_submission(submission, assignment.check_set, oracle, sandbox)
        seconds = time.monotonic() - started
    print(f"  {way}: {seconds:.0f} s, {peak() - before:.0f} MB more memory; score {report.score:g}")
    said = {v.message: e.name for e in report.exercises for v in e.verdicts}
    for message, name in list(said.items())[:6]:
        print(f"    {name}: {message}")


def peak() -> float:
    """The largest resident memory of the grader so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
