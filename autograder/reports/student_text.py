"""Text of students as safe HTML: Markdown with formulas and pictures, and code with colours.

Everything made from Markdown goes through nh3, which parses it as a browser does and keeps only
what is on a list. Formulas become MathML, which browsers draw without a script.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from html import escape
from typing import Any

import nh3
from latex2mathml.converter import convert
from markupsafe import Markup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

LONGEST_MARKDOWN = 20_000
"""Characters of Markdown that are rendered; a longer cell is shown as its source."""

LONGEST_FORMULA = 2_000
LONGEST_CODE = 30_000
"""Characters of code that get colours; a longer cell is shown without."""

LONGEST_LINE = 1_000
"""Characters of one line of code that are kept: Pygments needs 77 s for 100,000 of ``a.a.a.``."""

_TABLE = {"table", "caption", "thead", "tbody", "tr", "th", "td"}
_TEXT = {
    *("a", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h4"),
    *("h5", "h6", "hr", "i", "img", "kbd", "li", "ol", "p", "pre", "s", "span", "strong", "sub"),
    *("summary", "sup", "u", "ul", *_TABLE),
}
_MATH = {
    *("math", "maction", "menclose", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover"),
    *("mpadded", "mphantom", "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup"),
    *("msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover"),
}
_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "math": {"display"},
    "mo": {"stretchy", "fence", "form", "lspace", "rspace", "minsize", "maxsize", "separator"},
    "mi": {"mathvariant"},
    "mover": {"accent"},
    "munder": {"accentunder"},
    "mfrac": {"linethickness"},
    "mspace": {"width", "linebreak"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mtd": {"columnalign"},
    "mtable": {"columnalign"},
    "span": {"class"},
}
_PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
_TOKEN = re.compile(r"[a-z][a-z0-9]{0,2}")  # a class of Pygments
_UNKNOWN = re.compile(r"<mi>(\\|&</)")
"""What latex2mathml writes for a command that it does not know, or an & outside of a table."""

_ALIGNED = re.compile(r"\\(begin|end)\{(aligned|align|split)\}")
"""What the converter does not know, or numbers, and lays out under another name."""

_MARKED_UP = re.compile(r"\\(text|mbox|hbox)\w*\s*\{[^}]*[<&]")
"""Text that the converter does not escape: cleaning would lose a part of it."""

_FORMATTER = HtmlFormatter(nowrap=True)


def markdown(source: str, attachments: Mapping[str, Any] | None = None) -> Markup:
    """Markdown as HTML that runs nothing and fetches nothing: as text if it cannot be rendered.

    Args:
        attachments: the cell's pictures, as notebooks have them.
    """
    if len(source) > LONGEST_MARKDOWN:
        return plain(source)
    try:
        rendered = MarkdownWithMath(renderer=_Renderer(attachments or {})).render(source)
    except Exception:  # nesting too deep for the parser: what was written is shown all the same
        return plain(source)
    rendered = re.sub(
        r'<input class="task-list-item-checkbox" type="checkbox" disabled( checked)?/>',
        lambda found: "☑ " if found[1] else "☐ ",
        rendered,
    )
    return Markup(
        nh3.clean(
            rendered,
            tags=_TEXT | _MATH,
            attributes=_ATTRIBUTES,
            attribute_filter=_kept,
            url_schemes={"http", "https", "mailto", "data"},
            link_rel="noopener noreferrer",
        )
    )


def python(source: str) -> Markup:
    """Python code with colours, as the inside of a `<pre>`."""
    # A line in a block of Markdown is not cut yet.
    if len(source) > LONGEST_CODE or any(
        len(line) > 2 * LONGEST_LINE for line in source.split("\n")
    ):
        return Markup(escape(source, quote=False))
    return Markup(highlight(source, _lexer(), _FORMATTER).rstrip("\n"))


def plain(source: str) -> Markup:
    """Text as it is."""
    return Markup(f"<pre>{escape(source, quote=False)}</pre>")


def table(html: str) -> Markup:
    """A table of verdicts from a graded notebook, without its styles."""
    tags = _TABLE | {"code", "div", "em", "details", "span", "strong", "summary"}
    return Markup(nh3.clean(html, tags=tags, attributes={"th": {"scope"}}))


@lru_cache(maxsize=1_000)
def formula(source: str, display: str) -> str:
    """A formula as MathML, not yet cleaned; its source as code if that is beyond the converter."""
    shown = f"$${source}$$" if display == "block" else f"${source}$"
    code = f"<code>{escape(shown, quote=False)}</code>"
    if len(source) > LONGEST_FORMULA or _MARKED_UP.search(source):
        return code
    try:
        found = convert(_ALIGNED.sub(r"\\\1{align*}", source), display=display)
    except Exception:  # it raises many kinds, RecursionError among them
        return code
    return code if _UNKNOWN.search(found) else found


class _Renderer(IPythonRenderer):
    """nbconvert's renderer, with formulas as MathML and headings below those of the page."""

    def __init__(self, attachments: Mapping[str, Any]) -> None:
        super().__init__(escape=False, attachments=dict(attachments))

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        level = min(level + 3, 6)
        return f"<h{level}>{text}</h{level}>\n"

    def block_code(self, code: str, info: str | None = None) -> str:
        if info and info.split()[:1] in (["python"], ["py"]):
            return f"<pre>{python(code)}</pre>\n"
        return f"{plain(code)}\n"

    def block_math(self, body: str) -> str:
        return f"<p>{formula(body, 'block')}</p>"

    def inline_math(self, body: str) -> str:
        return formula(body, "inline")

    def latex_environment(self, name: str, body: str) -> str:
        return formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")

    def image(self, text: str, url: str, title: str | None = None) -> str:
        if not _PICTURE.fullmatch(self._embed_image_or_attachment(url)):
            return escape(f"[picture: {text or url}]")
        return str(super().image(text, url, title))

    def _embed_image_or_attachment(self, src: str) -> str:
        missing = src.startswith("attachment:") and not self.attachments.get(src[11:])
        return "" if missing else str(super()._embed_image_or_attachment(src))


def _kept(tag: str, attribute: str, value: str) -> str | None:
    """The value of an attribute, if a student may set it."""
    if attribute == "src":  # nothing is fetched: that would tell who reads the page
        return value if _PICTURE.fullmatch(value) else None
    if attribute == "href":
        return None if value.lstrip().lower().startswith("data:") else value
    if attribute == "class":
        return value if _TOKEN.fullmatch(value) else None
    return value


@cache
def _lexer() -> PythonLexer:
    return PythonLexer(stripnl=False)
