"""The list "What is checked" of an exercise, which students read before they write a line.

It is made from the claims of the visible checks, so that it cannot differ from what is checked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape

from autograder.model import Check, Exercise

CHECKED = "checked-"
"""What the id of an exercise's list starts with."""

HIDDEN = (
    "More checks of what the exercise and this list say, with other inputs. They run only when you "
    "are graded."
)
"""What the list says of hidden checks, all together."""


ALWAYS = (
    "Keep the names and arguments of the cell above. In every check, shapes must be right and "
    "numbers finite where the rule gives finite ones; the time limit is many times what a plain "
    "solution takes."
)
"""What the engine asks of every check, whatever its claim."""


def checked_list(exercise: Exercise, checks: Sequence[Check]) -> str:
    """Markdown that says what an exercise's checks test, what each is worth, and what is forbidden.

    It is folded: `<details>` opens at a click in JupyterLab, VS Code, Colab and exported pages.

    Args:
        checks: all checks of the exercise, in order. Of hidden ones only their points are told.
    """
    total = math.fsum(check.points for check in checks)
    rows = [f"| {check.points:g} | {_escaped(check.claim)} |" for check in checks]
    rows = [row for row, check in zip(rows, checks, strict=True) if not check.hidden]
    if hidden := math.fsum(check.points for check in checks if check.hidden):
        rows.append(f"| {hidden:g} | {HIDDEN} |")
    # Lines of HTML end at an empty line; only then is Markdown read again.
    return "\n".join(
        [
            f"<details><summary><b>What is checked: {exercise.name}</b> "
            f"({points_in_words(total, bonus=exercise.bonus)})</summary>",
            "",
            # Cells of tables are centred in some programs and to the right in others.
            "| Points | What must hold |",
            "| :--- | :--- |",
            *rows,
            "",
            ALWAYS,
            "",
            *(_forbidden(exercise.forbidden[1:]) if exercise.forbidden[1:] else ()),
            "</details>",
            *_warning(exercise),
        ]
    )


def points_in_words(number: float, *, bonus: bool = False) -> str:
    """Points in words: "1 point", "2.5 bonus points"."""
    return f"{number:g} {'bonus ' if bonus else ''}{'point' if number == 1 else 'points'}"


def _warning(exercise: Exercise) -> list[str]:
    """What may not be used, readable without opening the list: it costs the whole exercise."""
    if not exercise.forbidden:
        return []
    first, *others = exercise.forbidden
    more = " or another finished version (see the list)" if others else ""
    return [
        "",
        f"Write {exercise.name} yourself: using `{first}`{more} earns 0 points for the exercise.",
    ]


def _forbidden(names: Sequence[str]) -> list[str]:
    return [f"Also not allowed: {', '.join(f'`{name}`' for name in names)}.", ""]


def _escaped(claim: str) -> str:
    """A claim as one cell of a table: plain text, but for code between backticks."""
    # Every second part is code.
    parts = re.split(r"(`[^`]*`)", claim)
    return "".join(_code(part) if n % 2 else _plain(part) for n, part in enumerate(parts))


def _code(part: str) -> str:
    # A bar ends the cell even here, and not all programs take it with a backslash.
    return f"<code>{escape(part[1:-1]).replace('|', '&#124;')}</code>" if "|" in part else part


def _plain(part: str) -> str:
    # Underscores inside a word mean nothing.
    special = r"[\\|<>$*\[\]~&]|(?<![^\W_])_|_(?![^\W_])"
    return re.sub(special, r"\\\g<0>", part)
