"""What is on a student's page, and what of it is open."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from feedback_pages import ALIVE, essay, exercise, feedback

from autograder.reports.feedback_page import Feedback, Late, duration, feedback_page, readable


def drawn(page: Feedback) -> Any:
    return BeautifulSoup(feedback_page(page), "html.parser")


def words(element: Any) -> str:
    return " ".join(element.get_text(" ").split())


def opened(page: Any) -> list[str]:
    """The titles of the parts that are open."""
    return [words(part.h3) for part in page.select("section.part") if part.details.has_attr("open")]


def test_the_first_failure_is_open_and_the_others_are_folded() -> None:
    page = drawn(
        feedback(
            exercise("Momentum", "passed", "passed"),
            exercise("Adam", "passed", "failed", "error", "passed"),
            exercise("RMSprop", "failed"),
        )
    )

    assert opened(page) == ["Adam"]
    adam = page.select("section.part")[1]
    failed = adam.select(".verdicts > details.check")
    assert [check.has_attr("open") for check in failed] == [True, False]
    assert "Wrong in Adam, 1" in words(failed[0])
    assert "Hint: Hint 1" in words(failed[0])
    holding = adam.select_one("details.holding")
    assert "2 more checks hold" in words(holding.summary)
    assert not holding.has_attr("open")
    assert adam.select_one("details.code").has_attr("open")  # beside its verdicts


def test_a_page_without_a_failure_is_folded() -> None:
    page = drawn(feedback(exercise("Momentum", "passed"), essay()))

    assert opened(page) == []
    assert not page.select("details[open]")
    assert "Well argued" in words(
        page.select("section.part > .comment")[0]
    )  # in sight all the same


def test_unwritten_exercises_are_told_from_wrong_ones() -> None:
    unwritten = exercise("Adam", "failed", "failed", message="not written yet (cell 7)")
    page = drawn(feedback(unwritten, exercise("RMSprop", "failed")))
    assert opened(page) == ["RMSprop"]
    assert "not written yet" in words(page.select("section.part summary")[0])
    assert opened(drawn(feedback(exercise("Momentum", "passed"), unwritten))) == ["Adam"]


def test_the_head_says_name_total_bonus_and_what_waits() -> None:
    page = drawn(
        feedback(
            exercise("Momentum", "passed", "failed"),
            exercise("Nesterov", "passed", bonus=True),
            exercise("Adam", "ungraded"),
            essay(None),
            name="Ada Lovelace",
            by_hand=1.5,
        )
    )

    head = words(page.header)
    assert "Feedback for Ada Lovelace ( ada ) Optimizers 4 of 11 points so far" in head
    assert "7 points wait for a person 2 of them bonus +1.5 by hand" in head
    assert "Submitted 2030-01-01 15:00 UTC." in head
    assert "From the autograder: A remark" in head
    summaries = [words(part.summary) for part in page.select("section.part")]
    assert summaries[1] == "✓ Nesterov all right, bonus +2 / 2 points"
    assert summaries[2] == "? Adam waiting for a person, waiting for a person ? / 2 points"


def test_what_is_late_and_what_it_costs() -> None:
    due = datetime(2030, 1, 1, 12)
    late = drawn(feedback(exercise("Adam", "passed"), due=due, late=Late(3 * 3600, 3)))
    assert "3 hours late: \N{MINUS SIGN}3" in words(late.header)
    assert "Submitted 2030-01-01 15:00 UTC, due 2030-01-01 12:00 UTC." in words(late.header)
    free = drawn(feedback(exercise("Adam", "passed"), due=due, late=Late(60, 0)))
    assert "1 minute late: no points deducted" in words(free.header)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "1 minute"), (7_200, "2 hours"), (90_060, "1 day 1 hour"), (86_460, "1 day 1 minute")],
)
def test_times_in_words(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("name", "title"),
    [("AdamW", "AdamW"), ("sgd_vs_adam", "Sgd vs adam"), ("predictions", "Predictions")],
)
def test_ids_are_titles(name: str, title: str) -> None:
    assert readable(name) == title


def test_no_text_gets_out_of_its_place() -> None:
    text = feedback_page(feedback(exercise("Adam", "failed", "passed"), essay()))

    assert ALIVE not in text
    assert "<script" not in text
    assert "default-src 'none'; style-src 'sha256-" in text
    assert "http" not in text.replace("http-equiv", "")  # no address, so nothing to fetch
