"""Markdown in the formgrader, as ``nbgrader_config.py`` names it: without what runs.

    c.HTMLExporter.filters = {"markdown2html": "autograder.gradebook.safe_markdown.markdown2html"}

The formgrader shows a student's Markdown on a page of the instructor's Jupyter server, and
nbconvert leaves HTML in it as it is: a script there could do whatever the instructor may do.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

import nh3
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

_SCHEMES = {"http", "https", "mailto", "data"}

_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*|[\w][\w./ -]*")
"""A picture in the notebook, or a file beside it. Another one would tell who reads the page, or ask
the server for something in the reader's name."""


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """Render a cell's Markdown; what could run or fetch something is left out."""
    cell: Any = context.get("cell", {})
    attachments = cell.get("attachments", {})
    try:
        renderer = IPythonRenderer(escape=False, attachments=attachments, exclude_anchor_links=True)
        rendered = MarkdownWithMath(renderer=renderer).render(source)
    except Exception:  # nesting too deep for the parser, a picture that is not there: show its text
        rendered = f"<pre>{escape(source)}</pre>"
    return nh3.clean(
        rendered, url_schemes=_SCHEMES, attribute_filter=_kept, link_rel="noopener noreferrer"
    )


def _kept(tag: str, attribute: str, value: str) -> str | None:
    """The value of an attribute, if it may stay."""
    if attribute == "src":
        return value if _PICTURE.fullmatch(value) and ".." not in value else None
    if attribute in ("href", "cite"):
        return None if value.lstrip().lower().startswith("data:") else value
    return value
