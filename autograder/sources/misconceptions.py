"""Read ``misconceptions.toml``: the known mistakes of an assignment, each one edit of a solution.

[[misconception]]
name = "no_bias_correction"
exercise = "Adam"
hint = "The first steps are too long: ..."
find = "m / (1 - beta_1_power)"
replace = "m"

A misconception that is mathematically another one has `same_as = "no_bias_correction"` and no hint.
An edit made by machine that no check can see is declared, with its reason:

[[equivalent]]
exercise = "Adam"
mutant = "epsilon_is_ignored"
why = "Every gradient of the checks is far from 0."
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from autograder.model import AutograderError, Equivalent, Misconception

MISCONCEPTIONS = "misconceptions.toml"


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    exercise: str
    hint: str
    find: str
    replace: str
    same_as: str = ""


class _Equivalent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    exercise: str
    mutant: str
    why: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # Each table is decoded on its own, so that an error can say which misconception it is in.
    misconception: list[dict[str, Any]] = []
    equivalent: list[dict[str, Any]] = []


def read_misconceptions(path: Path, cells: Mapping[str, str]) -> tuple[Misconception, ...]:
    """Read and examine the misconceptions of an assignment, in the author's order.

    Args:
        cells: for each exercise, the source of its solution cell.

    Raises:
        AutograderError: the file is missing or is not valid TOML, or a misconception is invalid;
            the message says which one and how to fix it.
    """
    tables = _read(path).misconception
    found = tuple(_misconception(path, number, table) for number, table in enumerate(tables, 1))
    found = tuple(_with_hint(path, misconception, found) for misconception in found)
    for misconception in found:
        _examine(path, misconception, cells)
    for (exercise, name), count in Counter((m.exercise, m.name) for m in found).items():
        if count > 1:
            raise AutograderError(
                f"{path}: {count} misconceptions of {exercise} are named {name!r}. Rename them."
            )
    return found


def read_equivalents(path: Path, cells: Mapping[str, str]) -> tuple[Equivalent, ...]:
    """Read the edits that no check can see, as an author declares them.

    Args:
        cells: for each exercise, the source of its solution cell.

    Raises:
        AutograderError: as `read_misconceptions` does.
    """
    found = []
    for number, table in enumerate(_read(path).equivalent, 1):
        where = f"{path}: [[equivalent]] {number}"
        try:
            declared = Equivalent(**msgspec.structs.asdict(msgspec.convert(table, _Equivalent)))
        except msgspec.ValidationError as error:
            raise AutograderError(
                f"{where} is invalid: {str(error).removeprefix('Object ')}. Every one has exactly "
                f"three strings: {', '.join(_Equivalent.__struct_fields__)}."
            ) from error
        if declared.exercise not in cells:
            raise AutograderError(
                f"{where}: there is no exercise {declared.exercise!r}. "
                f"Expected one of: {', '.join(cells)}."
            )
        if not declared.why.strip():
            raise AutograderError(f"{where} has an empty `why`. Say why no check can see it.")
        found.append(declared)
    return tuple(found)


def _read(path: Path) -> _File:
    if not path.is_file():
        raise AutograderError(
            f"{path} is missing. It lists the known mistakes of the assignment, one "
            "[[misconception]] table each."
        )
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_File)
    except msgspec.ValidationError as error:
        raise AutograderError(
            f"{path} must contain only tables that begin with [[misconception]] or "
            f"[[equivalent]]: {error}."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AutograderError(f"{path} is not valid TOML: {error}.") from error


def _with_hint(
    path: Path, known: Misconception, all_known: Sequence[Misconception]
) -> Misconception:
    """The misconception, with the hint of the one that it is the same as."""
    if not known.same_as:
        return known
    where = f"{path}: misconception {known.exercise}.{known.name}"
    others = [m for m in all_known if m.exercise == known.exercise and m.name != known.name]
    first = next((m for m in others if m.name == known.same_as), None)
    if first is None:
        names = ", ".join(m.name for m in others) or "none"
        raise AutograderError(
            f"{where}: `same_as` must name another misconception of {known.exercise}, got "
            f"{known.same_as!r}. Expected one of: {names}."
        )
    if first.same_as:
        raise AutograderError(
            f"{where}: {first.name!r} is itself the same as {first.same_as!r}. "
            f'Write `same_as = "{first.same_as}"`.'
        )
    if known.hint:
        raise AutograderError(
            f"{where} has a hint that students never read: they get that of {first.name!r}. "
            "Delete it."
        )
    return replace(known, hint=first.hint)


def _misconception(path: Path, number: int, table: dict[str, Any]) -> Misconception:
    if "same_as" in table:
        table = {"hint": "", **table}
    try:
        # Strict, which is msgspec's default: a number is not taken for a string.
        return Misconception(**msgspec.structs.asdict(msgspec.convert(table, _Table)))
    except msgspec.ValidationError as error:
        name = table.get("name")
        which = f"misconception {name!r}" if isinstance(name, str) else f"misconception {number}"
        reason = str(error).removeprefix("Object ")
        raise AutograderError(
            f"{path}: {which} is invalid: {reason}. Every misconception has exactly five "
            f"strings: {', '.join(_Table.__struct_fields__[:5])}."
        ) from error


def _examine(path: Path, misconception: Misconception, cells: Mapping[str, str]) -> None:
    where = f"{path}: misconception {misconception.exercise}.{misconception.name}"
    if misconception.exercise not in cells:
        raise AutograderError(
            f"{where}: there is no exercise {misconception.exercise!r}. "
            f"Expected one of: {', '.join(cells)}."
        )
    # A stored release uses the word "reference" for the reference itself.
    if not re.fullmatch(r"[a-z]\w*", misconception.name) or misconception.name == "reference":
        raise AutograderError(
            f"{where}: invalid name. Use one word that starts with a lowercase letter, such as "
            "no_bias_correction; 'reference' is reserved."
        )
    if not misconception.hint.strip():
        raise AutograderError(
            f"{where} has an empty hint. Say what the student should look at, in a sentence or two."
        )
    count = cells[misconception.exercise].count(misconception.find) if misconception.find else 0
    if count != 1:
        raise AutograderError(
            f"{where}: `find` must match exactly once in the {misconception.exercise} cell; it "
            f"matches {count} times: {misconception.find!r}."
        )
    if misconception.find == misconception.replace:
        raise AutograderError(
            f"{where}: `find` and `replace` are the same text, so nothing would change."
        )
