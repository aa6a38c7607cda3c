"""Text for a table that someone may open in a spreadsheet."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula."""


def protected(text: str) -> str:
    """``text`` as no spreadsheet runs it: with an apostrophe in front, if it begins as a formula.

    One that begins with an apostrophe gets another, so that removing the first one always gives
    the text back.
    """
    return f"'{text}" if text.startswith((*_FORMULA, "'")) else text


def unprotected(text: str) -> str:
    """What `protected` was given."""
    return text[1:] if text.startswith(tuple(f"'{sign}" for sign in (*_FORMULA, "'"))) else text
