"""Code between backticks, as a part of a page."""

from __future__ import annotations

import pytest

from autograder.reports.inline_code import inline_code


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("no code", "no code"),
        ("cell 7, line 2: `a < b` · no", "cell 7, line 2: <code>a &lt; b</code> · no"),
        ("`a` and `b`", "<code>a</code> and <code>b</code>"),
        ("one ` only", "one ` only"),
        ("not `over\na line` end", "not `over\na line` end"),
        ("`<script>` <b> `</code><img>`", "<code>&lt;script&gt;</code> &lt;b&gt; "
         "<code>&lt;/code&gt;&lt;img&gt;</code>"),
    ],
)  # fmt: skip
def test_what_is_between_two_backticks_is_code_and_all_is_escaped(text: str, page: str) -> None:
    assert inline_code(text) == page


def test_code_has_the_style_that_it_is_given() -> None:
    assert inline_code("`a`", "color: inherit") == '<code style="color: inherit">a</code>'
