"""Names: how many known mistakes are named rightly, alone and two at a time.

    uv run python benchmarks/names.py gradient_descent                       # every exercise
    uv run python benchmarks/names.py regularization --only L2 --sample 60

Applies misconceptions to the reference, one or two at a time, and grades the result as
`autograder check` does: by what the release holds. Two are tried together if their edits do not
overlap and what comes of them is Python. Of either kind, a sample is tried.

"right" is every mistake that was made and nothing else; "one of two" leaves one without a name; a
name of a mistake that was not made is "wrong". A pair may do exactly what a third mistake does:
look at the pairs that are printed before you blame the grader.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from autograder.grading.decide import judge_exercises
from autograder.grading.observe import RestartableChild, probing_sandbox
from autograder.grading.stored import StoredOracle, read_release
from autograder.model import Misconception
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.checks import CheckSet
from autograder.sources.course import find_course
from autograder.sources.edits import combined

PER_CHILD = 8
"""Variants that share a child, so that TensorFlow starts once for all of them."""

Made = tuple[Misconception, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--only", metavar="EXERCISE")
    parser.add_argument("--sample", type=int, default=30, help="variants of either kind")
    parser.add_argument("--chance", type=int, default=0, help="seed of the sample")
    options = parser.parse_args()
    course, console = find_course(Path(__file__).parent), Console(highlight=False)
    counts: dict[int, Counter[str]] = {1: Counter(), 2: Counter()}
    for name in options.names or course.assignments():
        assignment = read_assignment(course.solution(name))
        check_set, oracle = read_release(course.release(name))
        for exercise in [options.only] if options.only else assignment.cells:
            chance = random.Random(options.chance)
            known = assignment.of(exercise)
            authored = [m for m in known if not m.generated]
            alone = [(m,) for m in known]
            pairs = [p for p in combinations(authored, 2) if together(assignment, p)]
            made: list[Made] = []
            for kind in (alone, pairs):
                made += chance.sample(kind, min(options.sample, len(kind)))
            own = check_set.only(frozenset([exercise]))
            for mistakes, names in named(assignment, own, oracle, made):
                found = verdict(mistakes, names)
                counts[len(mistakes)][found] += 1
                if found not in ("right", "one of two"):
                    said = " and ".join(sorted(names)) or "nothing"
                    makes = " and ".join(m.name for m in mistakes)
                    console.print(f"{exercise}: {makes}: {said}", markup=False)
    for number, counter in counts.items():
        shown = ", ".join(f"{count} {what}" for what, count in counter.most_common())
        console.print(f"{('alone', 'two at a time')[number - 1]}: {shown or 'none'}")


def together(assignment: Assignment, mistakes: Sequence[Misconception]) -> Misconception | None:
    """One edit that makes all of them; None if they overlap, or what comes of it is no Python."""
    cell = assignment.cells[mistakes[0].exercise]
    if len({m.known_as for m in mistakes}) < len(mistakes):
        return None
    edited = combined(cell, [(m.find, m.replace) for m in mistakes])
    return None if edited is None else replace(mistakes[0], find=cell, replace=edited)


def named(
    assignment: Assignment, check_set: CheckSet, oracle: StoredOracle, made: Sequence[Made]
) -> list[tuple[Made, set[str]]]:
    """What is named of each variant that fails a check."""
    found = []
    with probing_sandbox(confined=False) as sandbox, np.errstate(all="ignore"):
        for first in track(range(0, len(made), PER_CHILD), check_set.exercises[0].name):
            with RestartableChild(sandbox) as child:
                for mistakes in made[first : first + PER_CHILD]:
                    edit = together(assignment, mistakes)
                    assert edit is not None
                    trials = oracle.trials(check_set.checks)
                    seen = child.observations(assignment.misconception(edit), trials)
                    observed = {check.id: observation for check, observation in seen}
                    (report,) = judge_exercises(check_set, observed, oracle, carry=False)
                    failed = [v for v in report.verdicts if v.status != "passed"]
                    names = {n for v in failed for n in (v.misconception, v.together_with) if n}
                    if failed:
                        found.append((mistakes, names))
    return found


def verdict(mistakes: Made, names: set[str]) -> str:
    made = {m.known_as for m in mistakes}
    if names - made:
        return "wrong"
    if not names:
        return "no name"
    return "right" if names == made else "one of two"


if __name__ == "__main__":
    main()
