"""Read ``misconceptions.toml``: the known mistakes of an assignment, each one edit of a solution.

[[misconception]]
name = "no_bias_correction"
exercise = "Adam"
hint = "By what factor is the first step too long?"
idea = "A moment that starts at zero stays too near to zero at first."
where = "What is done with the first moment before the step."
find = "m / (1 - beta_1_power)"
replace = "m"

A misconception that is mathematically another one has `same_as = "no_bias_correction"` and no hint.
`carries = false` and `breaks` say what is not carried forward from it: see `Misconception`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from autograder.model import Misconception
from autograder.sources.faults import Faults, suggestion
from autograder.sources.magics import without_magics
from autograder.sources.reading import parse, read_text
from autograder.sources.toml_lines import TomlLines

MISCONCEPTIONS = "misconceptions.toml"

HINTS = ("hint", "idea", "where")
"""The three steps: what the numbers show, the idea, where to look."""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    exercise: str
    hint: str
    find: str
    replace: str
    same_as: str = ""
    idea: str = ""
    where: str = ""
    carries: bool = True
    breaks: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # Each table is decoded on its own, so that an error can say which misconception it is in.
    misconception: list[dict[str, Any]] = []
    equivalent: list[dict[str, Any]] = []  # see equivalents.py


def read_misconceptions(
    path: Path, cells: Mapping[str, str], exercises: Collection[str], faults: Faults
) -> tuple[Misconception, ...]:
    """Read and examine the misconceptions of an assignment, in the author's order.

    Args:
        cells: for each exercise whose solution cell is valid, its source.
        exercises: the names of all exercises; none if they are unknown.
        faults: gets what is wrong, with the line of the table or of the key.
    """
    text = read_text(
        path,
        "It lists the known mistakes of the assignment, one [[misconception]] table each.",
        faults,
    )
    if text is None:
        return ()
    try:
        tables = msgspec.toml.decode(text, type=_File).misconception
    except msgspec.ValidationError as error:
        faults.add(
            path,
            _first_line_of_other_keys(text),
            f"the file must contain only tables that begin with [[misconception]] or "
            f"[[equivalent]]: {error}.",
        )
        return ()
    except msgspec.DecodeError as error:
        faults.add(path, *_toml_error(str(error)))
        return ()
    lines = TomlLines(text, "misconception")
    found: list[Misconception] = []
    for number, table in enumerate(tables):
        misconception = _misconception(path, lines, number, table, faults)
        if misconception and _examine(
            path, lines, number, misconception, cells, exercises, found, faults
        ):
            found.append(replace(misconception, line=lines.line(number)))
    return tuple(_with_hint(path, misconception, found, faults) for misconception in found)


def _with_hint(
    path: Path, known: Misconception, all_known: Sequence[Misconception], faults: Faults
) -> Misconception:
    """The misconception, with the hint of the one that it is the same as."""
    if not known.same_as:
        return known
    which = f"misconception {known.exercise}.{known.name}"
    others = [m for m in all_known if m.exercise == known.exercise and m.name != known.name]
    first = next((m for m in others if m.name == known.same_as), None)
    if first is None:
        names = [m.name for m in others]
        problem = (
            f"{which}: `same_as` must name another misconception of {known.exercise}, got "
            f"{known.same_as!r}. Expected one of: {', '.join(names) or 'none'}."
            f"{suggestion(known.same_as, names)}"
        )
    elif first.same_as:
        problem = (
            f"{which}: {first.name!r} is itself the same as {first.same_as!r}. "
            f'Write `same_as = "{first.same_as}"`.'
        )
    elif known.hint or known.idea or known.where:
        problem = (
            f"{which} has a hint that students never read: they get that of {first.name!r}. "
            "Delete it."
        )
    else:
        told = {key: getattr(first, key) for key in (*HINTS, "carries", "breaks")}
        return replace(known, **told)
    faults.add(path, known.line, problem)
    return known


def examine_edits(
    path: Path, misconceptions: Sequence[Misconception], cells: Mapping[str, str], faults: Faults
) -> None:
    """Every misconception is still valid Python."""
    lines = TomlLines(path.read_text(encoding="utf-8"), "misconception")
    for number, known in enumerate(misconceptions):
        within = Faults()
        edited = cells[known.exercise].replace(known.find, known.replace)
        parse(path, without_magics(edited), within, tabs=True)
        for fault in within.found:
            text = [*edited.splitlines(), ""][min(fault.line, len(edited.splitlines())) - 1]
            faults.add(
                path,
                lines.line(number, "replace"),
                f"with the edit of {known.exercise}.{known.name}, line {fault.line} of the cell, "
                f"`{text.strip()}`, is {fault.message.removesuffix(' Fix this line.')} Change "
                "`replace`.",
            )


def _first_line_of_other_keys(text: str) -> int:
    """The line of the first table or key that is neither [[misconception]] nor [[equivalent]]."""
    for number, line in enumerate(text.splitlines(), 1):
        written = line.strip()
        if written and not written.startswith("#"):
            if not re.match(r"\[\[\s*(misconception|equivalent)\s*\]\]", written):
                return number
            break
    return next(iter(TomlLines(text, "misconception", known=["equivalent"]).strange), 0)


def _toml_error(message: str) -> tuple[int, str]:
    """The line and the sentence of an error of Python's TOML reader."""
    place = re.search(r" \(at line (\d+), column \d+\)", message)
    line = int(place[1]) if place else 0
    reason = message.replace(place[0], "") if place else message
    advice = "Fix this line." if line else "Is a text not closed, or a line missing?"
    if "\\" in reason:
        advice = "Between \"...\" a backslash is written twice; between '...' it is written once."
    elif "Invalid value" in reason:
        advice = "Put text between quotes."
    return line, f"not valid TOML: {reason}. {advice}"


def _misconception(
    path: Path, lines: TomlLines, number: int, table: dict[str, Any], faults: Faults
) -> Misconception | None:
    if "same_as" in table:
        table = {"hint": "", **table}
    try:
        # Strict, which is msgspec's default: a number is not taken for a string.
        return Misconception(**msgspec.structs.asdict(msgspec.convert(table, _Table)))
    except msgspec.ValidationError as error:
        name = table.get("name")
        which = f"misconception {name!r}" if isinstance(name, str) else "this misconception"
        reason = str(error).removeprefix("Object ")
        key = re.search(r"unknown field `(\w+)`|at `\$\.(\w+)`", reason)
        unknown = next((each for each in table if each not in _Table.__struct_fields__), "")
        faults.add(
            path,
            lines.line(number, unknown or (key[1] or key[2] if key else "")),
            f"{which} is invalid: {reason}. Every misconception has five strings: "
            f"{', '.join(_Table.__struct_fields__[:5])}."
            f"{suggestion(unknown, _Table.__struct_fields__) if unknown else ''}",
        )
        return None


# Longer than 50 lines because it is a list of what may be wrong, each with what to do about it.
def _examine(
    path: Path,
    lines: TomlLines,
    number: int,
    misconception: Misconception,
    cells: Mapping[str, str],
    exercises: Collection[str],
    found: Sequence[Misconception],
    faults: Faults,
) -> bool:
    """Whether a misconception is valid; a fault says why it is not."""
    exercise, name = misconception.exercise, misconception.name
    which = f"misconception {exercise}.{name}"

    def refuse(key: str, problem: str) -> bool:
        faults.add(path, lines.line(number, key), f"{which}{problem}")
        return False

    if exercises and exercise not in exercises:
        return refuse(
            "exercise",
            f": there is no exercise {exercise!r}. Expected one of: {', '.join(exercises)}."
            f"{suggestion(exercise, exercises)}",
        )
    # A stored release uses the word "reference" for the reference itself.
    if not re.fullmatch(r"[a-z]\w*", name) or name == "reference":
        return refuse(
            "name",
            ": invalid name. Use one word that starts with a lowercase letter, such as "
            "no_bias_correction; 'reference' is reserved.",
        )
    if any((other.exercise, other.name) == (exercise, name) for other in found):
        return refuse("name", f": another one of {exercise} is named {name!r} too. Rename one.")
    if not misconception.hint.strip() and not misconception.same_as:
        return refuse(
            "hint",
            " has an empty hint. Say what the student should look at, in a sentence or two.",
        )
    if exercise not in cells:
        return False  # its cell is broken, which has been said
    cell = cells[exercise]
    count = cell.count(misconception.find) if misconception.find else 0
    if count != 1:
        return refuse(
            "find",
            f": `find` must match exactly once in the {exercise} cell; it matches {count} times: "
            f"{misconception.find!r}. {_advice(misconception.find, cell, count)}",
        )
    if misconception.find == misconception.replace:
        return refuse(
            "replace",
            ": `find` and `replace` are the same text, so nothing would change. Change one.",
        )
    return True


def _advice(find: str, cell: str, count: int) -> str:
    if count:
        return "Add what is before or after the place that you mean."
    if "".join(find.split()) and "".join(find.split()) in "".join(cell.split()):
        return "The spaces or line breaks differ."
    return "Copy the text from the cell."
