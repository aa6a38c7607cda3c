"""Read and parse an author's files; what cannot be read or parsed becomes a fault with its line."""

from __future__ import annotations

import ast
import re
from difflib import get_close_matches
from pathlib import Path

from autograder.sources.faults import Faults
from autograder.sources.parsing import UNPARSABLE, parsed

_TAB = re.compile(r" *\t")


def read_text(path: Path, missing: str, faults: Faults) -> str | None:
    """The text of a file; None, with a fault, if there is none.

    Args:
        missing: what the file is for, told if it is missing.
    """
    if not path.is_file():
        others = sorted(each.name for each in path.parent.glob("*"))
        close = get_close_matches(path.name, others, n=1, cutoff=0.8)
        rename = f" Rename {close[0]} to {path.name}." if close else ""
        faults.add(path, 0, f"the file is missing.{rename} {missing}")
        return None
    content = path.read_bytes()
    try:
        # As Python and Jupyter read it: any line ending is a line ending.
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        faults.add(path, line, f"byte {error.start} is not UTF-8 text. Save the file as UTF-8.")
        return None


def parse(
    path: Path, text: str, faults: Faults, *, first_line: int = 1, tabs: bool = False
) -> ast.Module | None:
    """The syntax tree of a module or cell; None, with a fault, if it is not valid Python.

    Args:
        first_line: line of the file at which the text begins.
        tabs: whether a consistent indentation by tabs is accepted.
    """
    for number, line in enumerate(text.splitlines(), first_line):
        if not tabs and _TAB.match(line) and line.strip():
            faults.add(path, number, "the indentation contains a tab. Indent by four spaces.")
            return None
    try:
        return parsed(text, path.name)
    except UNPARSABLE as error:
        last = first_line + (getattr(error, "lineno", 1) or 1) - 1
        faults.add(path, last, f"not valid Python: {getattr(error, 'msg', error)}. Fix this line.")
        return None


def top_level_names(body: list[ast.stmt]) -> dict[str, int]:
    """The classes, functions and variables that a module defines, each with its last line."""
    found: dict[str, int] = {}
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found[node.name] = node.lineno
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {
                each.id: node.lineno
                for target in targets
                for each in ast.walk(target)
                if isinstance(each, ast.Name)
            }
    return found
