"""Whole classes graded by the command that instructors type, and what that leaves on the disk."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from class_variants import alike, distinct_class, realistic_class, scratch_course
from figures import KNOWN, NBGRADER, OTTER, OURS, UNCHANGED, Found
from other_graders import nbgrader, otter, otter_environment, otter_version
from process_tree import Used, run

from autograder.sources.assignment import Assignment
from autograder.sources.course import Course

Say = Callable[[str], None]

OUTPUTS = ("submitted", "autograded", "feedback", "results", "gradebook.db", ".autograder")
"""What a class takes on the disk, in its course folder."""


def grade(
    course: Course,
    name: str,
    *,
    cores: Sequence[int] | None = None,
    jobs: int = 2,
    restart: bool = False,
) -> Used:
    """Grade a class: ``autograder grade``."""
    command = [sys.executable, "-m", "autograder", "grade", name, "--jobs", str(jobs)]
    if restart:
        command.append("--restart")
    return run(command, course.root, cores=cores, output=course.root / "grade.log")


def graders(name: str, students: int, sample: int, say: Say) -> Found:
    """A distinct and a realistic class by this grader, the first one also by the others.

    Args:
        sample: how many of the students the others get: they are slow, and the seconds that they
            take for one do not depend on the rest.
    """
    found: Found = {"assignment": name, "students": students, "sample": sample, "classes": {}}
    for kind, write in (("distinct", distinct_class), ("realistic", realistic_class)):
        with TemporaryDirectory(prefix="benchmark-") as place:
            course, assignment = scratch_course(name, Path(place, "course"))
            write(assignment, course, students)
            exercises, different = alike(assignment, course)
            runs = _our_runs(course, name, students, say)
            disk = {each: size_of(course.root / each) for each in OUTPUTS}
            if kind == "distinct" and sample:
                runs |= _other_runs(course, assignment, Path(place), sample, say, found)
        found["classes"][kind] = {
            "exercises": exercises,
            "different": different,
            "bytes": disk,
            "runs": runs,
        }
    return found


def _our_runs(course: Course, name: str, students: int, say: Say) -> Found:
    runs: Found = {}
    for what, restart in ((OURS, False), (UNCHANGED, False), (KNOWN, True)):
        runs[what] = _per(grade(course, name, restart=restart), students)
        say(f"{what}: {_said(runs[what])}")
    return runs


def _other_runs(
    course: Course, assignment: Assignment, place: Path, sample: int, say: Say, found: Found
) -> Found:
    everyone = sorted(path.name for path in (course.root / "submitted").iterdir())
    # From the whole class, so that the sample is as varied as it is.
    students = everyone[:: max(1, len(everyone) // sample)][:sample]
    folders = {each: place / each for each in ("nbgrader", "otter")}
    for folder in folders.values():
        folder.mkdir()
    runs = {NBGRADER: _per(nbgrader(assignment, course, folders["nbgrader"], students), sample)}
    say(f"{NBGRADER}: {_said(runs[NBGRADER])}")
    try:
        python = otter_environment(place / "environment")
    except RuntimeError as error:
        found["otter"] = str(error)
        say(str(error))
        return runs
    used, points = otter(assignment, course, folders["otter"], students, python)
    found["otter"], found["otter_points"] = otter_version(python), points
    runs[OTTER] = _per(used, sample)
    say(f"{OTTER} {found['otter']}: {_said(runs[OTTER])}")
    return runs


def sizes(name: str, numbers: Sequence[int], say: Say) -> Found:
    """Realistic classes of several sizes: time, memory, rows and bytes."""
    found: Found = {"assignment": name, "classes": []}
    for students in numbers:
        with TemporaryDirectory(prefix="benchmark-") as place:
            course, assignment = scratch_course(name, Path(place, "course"))
            realistic_class(assignment, course, students)
            graded = _per(grade(course, name), students)
            again = _per(grade(course, name), students)
            found["classes"].append(
                {
                    "students": students,
                    "graded": graded,
                    "again": again,
                    "bytes": {each: size_of(course.root / each) for each in OUTPUTS},
                    "files": {each: _files(course.root / each) for each in OUTPUTS},
                    "rows": rows(course.root / "gradebook.db"),
                }
            )
        say(f"{students} students: {_said(graded)}; {graded['peak_mb']:.0f} MB")
    return found


def cores(name: str, students: int, rounds: int, say: Say) -> Found:
    """One core and two, in turn, on a class all in its own words."""
    found: Found = {"assignment": name, "students": students, "rounds": []}
    for number in range(rounds):
        took: Found = {}
        for count in (1, 2) if number % 2 else (2, 1):
            with TemporaryDirectory(prefix="benchmark-") as place:
                course, assignment = scratch_course(name, Path(place, "course"))
                distinct_class(assignment, course, students)
                took[str(count)] = _per(
                    grade(course, name, cores=range(count), jobs=count), students
                )
        found["rounds"].append(took)
        ratio = took["1"]["wall"] / took["2"]["wall"]
        say(f"round {number + 1}: two cores are {ratio:.2f} times as fast as one")
    return found


def _per(used: Used, submissions: int) -> Found:
    return {**asdict(used), "submissions": submissions}


def _said(of: Found) -> str:
    number = of["submissions"]
    return (
        f"{of['cpu'] / number:.2f} CPU s and {of['wall'] / number:.2f} s a submission "
        f"({number}; load {of['load']:.1f})"
    )


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    return sum(each.stat().st_size for each in _within(path))


def _files(path: Path) -> int:
    return len(_within(path))


def _within(path: Path) -> list[Path]:
    return [each for each in (path, *path.rglob("*")) if each.is_file()]


def rows(path: Path) -> int:
    """Of all tables of an SQLite file."""
    with closing(sqlite3.connect(path)) as database:
        tables = database.execute("select name from sqlite_master where type = 'table'").fetchall()
        return sum(
            database.execute(f'select count(*) from "{name}"').fetchone()[0] for (name,) in tables
        )
