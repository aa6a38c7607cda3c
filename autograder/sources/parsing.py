"""Parse Python text of any origin, in any thread, without a word on the screen."""

from __future__ import annotations

import ast
import contextlib
import re
import threading
import warnings
from collections.abc import Iterator

PARSE_FLAGS = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
"""Notebooks allow ``await`` at the top level. The child must parse with the same flags."""

# What ast.parse and symtable raise on hostile text: deep nesting, null bytes, lone surrogates.
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError, UnicodeError)

_PARSING = threading.Lock()
_PARSE_ATTEMPTS = 5

MAX_SOURCE = 1_000_000
"""Characters of code in all cells together, or bytes of a module's file; a course's whole notebook
has some 50,000."""

MAX_WORDS = 50_000
"""Words and signs in one cell or module: ten times what a long module has. Each can become a node
of 1.5 kB."""

MAX_STATEMENTS = 10_000
MAX_DEPTH = 200

_WORD = re.compile(r"\d[\w.]*|\w+|[^\w\s]")


class TooMuchCodeError(SyntaxError):
    """The text may be valid Python, but is far larger than any real submission."""


def parsed(text: str, label: str) -> ast.Module:
    """The syntax tree of a cell or module, as `ast.parse` makes it, in any thread.

    Up to CPython 3.12, all threads share one counter for the depth of the tree being built, and
    SystemError is raised when two of them mix it up (python/cpython issue 106905). So one thread
    at a time parses here, and a clash with another library's parsing is retried.

    Raises:
        SyntaxError, or another of `UNPARSABLE`: the text is not valid Python.
        TooMuchCodeError: it has too many words, statements or levels.
    """
    bound_words(text, label)
    with parsing():
        for _ in range(_PARSE_ATTEMPTS - 1):
            with contextlib.suppress(SystemError):
                tree = _tree(text, label)
                break
        else:
            tree = _tree(text, label)
    if len(tree.body) > MAX_STATEMENTS:
        found = f"{len(tree.body):,} statements, at most {MAX_STATEMENTS:,} are read"
        raise _too_much(found, label)
    line = _too_deep(tree)
    if line:
        raise TooMuchCodeError(
            f"nested more than {MAX_DEPTH} levels deep. Use shorter expressions and functions",
            (label, line, 1, None),
        )
    return tree


def count_words(text: str) -> int:
    """How many tokens the text has, those of comments and strings included."""
    return sum(1 for _ in _WORD.finditer(text))


def bound_words(text: str, label: str) -> None:
    """Raises: TooMuchCodeError if the text has more than MAX_WORDS tokens."""
    words = count_words(text) if len(text) > MAX_WORDS else 0
    if words > MAX_WORDS:
        raise _too_much(f"{words:,} tokens, at most {MAX_WORDS:,} are read", label)


def _too_much(found: str, label: str) -> TooMuchCodeError:
    return TooMuchCodeError(
        f"too much code in one cell ({found}). Keep data out of it", (label, 1, 1, None)
    )


def _too_deep(tree: ast.Module) -> int:
    """The line of a node that is more than MAX_DEPTH levels deep; 0 if there is none."""
    level: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH):
        level = [inner for node in level for inner in ast.iter_child_nodes(node)]
        if not level:
            return 0
    return next((node.lineno for node in level if isinstance(node, ast.expr | ast.stmt)), 1)


@contextlib.contextmanager
def parsing() -> Iterator[None]:
    """Let one thread at a time parse, and silence warnings about text that is not ours.

    Python 3.12 and later warn about code that older versions accept silently.
    """
    with _PARSING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _tree(text: str, label: str) -> ast.Module:
    tree: ast.Module = compile(text, label, "exec", PARSE_FLAGS, dont_inherit=True)
    return tree
