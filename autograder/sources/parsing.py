"""Parse Python text of any origin, in any thread, without a word on the screen."""

from __future__ import annotations

import ast
import contextlib
import threading
import warnings
from collections.abc import Iterator

PARSE_FLAGS = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
"""Notebooks allow ``await`` at the top level. The child must parse with the same flags."""

# What ast.parse and symtable raise on hostile text: deep nesting, null bytes, lone surrogates.
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError, UnicodeError)

_PARSING = threading.Lock()
_PARSE_ATTEMPTS = 5


def parsed(text: str, label: str) -> ast.Module:
    """The syntax tree of a cell or module, as `ast.parse` makes it, in any thread.

    Up to CPython 3.12, all threads share one counter for the depth of the tree being built, and
    SystemError is raised when two of them mix it up (python/cpython issue 106905). So one thread
    at a time parses here, and a clash with another library's parsing is retried.

    Raises:
        SyntaxError, or another of `UNPARSABLE`: the text is not valid Python.
    """
    with parsing():
        for _ in range(_PARSE_ATTEMPTS - 1):
            with contextlib.suppress(SystemError):
                return _tree(text, label)
        return _tree(text, label)


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
