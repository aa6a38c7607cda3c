"""Read from ``misconceptions.toml`` which edits made by machine no check can see.

[[equivalent]]
exercise = "Adam"
mutant = "epsilon_is_ignored"
why = "Every gradient of the checks is far from 0."
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from autograder.model import AutograderError


@dataclass(frozen=True)
class Equivalent:
    """An author's word that an edit of the reference changes nothing that a check could see.

    Attributes:
        mutant: the id of a mutant, or the name of a misconception generated for an argument.
        why: the reason, for the next author.
    """

    exercise: str
    mutant: str
    why: str


class _Equivalent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    exercise: str
    mutant: str
    why: str


class _File(msgspec.Struct, frozen=True):
    equivalent: list[dict[str, Any]] = []


def read_equivalents(path: Path, cells: Mapping[str, str]) -> tuple[Equivalent, ...]:
    """Read the edits that no check can see, as an author declares them.

    Args:
        cells: for each exercise, the source of its solution cell.

    Raises:
        AutograderError: one is invalid; the message says which, and how to fix it.
    """
    found = []
    for number, table in enumerate(_tables(path), 1):
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


def _tables(path: Path) -> list[dict[str, Any]]:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_File).equivalent
    except (OSError, msgspec.MsgspecError) as error:
        raise AutograderError(f"{path} cannot be read: {error}.") from error
