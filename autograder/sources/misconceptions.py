"""Read ``misconceptions.toml``: the known mistakes of an assignment, each one edit of a solution.

[[misconception]]
name = "no_bias_correction"
exercise = "Adam"
hint = "The first steps are too long: ..."
find = "m / (1 - beta_1_power)"
replace = "m"
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from autograder.model import AutograderError, Misconception

MISCONCEPTIONS = "misconceptions.toml"


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    exercise: str
    hint: str
    find: str
    replace: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # Each table is decoded on its own, so that an error can say which misconception it is in.
    misconception: list[dict[str, Any]] = []


def read_misconceptions(path: Path, cells: Mapping[str, str]) -> tuple[Misconception, ...]:
    """Read and examine the misconceptions of an assignment, in the author's order.

    Args:
        cells: for each exercise, the source of its solution cell.

    Raises:
        AutograderError: the file is missing or is not valid TOML, or a misconception is invalid;
            the message says which one and how to fix it.
    """
    if not path.is_file():
        raise AutograderError(
            f"{path} is missing. It lists the known mistakes of the assignment, one "
            "[[misconception]] table each."
        )
    try:
        tables = msgspec.toml.decode(path.read_bytes(), type=_File).misconception
    except msgspec.ValidationError as error:
        raise AutograderError(
            f"{path} must contain only tables that begin with [[misconception]]: {error}."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AutograderError(f"{path} is not valid TOML: {error}.") from error
    found = tuple(_misconception(path, number, table) for number, table in enumerate(tables, 1))
    for misconception in found:
        _examine(path, misconception, cells)
    for (exercise, name), count in Counter((m.exercise, m.name) for m in found).items():
        if count > 1:
            raise AutograderError(
                f"{path}: {count} misconceptions of {exercise} are named {name!r}. Rename them."
            )
    return found


def _misconception(path: Path, number: int, table: dict[str, Any]) -> Misconception:
    try:
        # Strict, which is msgspec's default: a number is not taken for a string.
        return Misconception(**msgspec.structs.asdict(msgspec.convert(table, _Table)))
    except msgspec.ValidationError as error:
        name = table.get("name")
        which = f"misconception {name!r}" if isinstance(name, str) else f"misconception {number}"
        reason = str(error).removeprefix("Object ")
        raise AutograderError(
            f"{path}: {which} is invalid: {reason}. Every misconception has exactly five "
            f"strings: {', '.join(_Table.__struct_fields__)}."
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
