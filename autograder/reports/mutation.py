"""What became of the mutants of some exercises, in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.grading.mutation_result import Mutation, Outcome
from autograder.reports.feedback import MARKS
from autograder.reports.terminal import titled_table

FIGURES = ("made", "caught", "crashed", "named", "equivalent", "surviving")


def show_mutation(console: Console, assignment: str, found: Sequence[Mutation]) -> None:
    """Print the figures of every exercise, and what an author can do about each mutant.

    Args:
        assignment: its name.
        found: one for each exercise that was tried.
    """
    console.print(_table(assignment, found))
    for each in found:
        _show_faults(console, each)
        _show_missing_checks(console, each)
        _show_missing_names(console, each)


def _table(assignment: str, found: Sequence[Mutation]) -> Table:
    table = titled_table(f"{assignment}: mutants")
    for figure in (*FIGURES, "score", "naming"):
        table.add_column(figure, justify="right")
    for each in found:
        figures = (
            each.made,
            len(each.caught),
            len(each.crashed),
            len(each.named),
            len(each.equivalent),
            len(each.survivors),
        )
        table.add_row(
            Text(each.exercise), *map(str, figures), f"{each.score:.0%}", f"{each.naming:.0%}"
        )
    return table


def _show_faults(console: Console, found: Mutation) -> None:
    """What is wrong in the assignment, whatever the figures are."""
    for outcome in found.ungraded:
        _red(
            console,
            f"{found.exercise}.{outcome.check} cannot judge {outcome.mutant.description}: "
            f"{outcome.message}",
        )
    for outcome in found.wrongly_declared:
        _red(
            console,
            f"{found.exercise}: {outcome.mutant.id} is declared equivalent, but "
            f"{outcome.check} catches it: {outcome.mutant.description}. Delete the declaration.",
        )
    for declared in found.unknown:
        _red(
            console,
            f"{found.exercise}: there is no mutant {declared.mutant}, which is declared "
            "equivalent. The reference may have changed; delete the declaration.",
        )


def _show_missing_checks(console: Console, found: Mutation) -> None:
    if found.survivors:
        _heading(
            console,
            f"{found.exercise}: mutants that pass every check. Add a check for each, or declare in "
            "misconceptions.toml why it changes nothing.",
        )
    for outcome in found.survivors:
        _bullet(console, outcome)
        _code(console, outcome.mutant.equivalent_entry)


def _show_missing_names(console: Console, found: Mutation) -> None:
    if found.unnamed:
        _heading(
            console,
            f"{found.exercise}: mutants that are caught without a name. If students make such a "
            "mistake, add it to misconceptions.toml with a name and a hint.",
        )
    for outcome in found.unnamed:
        _bullet(console, outcome, f"{outcome.check}: {outcome.message}")
        _code(console, outcome.mutant.misconception_entry)
    if found.shared_names:
        _heading(
            console,
            f"{found.exercise}: names that several mutants get. Does the hint fit each of them?",
        )
    for name, outcomes in found.shared_names.items():
        console.print(Text(f"  {name}"), soft_wrap=True)
        for outcome in outcomes:
            console.print(Text(f"    {outcome.mutant.description}", style="dim"), soft_wrap=True)


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))


def _bullet(console: Console, outcome: Outcome, more: str = "") -> None:
    console.print(Text(f"  {outcome.mutant.description}"), soft_wrap=True)
    if more:
        console.print(Text(f"    {more}", style="dim"), soft_wrap=True)


def _code(console: Console, entry: str) -> None:
    """Without an indent and unbroken, so that it can be copied as it is."""
    console.print(Text(entry, style="cyan"), soft_wrap=True)


def _red(console: Console, text: str) -> None:
    console.print(Text(f"{MARKS['failed']} {text}", style="red"), soft_wrap=True)
