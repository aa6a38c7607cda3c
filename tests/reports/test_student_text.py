"""Text of students as HTML: what is harmless is shown, and nothing runs or is fetched."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from autograder.reports.student_text import LONGEST_FORMULA, formula, markdown, python, table

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg><script>alert(1)</script><animate onbegin=alert(1)></svg>",
    "<math><mi><img src=x onerror=alert(1)></mi></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror=alert(1)>'>",
    "<math href='javascript:alert(1)'><mi>x</mi></math>",
    r"$\href{javascript:alert(1)}{x}$",
    r"$\text{<script>alert(1)</script>}$ and $\text{&lt;script>}$",
    r"$\style{background: url(https://tracker.example/)}{x}$",
    r"$\class{hidden}{x}$",
    "[click](javascript:alert(1)) [click](JAVASCRIPT&colon;alert(1)) <javascript:alert(1)>",
    "[click](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "![x](https://tracker.example/a.png) <img src='//tracker.example/b.png'>",
    "![x](attachment:a.svg)",
    "![x](data:image/svg+xml;base64,PHN2Zy8+)",
    "<style>body {display: none}</style><link rel=stylesheet href=//tracker.example>",
    "<iframe src=//tracker.example></iframe><object data=x></object><embed src=x>",
    "<form action=//tracker.example><input name=password><button>Go</button></form>",
    "<meta http-equiv=refresh content='0;url=//tracker.example'><base href=//tracker.example>",
    "</div></section></main><h1>Score: 100</h1><p style='position:fixed' class='total' id='x'>",
    "```mermaid\n</pre><script>alert(1)</script>\n```",
    "```python\n</pre><script>alert(1)</script>\n```",
    "<a href='https://ok.example' onclick=alert(1) target=_top>x</a>",
    "<!-- <script>alert(1)</script>",
    "[" * 15_000,
    "> " * 5_000,
    "$" + "{" * 1_500 + "$",
]

KEPT = {"src", "href", "title", "alt", "class", "rel", "start", "display", "stretchy", "scope"}


@pytest.mark.parametrize("source", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_of_it_runs_or_is_fetched(source: str) -> None:
    svg = {"a.svg": {"image/svg+xml": "<svg onload=alert(1)>", 'image/x"onerror="': "x"}}
    shown = BeautifulSoup(f"<main>{markdown(source, svg)}</main>", "html.parser")

    assert len(shown.find_all(True, recursive=False)) == 1  # nothing closes what is around it
    refused = ["script", "style", "svg", "iframe", "object", "embed", "form", "input", "button"]
    assert not shown.find_all([*refused, "meta", "base", "link", "h1", "mglyph"])
    for element in shown.find_all(True):
        assert set(element.attrs) <= KEPT, element
        assert str(element.get("src", "data:image/png")).startswith("data:image/png")
        assert str(element.get("href", "https:")).startswith(("https:", "mailto:"))
        assert element.get("class") in (None, ["p"], ["o"], ["k"], ["n"], ["mi"], ["nb"]), element


def test_what_is_harmless_is_shown() -> None:
    shown = markdown(
        "# Why\n\n**Bold**, [Keras](https://keras.io), H<sub>2</sub>O, ~~no~~\n\n- [x] done\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n![p](attachment:p.png)\n\n```python\nreturn 1\n```",
        {"p.png": {"image/png": "iVBORw0KGgo="}},
    )

    for part in (
        "<h4>Why</h4>",  # below the headings of the page
        "<strong>Bold</strong>",
        '<a href="https://keras.io" rel="noopener noreferrer">',
        "H<sub>2</sub>O",
        "☑ done",
        "<td>2</td>",
        '<img src="data:image/png;base64,iVBORw0KGgo=" alt="p">',
        '<span class="k">return</span>',
    ):
        assert part in shown


def test_formulas_are_mathml() -> None:
    shown = markdown(r"If $a<b$ then $$\frac{\hat m}{\sqrt{v} + \epsilon}$$ and \begin{aligned}a")

    assert shown.count("<math") == 2
    assert "<mo>&lt;</mo>" in shown
    assert "<mfrac>" in shown
    assert "ϵ" in shown
    assert "$" not in shown
    aligned = markdown("\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}")
    assert aligned.count("<mtr>") == 2


@pytest.mark.parametrize(
    "source",
    [r"\unknown x", r"\frac", "a & b", r"\text{a <b> c}", "x" * (LONGEST_FORMULA + 1)],
)
def test_a_formula_that_cannot_be_drawn_is_shown_as_written(source: str) -> None:
    assert BeautifulSoup(formula(source, "inline"), "html.parser").get_text() == f"${source}$"


def test_code_has_colours_and_is_escaped() -> None:
    shown = python("\nif a < b:\n    return '<script>'\n")

    text = BeautifulSoup(f"<pre>{shown}</pre>", "html.parser").get_text()
    assert text == "\nif a < b:\n    return '<script>'"
    assert "<script" not in shown
    assert '<span class="k">return</span>' in shown


def test_a_table_of_an_earlier_version_keeps_its_words() -> None:
    shown = table(
        '<table style="x"><tr onclick="x"><td><strong>✗</strong> a &lt; b</td></tr></table>'
    )

    assert "<td><strong>✗</strong> a &lt; b</td>" in shown
    assert "style" not in shown
    assert "onclick" not in shown
