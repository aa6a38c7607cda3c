"""A notebook's cell as plain Python, as IPython itself reads it.

IPython takes off indentation and pasted prompts, and turns magics, shell lines and questions for
help into calls of ``get_ipython()``. Its own transformer does that here too. Lines keep their
numbers, so that messages name the student's line.
"""

from __future__ import annotations

import ast
import re

from autograder.sources.parsing import (
    UNPARSABLE,
    TooMuchCodeError,
    bound_words,
    count_words,
    parsed,
    parsing,
)

_RUN_THEIR_CELL = frozenset(
    # IPython's own, then well-known extensions. Any other cell magic defines nothing.
    {"capture", "debug", "prun", "time"}
    | {"memit", "notify", "pyinstrument", "scalene", "snakeviz", "wandb"}
)

_PROMPT = re.compile(r"^[ \t]*(>>>|\.{3,}:|(\[(nav|ins)\] )?In \[)", re.MULTILINE)
# For a line that ends in a question mark, IPython takes time quadratic in the longest name.
_HELP = re.compile(r"\?[ \t]*$", re.MULTILINE)
_LONG_NAME = re.compile(r"[\w*.\[\]-]{300}")
# The tokenizer of Python 3.11 takes 500 bytes of memory for each digit of a number.
_LONG_NUMBER = re.compile(r"(?<![\d_])[\d_]{100000}")

_MAGIC = re.compile(r"^[ \t]*[%!?/,;]|\?[ \t]*$|=[ \t]*[%!]", re.MULTILINE)
# Up to Python 3.11, the tokenizer takes time quadratic in blanks before a sign it does not know,
# and in backslashes before quotes of a string that does not end on its line.
_BLANKS = re.compile(r"(?<![ \t\f])([ \t\f]{2,})(?=[!$?`'\"\\]|[^\0-\x7f])")
_ESCAPED_QUOTE = re.compile(r"\\['\"]")

MAX_MAGIC_TOKENS = 400_000
"""What IPython may read of all cells with magics, in tokens: it takes some three seconds.
It reads a cell again for each magic in it. A cell of 100 shell lines is within the bound."""

_TIMED = re.compile(r"(\s*)get_ipython\(\)\.run_line_magic\('time', (.*)\)\n")

# The characters that are read of one cell, the code that replaces its magics included.
_MAX_MAGIC_CHARACTERS = 1_000_000


def count_magic_tokens(text: str) -> int:
    """How many tokens IPython reads, at most, to transform a cell: all of them for each magic.

    What takes it longer counts as the tokens that it reads in the same time.
    """
    text = text.lstrip("\n")
    lines = text.splitlines()  # as IPython splits them, also at form feeds and carriage returns
    magics = len(_MAGIC.findall("\n".join(lines)))
    blanks = sum(len(run) ** 2 for run in _BLANKS.findall(text)) // 4
    quotes = sum(len(line) * len(_ESCAPED_QUOTE.findall(line)) for line in lines) // 100
    # A magic becomes a call of 12 tokens; half of them are replaced on average.
    return (magics + 1) * (count_words(text) + len(lines) + blanks + quotes + 6 * magics)


def without_magics(text: str) -> str:
    """`plain_python`; the text as it is where IPython refuses it."""
    try:
        return plain_python(text)
    except SyntaxError:
        return text


def plain_python(text: str) -> str:
    """The cell as plain Python with the same line numbers.

    A cell magic that runs its cell (``%%time``) is removed; with any other (``%%bash``) the whole
    cell is. What is left of other magics are calls of ``get_ipython()``.

    Raises:
        SyntaxError: IPython does not run the cell. Where Python does not either, the text is
            returned, and ``parsed`` says what is wrong with it.
    """
    bound_words(text, "cell")
    if not _PROMPT.search(text):
        # IPython changes nothing in valid Python without prompts; importing it takes 0.3 s.
        try:
            parsed(text, "cell")
            return text
        except TooMuchCodeError:
            raise
        except UNPARSABLE:
            pass
    if "\0" in text:  # IPython's tokenizer raises SystemError on it in Python 3.12 and later
        return text
    if _LONG_NUMBER.search(text):
        raise SyntaxError(
            "100,000 digits in a row. Keep data out of the cell", ("cell", 1, 1, None)
        )
    if count_magic_tokens(text) > MAX_MAGIC_TOKENS:
        raise SyntaxError(
            "too many magics and shell lines in one cell. Split the cell", ("cell", 1, 1, None)
        )
    if _HELP.search("\n".join(text.splitlines())) and _LONG_NAME.search(text):
        raise SyntaxError(
            "a line ends in ? and a name has 300 characters or more. Remove the ?",
            ("cell", 1, 1, None),
        )
    from autograder.sources.ipython import transformed

    try:
        with parsing():
            lines = transformed(text, _RUN_THEIR_CELL, _MAX_MAGIC_CHARACTERS)
    except SyntaxError:
        raise
    except (*UNPARSABLE, IndexError, KeyError):
        return text
    return "".join(map(_timed, lines))


def _timed(line: str) -> str:
    """What ``%time`` times, for what it defines: IPython runs it in the notebook."""
    found = _TIMED.fullmatch(line)
    if not found:
        return line
    try:
        code = str(ast.literal_eval(found[2]))
        return f"{found[1]}{code}\n" if len(parsed(code, "line").body) == 1 else line
    except UNPARSABLE:
        return line
