"""IPython's transformer, such that every line keeps its number.

Imported where it is used: IPython takes 0.3 s.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any

from IPython.core.inputtransformer2 import TRANSFORM_LOOP_LIMIT, TransformerManager


def transformed(text: str, run_their_cell: Container[str], most_characters: int) -> list[str]:
    """The lines of a cell as IPython transforms them.

    Args:
        run_their_cell: the names of the cell magics that run their cell in the notebook.
        most_characters: how many may be read, as the cell is read again for each magic.

    Raises:
        SyntaxError: there are too many magics.
        IndexError, KeyError, RecursionError, ...: whatever IPython's own tokenizer raises.
    """
    return _Transformer(run_their_cell, most_characters).transformed(text)


class _Transformer(TransformerManager):
    """Adds a blank line for each that IPython takes out, and takes off cell magics."""

    def __init__(self, run_their_cell: Container[str], most_characters: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.run_their_cell = run_their_cell
        self.cleaners: list[Any] = list(self.cleanup_transforms)
        self.left = most_characters

    def transformed(self, text: str) -> list[str]:
        lines = (text if text.endswith("\n") else f"{text}\n").splitlines(keepends=True)
        count = _height(lines)
        while True:
            for clean in self.cleaners:
                lines = clean(lines)
            if not lines or not lines[0].startswith("%%") or re.match(r"%%\w+\?", lines[0]):
                break
            name = lines[0][2:].split(maxsplit=1)[0] if lines[0][2:].strip() else ""
            if name not in self.run_their_cell:
                return ["\n"] * count
            del lines[0]
        # Whatever was taken off was above what is left.
        return ["\n"] * (count - _height(lines)) + self.do_token_transforms(lines)

    def do_token_transforms(self, lines: list[str]) -> list[str]:
        """As IPython does, but what precedes an unindented change is not read again."""
        done: list[str] = []
        for _ in range(TRANSFORM_LOOP_LIMIT):
            self.left -= sum(map(len, lines))
            if self.left < 0:
                break
            changed, new = self.do_one_token_transform(lines)  # type: ignore[no-untyped-call]
            if not changed:
                return done + lines
            at = next((n for n, (a, b) in enumerate(zip(lines, new, strict=False)) if a != b), 0)
            # A command on several lines, joined by backslashes, becomes one line.
            new[at + 1 : at + 1] = ["\n"] * (_height(lines) - _height(new))
            final = at + 1 if new[at][:1].strip() else 0
            done, lines = done + new[:final], new[final:]
        raise SyntaxError(
            "too many magics and shell lines in one cell. Split the cell", ("cell", 1, 1, None)
        )


def _height(lines: list[str]) -> int:
    """How many lines Python counts: it does not end one at a form feed, as `splitlines` does."""
    return sum(line.endswith("\n") for line in lines)
