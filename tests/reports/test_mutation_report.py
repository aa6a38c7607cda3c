"""What commands print about mutants. No keras."""

from __future__ import annotations

import tomllib
from io import StringIO

from rich.console import Console

from autograder.grading.mutation_result import Mutation, Outcome, Result
from autograder.reports.mutation import show_mutation
from autograder.sources.equivalents import Equivalent
from autograder.sources.mutants import Mutant


def of(result: Result, find: str, line: int, **more: str) -> Outcome:
    mutant = Mutant(f"walk.dropped.{line}", "walk", line, find, "pass")
    return Outcome(mutant, result, **more)


FOUND = Mutation(
    "walk",
    (
        of("caught", "a", 1, check="moves", misconception="uphill"),
        of("caught", "[b]", 2, check="moves", misconception="uphill"),
        of("caught", "c[0]", 3, check="moves", message="expected [1], got 2"),
        of("crashed", "d", 4, check="moves", message="NameError: d"),
        of("survived", "e\n    f", 5),
        of("survived", "g", 6, equivalent="It changes nothing."),
        of("caught", "h", 7, check="stays", misconception="still", equivalent="Surely."),
        of("ungraded", "i", 8, check="turns", message="The check itself failed: KeyError('i')"),
    ),
    (Equivalent("walk", "walk.dropped.99", "Gone."),),
)


def shown(*found: Mutation) -> str:
    console = Console(file=StringIO(), width=200, highlight=False)
    show_mutation(console, "downhill", found)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_the_table_has_the_figures_of_every_exercise() -> None:
    title, header, walk, run, *_ = shown(FOUND, Mutation("run", ())).splitlines()
    assert title.strip() == "downhill: mutants"
    assert header.split() == [
        "made", "caught", "crashed", "named", "equivalent", "surviving", "score", "naming",
    ]  # fmt: skip
    assert walk.split() == ["walk", "8", "5", "1", "3", "1", "1", "71%", "75%"]
    assert run.split() == ["run", "0", "0", "0", "0", "0", "0", "100%", "100%"]


def test_each_mutant_that_needs_an_author_is_shown_with_an_entry_to_paste() -> None:
    text = shown(FOUND)
    assert "walk: mutants that pass every check." in text
    assert "  line 5: `e f` → `pass`\n" in text
    assert "  line 3: `c[0]` → `pass`\n    moves: expected [1], got 2\n" in text
    entries = [part.split("\n\n")[0] for part in text.split("\n[[")[1:]]
    survivor, unnamed = (tomllib.loads(f"[[{entry}") for entry in entries)
    assert survivor["equivalent"][0]["mutant"] == "walk.dropped.5"
    assert unnamed["misconception"][0]["find"] == "c[0]"
    assert "NameError" not in text
    assert "line 6" not in text


def test_names_that_several_mutants_get_are_listed() -> None:
    text = shown(FOUND)
    assert "  uphill\n    line 1: `a` → `pass`\n    line 2: `[b]` → `pass`\n" in text
    assert "  still\n" not in text


def test_what_is_wrong_in_the_assignment_is_said() -> None:
    text = shown(FOUND)
    assert (
        "✗ walk.turns cannot judge line 8: `i` → `pass`: The check itself failed: KeyError('i')\n"
        "✗ walk: walk.dropped.7 is declared equivalent, but stays catches it: line 7: `h` → "
        "`pass`. Delete the declaration.\n"
        "✗ walk: there is no mutant walk.dropped.99, which is declared equivalent. The reference "
        "may have changed; delete the declaration.\n"
    ) in text


def test_an_exercise_without_anything_to_do_has_only_its_row() -> None:
    done = Mutation("walk", (of("caught", "a", 1, check="moves", misconception="uphill"),))
    assert len(shown(done).splitlines()) == 3
