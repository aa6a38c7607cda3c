"""Code that a message or a hint has between backticks: for a page, marked as code."""

from __future__ import annotations

import re
from html import escape

from markupsafe import Markup

_CODE = re.compile(r"`([^`\n]+)`")


def inline_code(text: str, style: str = "") -> Markup:
    """The text as safe HTML, with what is between two backticks as `<code>`.

    A backtick without a second one in its line stays as it is.

    Args:
        style: inline styles of the code, where a page's own cannot be had.
    """
    start = Markup('<code style="{}">').format(style) if style else Markup("<code>")
    parts = _CODE.split(text)
    return Markup("").join(
        start + part + Markup("</code>") if number % 2 else Markup(escape(part, quote=False))
        for number, part in enumerate(parts)
    )
