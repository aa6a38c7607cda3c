"""A notebook's cell as plain Python: without what only IPython understands."""

from __future__ import annotations

import re

from autograder.sources.parsing import UNPARSABLE, parsing

_PYTHON_CELL_MAGICS = frozenset({"capture", "time", "timeit", "prun", "python", "python3"})


def without_magics(text: str) -> str:
    """The cell as plain Python with the same line numbers, without IPython's own syntax.

    A cell magic that runs Python (``%%time``) is removed; with any other (``%%bash``) the whole
    cell is.
    """
    if not re.search(r"^\s*[%!?]|\?\s*$|=\s*[%!]", text, re.MULTILINE):
        return text
    # Imported late: it takes a third of a second, and most notebooks have no magics.
    from IPython.core.inputtransformer2 import TransformerManager

    magic = re.match(r"\s*%%(\w+).*\n?", text)
    if magic and magic[1] in _PYTHON_CELL_MAGICS:
        text = "\n" + text[magic.end() :]
    elif magic:
        return ""
    if "\0" in text:  # IPython's tokenizer raises SystemError on it in Python 3.12 and later
        return text
    try:
        with parsing():
            plain = TransformerManager().transform_cell(text)
    except (*UNPARSABLE, IndexError, KeyError):
        return text  # ast.parse then says what is wrong, and where
    # The transformer drops empty leading lines.
    leading = len(text) - len(text.lstrip("\n"))
    return "\n" * (leading - (len(plain) - len(plain.lstrip("\n")))) + plain
