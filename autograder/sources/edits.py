"""Edits of a cell as text: where a syntax node is in its source, and a `find` that matches once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from autograder.sources.parsing import parsed
from autograder.sources.regions import BEGIN, END

Located = ast.expr | ast.stmt | ast.keyword
"""Syntax that knows where it is in the text."""


class SourceText:
    """A cell's source with its syntax tree, and the place of every node in the text.

    Attributes:
        text: the source.
        tree: its syntax tree.
        parents: for each node, what holds it: the parent, the field, and the index in that field
            (-1 if the field is no list).
    """

    def __init__(self, text: str) -> None:
        """Raises: SyntaxError if the text is not valid Python."""
        self.text = text
        self.tree = parsed(text, "cell")
        # As Python counts lines: `str.splitlines` also splits at form feeds.
        self._lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", text)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        self.parents: dict[ast.AST, tuple[ast.AST, str, int]] = {}
        for parent in ast.walk(self.tree):
            for field, value in ast.iter_fields(parent):
                for index, node in enumerate(value) if isinstance(value, list) else [(-1, value)]:
                    if isinstance(node, ast.AST):
                        self.parents[node] = (parent, field, index)

    def span(self, node: Located) -> tuple[int, int]:
        """Where a node begins and ends in the text."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self._offset(node.lineno, node.col_offset),
            self._offset(node.end_lineno, node.end_col_offset),
        )

    def segment(self, node: Located) -> str:
        """The exact source of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def _offset(self, line: int, column: int) -> int:
        # Columns of syntax trees count bytes.
        before = self._lines[line - 1].encode()[:column] if line <= len(self._lines) else b""
        return self._starts[line - 1] + len(before.decode())

    def line_of(self, offset: int) -> int:
        """The number of the line, from 1, that a place in the text is in."""
        return self.text.count("\n", 0, offset) + 1

    def regions(self) -> list[tuple[int, int]]:
        """The first and the last line, from 1, of what is between each pair of markers."""
        found, begun = [], 0
        for number, line in enumerate(self._lines, 1):
            if line.strip().startswith(BEGIN):
                begun = number
            elif line.strip().startswith(END):
                found.append((begun + 1, number - 1))
        return found

    def enclosing(self, node: ast.AST) -> Iterator[ast.AST]:
        """What holds a node, from the inside out."""
        while node in self.parents:
            node = self.parents[node][0]
            yield node

    def dump_with(self, node: ast.AST, new: ast.AST) -> str:
        """The dump of the whole tree with one node replaced."""
        parent, field, index = self.parents[node]
        held = getattr(parent, field)
        setattr(parent, field, new if index < 0 else [*held[:index], new, *held[index + 1 :]])
        try:
            return ast.dump(self.tree)
        finally:
            setattr(parent, field, held)


def dump_of(text: str) -> str:
    """The dump of a text's syntax tree, which formatting and comments do not change; "" if it has
    none."""
    try:
        return ast.dump(parsed(text, "cell"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""


def find_and_replace(text: str, start: int, end: int, new: str) -> tuple[str, str]:
    """The smallest `find` and `replace` that put ``new`` where ``text[start:end]`` is.

    If that piece appears more than once, it grows to its line without the indent, to the whole
    line, and then by more lines, until it appears once.

    Args:
        text: not empty.
    """
    for first, last in _wider(text, start, end):
        find = text[first:last]
        # `find` also where matches overlap, which `count` does not see.
        if text.count(find) == 1 and text.find(find) == first == text.rfind(find):
            return find, text[first:start] + new + text[end:last]
    raise AssertionError("the whole text appears once in itself")


def _wider(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    if start < end:
        yield start, end
    first, last = text.rfind("\n", 0, start) + 1, _line_end(text, end)
    line = text[first:start]
    yield first + len(line) - len(line.lstrip()), last
    yield first, last
    while first > 0 or last < len(text):
        last = _line_end(text, min(last + 1, len(text)))
        yield first, last
        first = text.rfind("\n", 0, max(first - 1, 0)) + 1
        yield first, last
    yield 0, len(text)


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end


def combined(text: str, edits: Sequence[tuple[str, str]]) -> str | None:
    """A text with several edits at once; None if they overlap, or what comes of it is no Python.

    Args:
        edits: what is found, once each, and what replaces it.
    """
    edited, end = "", 0
    for start, find, new in sorted((text.find(find), find, new) for find, new in edits):
        if start < end:
            return None
        edited += text[end:start] + new
        end = start + len(find)
    edited += text[end:]
    try:
        parsed(edited, "cell")
    except (SyntaxError, ValueError):
        return None
    return edited
