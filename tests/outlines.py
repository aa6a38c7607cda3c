"""Outlines of cells, for tests of what is kept of them."""

from __future__ import annotations

import ast

from autograder.sources.definitions import Cell, Outline


def outline(*cells: str | tuple[str, str], names: tuple[str, ...] = ("walk",)) -> Outline:
    """Cells, each a text, or a text with the exercise whose own cell it is."""
    pairs = [(cell, "") if isinstance(cell, str) else cell for cell in cells]
    return Outline([Cell(f"cell {n}", *pair) for n, pair in enumerate(pairs, 1)], names)


def kept(found: Outline, *names: str) -> list[str]:
    """The statements to run, each by its first line."""
    return [
        ast.unparse(ast.parse(file.text).body[index]).split("\n")[0]
        for file in found.definitions(*names).files
        for index in file.keep
    ]
