"""A student's Markdown in the formgrader: rendered, and without what could run."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from autograder.gradebook.config import course_config

ROOT = Path(__file__).parents[2]
PICTURE = "data:image/png;base64,iVBORw0KGgo="


def rendered(source: str, attachments: dict[str, dict[str, str]] | None = None) -> str:
    """The source as the course's configuration has it shown, as in the formgrader."""
    from nbconvert.exporters import HTMLExporter

    cell = nbformat.v4.new_markdown_cell(source, attachments=attachments or {})
    notebook = nbformat.v4.new_notebook(cells=[cell])
    exporter = HTMLExporter(config=course_config(ROOT), template_name="basic")
    return str(exporter.from_notebook_node(notebook)[0])


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><animate onbegin=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "[here](javascript:alert(1)) and <a href=' data:text/html,alert(1)'>there</a>",
        "![a](https://example.org/alert(1).png) ![b](/logout?alert(1)) ![c](a/../../alert(1).png)",
        "<form action=/api/shutdown><button>alert(1)</button>",
        "<math><mtext></table><style><img src=x onerror=alert(1)></style>",
        "<div style='position:fixed;inset:0;background:url(alert(1))'>over everything</div>",
        '```python onerror="alert(1)\nx\n```',
    ],
)
def test_nothing_runs_and_nothing_is_fetched(source: str) -> None:
    page = rendered(source)
    for sign in (
        "<script",
        "onerror=",
        "onload=",
        "onbegin=",
        "src=",
        "style=",
        "action=",
        "href=",
    ):
        assert sign not in page.replace('src="x"', "").replace("<link", ""), page


def test_what_students_write_is_rendered() -> None:
    source = """\
### Why

A *smaller* rate, if $a<b$, as `x < 3` says in [1](https://keras.io).

| rate | loss |
|---|---|
| 0.1 | 2 |

![my curve](attachment:curve.png) ![beside](plots/loss.png)
"""
    page = rendered(source, {"curve.png": {"image/png": "iVBORw0KGgo="}})
    for html in (
        "Why</h3>",
        "<em>smaller</em>",
        "$a&lt;b$",
        "<code>x &lt; 3</code>",
        'href="https://keras.io"',
        "<td>0.1</td>",
        f'src="{PICTURE}"',
        'src="plots/loss.png"',
    ):
        assert html in page


def test_what_cannot_be_rendered_is_shown_as_text() -> None:
    page = rendered("Look: ![](attachment:lost.png) <script>alert(1)</script>")
    assert "Look: ![](attachment:lost.png) &lt;script&gt;" in page
