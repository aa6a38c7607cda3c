"""The class page in Chromium, if one is installed: no errors, and sorting and filtering work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from chromium import WITH_CHROMIUM, chromium
from class_results import HOSTILE, a_class, check, content, right, student, with_losses

from autograder.reports.class_page import class_page
from autograder.reports.class_report import class_report
from autograder.reports.class_results import ClassResults
from autograder.reports.course_report import Part, course_page
from autograder.reports.usage_file import UsedRow
from autograder.verdicts import Used

SIZE = 2_000

pytestmark = WITH_CHROMIUM


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """Opens a page from a file; fails if the browser complains, or anything else is fetched."""
    complaints: list[str] = []
    requests: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("request", lambda request: requests.append(request.url))

    def opened(text: str) -> Any:
        file = tmp_path / "report.html"
        file.write_text(text, encoding="utf-8")
        page.goto(file.as_uri())
        page.wait_for_selector(".grid-body .grid-row")
        return page

    yield opened
    page.close()
    assert complaints == []
    assert all(url.startswith(("file:", "data:")) for url in requests)


@pytest.fixture
def page(open_page: Callable[[str], Any], tmp_path: Path) -> Any:
    """The page of a large class."""
    report = class_report(msgspec.convert(a_class(SIZE), ClassResults))
    (tmp_path / "feedback.html").write_text("<title>feedback</title>")
    return open_page(class_page(report, ["./feedback.html"] * SIZE, graded="today"))


def first_students(page: Any, count: int = 3) -> list[str]:
    rows = page.locator(".grid-body .grid-row")
    found = [
        (rows.nth(at).get_attribute("aria-rowindex"), rows.nth(at).locator(".name").inner_text())
        for at in range(rows.count())
    ]
    return [name for _, name in sorted(found, key=lambda row: int(row[0]))[:count]]


def test_sorting_and_filtering(page: Any) -> None:
    assert page.locator("#count").inner_text() == "2,000 of 2,000 students"
    assert page.locator(".grid-row").count() < 100  # only what is visible is drawn
    assert first_students(page) == ["ada", "absent", "crash"]

    titles = page.get_by_role("grid").get_by_role("columnheader")
    titles.get_by_role("button", name="Student").click()
    assert first_students(page, SIZE)[0] in HOSTILE
    titles.get_by_role("button", name="Score").click()
    assert titles.nth(1).get_attribute("aria-sort") == "descending"
    assert first_students(page, 1) == ["ada"]

    page.locator("#filter").fill("STUDENT00")
    assert page.locator("#count").inner_text() == "10 of 2,000 students"
    page.locator("#filter").fill("")
    page.locator("#show").select_option("attention")
    assert set(first_students(page, 9)) == {"unlucky", "odd", "crash", "absent"}
    page.locator("#show").select_option("all")

    page.get_by_role("button", name="Show the students with uphill in the table").click()
    held = page.locator("#count").inner_text()
    assert held == f"{len(HOSTILE) + 664} of 2,000 students"
    assert "expected <b>-1</b>, got 1" in page.locator("#detail").inner_text()
    page.locator("#chip").click()
    page.locator(".bar").last.press("Enter")
    assert "points" in page.locator("#chip").inner_text()


def test_keyboard_and_details(page: Any) -> None:
    page.locator("#grid").focus()
    for key in ["ArrowDown"] * 5 + ["ArrowRight"] * 3:
        page.keyboard.press(key)
    detail = page.locator("#detail").inner_text()
    assert HOSTILE[0] in detail
    assert "expected <b>-1</b>, got 1" in detail
    assert "uphill" in detail
    page.keyboard.press("Control+End")
    row = page.locator("#grid").get_attribute("aria-activedescendant")
    assert row.startswith(f"c{SIZE - 1}-")
    assert page.locator(f"#{row}").is_visible()
    page.keyboard.press("s")
    assert page.get_by_role("grid").get_by_role("columnheader").last.get_attribute("aria-sort")
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    assert opened.value.title() == "feedback"
    opened.value.close()


def test_items_sort_by_difficulty(page: Any) -> None:
    items = page.locator("#items table")
    items.get_by_role("button", name="Difficulty").click()
    shown = items.locator("tbody tr td:nth-child(5)").evaluate_all(
        "cells => cells.map(cell => Number(cell.dataset.value))"
    )
    assert shown == sorted(shown, reverse=True)
    assert len(set(shown)) > 1


def test_the_course_page_sorts_and_leads_to_feedback(
    open_page: Callable[[str], Any], tmp_path: Path
) -> None:
    (tmp_path / "feedback.html").write_text("<title>feedback</title>")
    reports = [class_report(msgspec.convert(a_class(size), ClassResults)) for size in (60, 40)]
    page = open_page(
        course_page(
            [Part(r, "./a.html", ["./feedback.html"] * 60, "today") for r in reports[:1]]
            + [Part(reports[1], "./b.html", [None] * 40, "today")]
        )
    )
    assert page.locator("#count").inner_text() == "60 of 60 students"
    titles = page.get_by_role("grid").get_by_role("columnheader")
    titles.nth(2).get_by_role("button").click()
    assert first_students(page, 1) == ["ada"]
    page.locator("#grid").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert "optimizers: 150 %" in page.locator("#detail").inner_text()
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    assert opened.value.title() == "feedback"
    opened.value.close()


def test_a_loss_curve_leads_to_its_students(open_page: Callable[[str], Any]) -> None:
    off = [check(0), check(1), check(2, "failed", "After epoch 2, too high", misconception="slow")]
    students = [student(f"right{number}", with_losses(right(), 1.0)) for number in range(8)]
    students += [student(name, with_losses(off, 1.0, 1.5)) for name in HOSTILE[:2]]
    report = class_report(msgspec.convert(content(students), ClassResults))
    page = open_page(class_page(report, [None] * 10, graded="today"))

    line = page.locator("#curves .way text").first
    button = page.get_by_role("button", name="Show the students of line 1 of Momentum")
    for lead in (line.click, lambda: button.press("Enter")):
        lead()
        assert first_students(page, 3) == list(HOSTILE[:2])
        assert "too high" in page.locator("#detail").inner_text()
        page.locator("#chip").click()
        assert page.locator("#count").inner_text() == "10 of 10 students"


def test_those_who_take_far_longer_are_shown_in_the_table(open_page: Callable[[str], Any]) -> None:
    names = [*(f"usual{number}" for number in range(8)), *HOSTILE[:2]]
    students = [{**student(name, right()), "submission": "digest"} for name in names]
    rows = {
        name: UsedRow("digest", {"Momentum": Used(60.0 if name in HOSTILE else 1.0)})
        for name in names
    }
    report = class_report(msgspec.convert(content(students), ClassResults), usage=rows)
    page = open_page(class_page(report, [None] * 10, graded="today"))
    page.get_by_role("button", name="Show the students with far more CPU time").press("Enter")
    assert first_students(page, 3) == list(HOSTILE[:2])
    assert page.locator("#usage details tbody tr").count() == 2
