"""Read from ``misconceptions.toml`` which edits made by machine no check can see.

[[equivalent]]
exercise = "Adam"
mutant = "epsilon_is_ignored"
why = "Every gradient of the checks is far from 0."
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from autograder.sources.faults import Faults, suggestion
from autograder.sources.toml_lines import TomlLines


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


def read_equivalents(
    path: Path, exercises: Collection[str], faults: Faults
) -> tuple[Equivalent, ...]:
    """Read the edits that no check can see, as an author declares them.

    A file that cannot be read has none; reading its misconceptions says what is wrong.

    Args:
        exercises: the names of all exercises; none if they are unknown.
        faults: gets what is wrong, with the line of the table or of the key.
    """
    try:
        text = path.read_text(encoding="utf-8")
        tables = msgspec.toml.decode(text, type=_File).equivalent
    except (OSError, ValueError, msgspec.MsgspecError):
        return ()
    lines = TomlLines(text, "equivalent")
    found = []
    for number, table in enumerate(tables):
        try:
            declared = Equivalent(**msgspec.structs.asdict(msgspec.convert(table, _Equivalent)))
        except msgspec.ValidationError as error:
            faults.add(
                path,
                lines.line(number),
                f"this [[equivalent]] is invalid: {str(error).removeprefix('Object ')}. Every one "
                f"has exactly three strings: {', '.join(_Equivalent.__struct_fields__)}.",
            )
            continue
        if exercises and declared.exercise not in exercises:
            faults.add(
                path,
                lines.line(number, "exercise"),
                f"there is no exercise {declared.exercise!r}. Expected one of: "
                f"{', '.join(exercises)}.{suggestion(declared.exercise, exercises)}",
            )
        elif not declared.why.strip():
            faults.add(
                path,
                lines.line(number, "why"),
                "this [[equivalent]] has an empty `why`. Say why no check can see the edit.",
            )
        else:
            found.append(declared)
    return tuple(found)
