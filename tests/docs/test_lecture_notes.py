"""The table of docs/lecture-notes.md is complete, and its places say and ask what it claims."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "lecture-notes.md"
SENTENCES = 75
"""How many sentences and headings the notes have."""

BOX = "# > **What your notes say.**"
WORDS = {"taught", "practised", "answered"}
PLACE = re.compile(r"`(\w+)`: \*(.+)\*")


class Row(NamedTuple):
    """One sentence of the notes: what the course does with it, and where."""

    number: int
    original: str
    english: str
    words: set[str]
    places: list[tuple[str, str]]


def row_of(line: str) -> Row:
    number, original, english, words, where = line.strip().strip("|").split(" | ")
    matches = [PLACE.fullmatch(place.strip()) for place in where.split("; ")]
    places = [(match[1], match[2]) for match in matches if match]
    assert len(places) == len(matches), line
    return Row(int(number), original, english, set(words.split(", ")), places)


ROWS = [row_of(line) for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| \d", line)]


@cache
def sections(notebook: str) -> dict[str, str]:
    """The text of each section of a notebook, up to the next heading of any level."""
    text = (ROOT / "solutions" / notebook / f"{notebook}.py").read_text("utf-8")
    _, *parts = re.split(r"^# #{1,3} (?!BEGIN|END)(.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def texts(row: Row) -> list[str]:
    return [sections(notebook)[heading] for notebook, heading in row.places]


def test_every_sentence_of_the_notes_has_its_row() -> None:
    assert [row.number for row in ROWS] == list(range(1, SENTENCES + 1))
    assert all(row.original.strip() and row.english.strip() for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_each_place_is_there_and_does_what_the_row_says(row: Row) -> None:
    missing = [place for place in row.places if place[1] not in sections(place[0])]
    assert missing == []
    assert row.words
    assert row.words <= WORDS
    if "answered" in row.words:
        assert any(BOX in text for text in texts(row))
    if "practised" in row.words:
        assert any('# %% exercise="' in text for text in texts(row))


def test_every_box_of_the_notebooks_answers_a_row() -> None:
    answered = {place for row in ROWS if "answered" in row.words for place in row.places}
    notebooks = sorted({notebook for notebook, _ in answered})
    boxes = {
        (name, head) for name in notebooks for head, text in sections(name).items() if BOX in text
    }
    assert len(notebooks) == 7
    assert boxes - answered == set()
