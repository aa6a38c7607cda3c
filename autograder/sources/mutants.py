"""Mutants of a reference: edits made by rule, each of which some check should catch.

Plain `ast` does it, because mutmut and cosmic-ray mutate the files of a project and run its test
suite, give no edit as data, and know neither dropped casts nor swapped statements.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from autograder.model import Misconception
from autograder.sources.edits import Located, SourceText, dump_of, find_and_replace
from autograder.sources.mutation_rules import Rewrite, rewrites
from autograder.sources.statement_rules import swaps


@dataclass(frozen=True)
class Mutant:
    """One edit of an exercise's solution cell, made by a rule.

    Attributes:
        id: the function that it is in, the rule, and a digest of the edit. It stays the same as
            long as that piece of the reference does.
        line: where the edit is, from 1.
        find, replace: the edit, as in ``misconceptions.toml``.
    """

    id: str
    exercise: str
    line: int
    find: str
    replace: str

    @property
    def description(self) -> str:
        """The edit in one line: "line 12: `m / (1 - beta)` → `m`"."""
        return f"line {self.line}: `{_short(self.find)}` → `{_short(self.replace)}`"

    def as_misconception(self) -> Misconception:
        """The same edit as a misconception without a hint, to be run."""
        return Misconception(self.id, self.exercise, "", self.find, self.replace)

    @property
    def misconception_entry(self) -> str:
        """A table for ``misconceptions.toml`` in which only the name and the hint are missing."""
        name = re.sub(r"\W+", "_", self.id).lstrip("_")
        return (
            "[[misconception]]\n"
            f'name = "todo_{name}"\n'
            f"exercise = {_toml(self.exercise)}\n"
            'hint = "TODO: what to look at, in a sentence or two."\n'
            f"find = {_toml(self.find)}\n"
            f"replace = {_toml(self.replace)}\n"
        )

    @property
    def equivalent_entry(self) -> str:
        """A table for ``misconceptions.toml`` that says that no check can see the edit."""
        return (
            "[[equivalent]]\n"
            f"exercise = {_toml(self.exercise)}\n"
            f'mutant = "{self.id}"\n'
            'why = "TODO: why it changes nothing that a check could see."\n'
        )


def mutants(cell_source: str, exercise: str, *, first_line: int = 1) -> tuple[Mutant, ...]:
    """Every mutant of a solution cell, in the order of the text, each once.

    Only what is between the markers of a solution region is edited. Each mutant is valid Python and
    another program than the reference; whether it behaves otherwise is for the checks to find.

    Args:
        cell_source: the solution cell, solution included.
        exercise: the class or function that it defines.
        first_line: number of the cell's first line in its file.

    Raises:
        SyntaxError: the cell is not valid Python.
    """
    source = SourceText(cell_source)
    known = {ast.dump(source.tree)}
    ids = set[str]()
    found = []
    for edit in sorted(_edits(source), key=lambda edit: (edit.start, edit.end)):
        if edit.dump in known:
            continue
        known.add(edit.dump)
        find, replace = find_and_replace(cell_source, edit.start, edit.end, edit.text)
        line = source.line_of(edit.start) + first_line - 1
        found.append(Mutant(_new_id(source, edit, ids), exercise, line, find, replace))
    return tuple(found)


@dataclass(frozen=True)
class _Edit:
    kind: str
    scope: str
    start: int
    end: int
    text: str
    dump: str


def _edits(source: SourceText) -> Iterator[_Edit]:
    regions = source.regions()
    for node in ast.walk(source.tree):
        if not _to_be_edited(source, node):
            continue
        for rewrite in rewrites(source, node):
            if _inside(regions, rewrite.node) and (edit := _edit(source, rewrite)):
                yield edit
    for one, other in swaps(source):
        if _inside(regions, one, other):
            yield _swap(source, one, other)


def _to_be_edited(source: SourceText, node: ast.AST) -> bool:
    """No annotations, which do nothing, and no pieces of f-strings and patterns."""
    inner = node
    for outer in source.enclosing(node):
        if isinstance(outer, ast.JoinedStr | ast.pattern):
            return False
        if source.parents[inner][1] in ("annotation", "returns"):
            return False
        inner = outer
    return True


def _inside(regions: list[tuple[int, int]], *nodes: Located) -> bool:
    first, last = nodes[0].lineno, nodes[-1].end_lineno or nodes[-1].lineno
    return any(begin <= first and last <= end for begin, end in regions)


def _edit(source: SourceText, rewrite: Rewrite) -> _Edit | None:
    """A rewrite as text that parses to what the rule means, or None if there is none.

    Replacing `a + b` in `(a + b) * c` may take brackets, and does only then.
    """
    start, end = source.span(rewrite.node)
    wanted = source.dump_with(rewrite.node, rewrite.new)
    rendered = ast.unparse(ast.fix_missing_locations(rewrite.new))
    for text in (rewrite.text, f"({rewrite.text})", rendered, f"({rendered})"):
        if text and dump_of(source.text[:start] + text + source.text[end:]) == wanted:
            return _Edit(rewrite.kind, _scope(source, rewrite.node), start, end, text, wanted)
    return None


def _swap(source: SourceText, one: ast.stmt, other: ast.stmt) -> _Edit:
    (start, gap), (rest, end) = source.span(one), source.span(other)
    text = source.text[rest:end] + source.text[gap:rest] + source.text[start:gap]
    dump = dump_of(source.text[:start] + text + source.text[end:])
    return _Edit("swapped", _scope(source, one), start, end, text, dump)


def _scope(source: SourceText, node: ast.AST) -> str:
    names = [n.name for n in source.enclosing(node) if isinstance(n, ast.FunctionDef)]
    return names[0] if names else "cell"


def _new_id(source: SourceText, edit: _Edit, taken: set[str]) -> str:
    before = source.text[edit.start : edit.end]
    # The same edit of two equal pieces: the second one gets another digest.
    for number in range(len(taken) + 1):
        told = f"{before}\0{edit.text}\0{number}".encode()
        identifier = f"{edit.scope}.{edit.kind}.{sha256(told).hexdigest()[:6]}"
        if identifier not in taken:
            taken.add(identifier)
            return identifier
    raise AssertionError("more ids than taken were tried")


def _toml(text: str) -> str:
    """A string of TOML that looks like the code that it holds, where that is possible."""
    plain = text.replace("\n", "").isprintable()
    if plain and "\n" in text and "'''" not in text and not text.endswith("'"):
        return f"'''\n{text}'''"
    if plain and "\n" not in text and '"' in text and "'" not in text:
        return f"'{text}'"
    # JSON escapes as TOML does, but for one control character and what is beyond 16 bits.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _short(text: str, limit: int = 90) -> str:
    told = " ".join(text.split())
    return told if len(told) <= limit else f"{told[: limit - 1]}…"
