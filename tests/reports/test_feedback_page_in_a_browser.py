"""The feedback page in Chromium, if it is installed: no network, no script, short, usable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import WITH_CHROMIUM, chromium
from feedback_pages import essay, exercise, feedback

from autograder.reports.feedback_page import Feedback, feedback_page
from autograder.verdicts import Status

pytestmark = WITH_CHROMIUM


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens a page from a file; fails if the browser complains, or anything else is fetched."""
    complaints: list[str] = []
    requests: list[str] = []
    pages = []

    def opened(content: Feedback, **options: Any) -> Any:
        page = browser.new_page(**{"viewport": {"width": 1200, "height": 800}, **options})
        pages.append(page)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: requests.append(request.url))
        file = tmp_path / "feedback.html"
        file.write_text(feedback_page(content), encoding="utf-8")
        page.goto(file.as_uri())
        return page

    yield opened
    for page in pages:
        page.close()
    assert complaints == []
    assert requests
    assert all(url.startswith(("file:", "data:")) for url in requests)


def size(page: Any) -> tuple[int, int]:
    width, height = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    return width, height


@pytest.mark.parametrize("width", [1200, 390])
def test_a_page_that_is_all_right_is_short_also_on_a_phone(
    open_page: Callable[..., Any], width: int
) -> None:
    passed: list[Status] = ["passed"] * 12
    right = [exercise(f"Exercise{number}", *passed) for number in range(8)]
    page = open_page(
        feedback(*right, exercise("Extra", "passed", bonus=True), essay()),
        viewport={"width": width, "height": 800},
    )

    assert size(page)[0] == width
    assert size(page)[1] < 3_000
    assert "alive" not in page.title().split(":")[0]
    for summary in page.locator("section > details > summary").all():
        summary.click()  # with all of it open, only the code is wider, and scrolls by itself
    assert size(page)[0] == width


def test_failures_formulas_pictures_and_keys(open_page: Callable[..., Any]) -> None:
    page = open_page(
        feedback(
            exercise("Momentum", "passed"),
            exercise("Adam", "passed", "failed", "failed"),
            exercise("RMSprop", "failed"),
            essay(None),
        )
    )

    first, second = (page.get_by_text(f"Wrong in Adam, {number}") for number in (1, 2))
    assert first.is_visible()
    assert not second.is_visible()
    assert not page.get_by_text("Wrong in RMSprop, 0").is_visible()
    assert page.locator(".answer math mfrac").bounding_box()["height"] > 10
    assert page.locator(".answer img").evaluate("image => image.naturalWidth") == 1

    page.get_by_text("Claim 2").first.focus()
    page.locator("details.check > summary").nth(1).press("Enter")
    assert second.is_visible()
    page.locator("section > details > summary").nth(1).press("Enter")
    assert not first.is_visible()


def test_dark_where_the_reader_prefers_it(open_page: Callable[..., Any]) -> None:
    shades = {}
    for scheme in ("light", "dark"):
        page = open_page(feedback(exercise("Adam", "failed")), color_scheme=scheme)
        shades[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert shades == {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}
