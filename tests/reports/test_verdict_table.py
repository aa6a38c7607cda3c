"""The table in a notebook: what is open, what is folded, and what survives where it is shown."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from autograder.reports.beside import Beside, Picture
from autograder.reports.verdict_table import verdict_table, verdict_text
from autograder.verdicts import ExerciseReport, Verdict

HOLDS = Verdict("starts", "It starts.", "passed", 1, 1)
FAILS = Verdict("moves", "It moves.", "failed", 0, 2, "It does not.", "uphill", "Which way?")
OTHER = replace(FAILS, check="stops", claim="It stops.", message="Never.", hint="When?")
HIDDEN = Verdict("secret", "SECRET", "failed", 0, 1, "SECRET", hidden=True)
STUB = "not written yet: Walk: go downhill (your cell, line 2: `raise NotImplementedError(1)`)"
PICTURE = Picture("iVBORw0KGgo=", 'values "of" <yours>')

# JupyterLab keeps these of notebooks it does not trust, and VS Code of Markdown in notebooks.
TAGS = {*("code", "div", "strong", "em", "span", "pre", "img", "details", "summary")} | {
    *("table", "thead", "tbody", "tr", "th", "td")
}
ATTRIBUTES = {"style", "scope", "alt", "title", "src"}


class Outline(HTMLParser):
    """What is open and what is folded, with the tags and attributes that were used."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open = self.folded = ""
        self._depth = 0
        self._summary = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._depth += tag == "details"
        self._summary = tag == "summary" or self._summary

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == "details"
        if tag == "summary":
            self._summary = False

    def handle_data(self, data: str) -> None:
        if self._depth > self._summary:
            self.folded += data
        else:
            self.open += data


def walk(*verdicts: Verdict) -> ExerciseReport:
    return ExerciseReport("Walk", False, verdicts)


def test_the_first_failure_is_open_with_its_hint_and_the_rest_is_folded() -> None:
    page = Outline(verdict_table(walk(HOLDS, HIDDEN, FAILS, OTHER)))
    for said in ("Walk", "1 of 6 points", "It moves.", "It does not.", "Which way?"):
        assert said in page.open
        assert said not in page.folded
    for said in ("2 more checks fail (0 of 3 points)", "1 check holds (1 of 1 points)"):
        assert said in page.open
    for said in ("It starts.", "It stops.", "When?", "Hidden check"):
        assert said in page.folded
        assert said not in page.open


def test_an_unwritten_exercise_says_so_once() -> None:
    stubs = (replace(FAILS, message=STUB, misconception=None), replace(OTHER, message=STUB))
    page = Outline(verdict_table(walk(*stubs)))
    assert "Not written yet: Walk: go downhill (your cell, line 2)" in page.open
    assert "What is checked" in page.open
    assert "It moves." in page.folded
    assert "written" not in page.folded
    assert verdict_text(walk(*stubs)).splitlines() == [
        "Walk: 0 of 4 points",
        "  Not written yet: Walk: go downhill (your cell, line 2)",
    ]


def test_prints_and_pictures_are_below_their_check() -> None:
    beside = {"moves": Beside(("<b>1</b>", "2"), 1200, (PICTURE,)), "secret": Beside(("spied",))}
    table = verdict_table(walk(FAILS, HIDDEN), remarks=["It <did> not run."], beside=beside)
    assert "&lt;b&gt;1&lt;/b&gt;\n2" in table
    assert "... and 1,200 more lines" in table
    assert 'alt="values &#34;of&#34; &lt;yours&gt;"' in table
    assert "It &lt;did&gt; not run." in table
    text = verdict_text(walk(FAILS, HIDDEN), remarks=["It did not run."], beside=beside)
    assert "      Printed:\n        <b>1</b>\n        2\n        ... and 1,200 more lines" in text
    assert "  It did not run." in text
    assert "spied" not in table + text


def test_every_place_that_shows_notebooks_keeps_all_of_it() -> None:
    beside = {"moves": Beside(("1",), 2, (PICTURE,))}
    coded = replace(FAILS, message="cell 1, line 2: `a < b` · no", hint="What is `a`?")
    table = verdict_table(walk(HOLDS, coded, OTHER), remarks=["Note."], beside=beside)
    page = Outline(table)
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
