"""Attacks on the sandbox, by subject: each function returns what it got hold of, or raises.

Children get them as text, as they get a submission, and run them in `escape_service`. The harm
that a success does is to files, sockets and processes that the test has made for it.
"""

from __future__ import annotations

import ast
from pathlib import Path

SOURCES = sorted(Path(__file__).parent.glob("[a-z]*.py"))


def attacks() -> dict[str, str]:
    """The text of the module that holds each attack, by the attack's name."""
    found = {}
    for path in SOURCES:
        text = path.read_text()
        for statement in ast.parse(text).body:
            if isinstance(statement, ast.FunctionDef) and not statement.name.startswith("_"):
                found[statement.name] = text
    return found
