"""What ``verify`` found, in a terminal."""

from __future__ import annotations

from statistics import median

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from autograder.grading.proof import Proof
from autograder.reports.feedback import MARKS
from autograder.reports.terminal import titled_table
from autograder.sources.assignment import Assignment


def show_proof(console: Console, assignment: Assignment, proof: Proof) -> None:
    """Print what ``verify`` found: which checks catch which misconception, and every problem."""
    console.print("x fails the check, · passes it, blank: not tried there", style="dim")
    for exercise in assignment.check_set.exercises:
        checks = [check.name for check in assignment.check_set.of(exercise.name)]
        table = titled_table(f"{exercise.name}: which checks catch which misconception")
        for column in range(1, len(checks) + 1):
            table.add_column(str(column), justify="right", min_width=2)
        if proof.left:
            table.add_column("left", justify="right")
        for misconception in assignment.of(exercise.name):
            caught = proof.caught.get(misconception, ())
            passed = proof.passed.get(misconception, ())
            marks = ["x" if c in caught else "·" if c in passed else "" for c in checks]
            left = proof.left.get(misconception)
            table.add_row(escape(misconception.name), *marks, "" if left is None else f"{left:.0%}")
        console.print(table)
        for column, check in enumerate(assignment.check_set.of(exercise.name), 1):
            seconds = proof.seconds.get(check.id, 0.0)
            console.print(f"{column:>4} {seconds:6.2f} s  {check.name}", style="dim")
        console.print()
    if proof.left:
        console.print(_points_left(proof), style="dim")
    counts = ", ".join(f"{count} {what}" for what, count in proof.counts.items())
    if proof.problems:
        for problem in proof.problems:
            console.print(Text(f"{MARKS['failed']} {problem}", style="red"))
        problems = f"{len(proof.problems)} problem{'s' if len(proof.problems) > 1 else ''}"
        console.print(f"{proof.assignment}: {problems} ({counts}).")
    else:
        console.print(
            f"{MARKS['passed']} {proof.assignment}: the reference and every variant pass, the stub "
            f"fails, and every misconception is caught and named ({counts})."
        )


def _points_left(proof: Proof) -> str:
    """How many points the author's mistakes leave, of those that are slips."""
    slips = [left for known, left in proof.left.items() if known.carries]
    if not slips:
        return "No known mistake of it is a slip."
    none = len(proof.left) - len(slips)
    few = sum(left < 0.2 for left in slips)
    return (
        f"Of the points of its exercise, a slip leaves {median(slips):.0%} (median) and at least "
        f"{min(slips):.0%}; {few} of {len(slips)} leave less than 20%. {none} mistakes are the "
        "absence of the idea, and leave none."
    )
