"""The steps of nbgrader's cycle as people take them, in a browser: a function each.

What these functions look for are words, names of nbgrader's columns, and JupyterLab's own markup.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from two_users import Server

STEP = 240_000
"""How long a step may take on a busy machine, in milliseconds. Nothing waits for it to pass."""

AGAIN = 10
"""After how many seconds a person presses the keys again that did nothing."""


@contextmanager
def at_work(browser: Any, server: Server) -> Iterator[Any]:
    """A user's browser window with JupyterLab. Other machines than this one cannot be reached."""
    context = browser.new_context(viewport={"width": 1300, "height": 950}, service_workers="block")
    context.set_default_timeout(STEP)
    context.route(lambda url: not url.startswith(server.url), lambda route: route.abort())
    page = context.new_page()
    page.goto(server.address("lab"))
    page.get_by_role("menuitem", name="Nbgrader").wait_for()
    yield page
    context.close()


# What a student does.


def open_assignment_list(page: Any) -> None:
    """Open nbgrader's list of assignments."""
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Assignment List").click()


def fetch(page: Any) -> None:
    """Fetch the assignment that is released."""
    open_assignment_list(page)
    page.get_by_role("button", name="Fetch", exact=True).click()
    page.get_by_role("button", name="Submit", exact=True).wait_for()


def open_notebook(page: Any, server: Server, name: str) -> None:
    """Open an assignment's notebook, and wait for its kernel."""
    page.goto(server.address(f"lab/tree/{name}/{name}.ipynb"))
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()


def cell_with(page: Any, text: str) -> Any:
    """The code cell that has a text."""
    cell = page.locator(".jp-CodeCell", has_text=text)
    cell.scroll_into_view_if_needed()  # the editors of other cells are not made yet
    return cell


def type_over(page: Any, cell: Any, line: str, text: str) -> None:
    """Type a text instead of a line of a cell."""
    cell.locator(".cm-line", has_text=line).click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.type(text)


def run(page: Any, cell: Any) -> Any:
    """Run a cell to its end; returns its output.

    While its prompt shows that it does not run, the keys are pressed again, as a person would do:
    on a busy machine a cell was seen that never ran, just after JupyterLab had started its kernel.
    """
    before = _prompt(cell)
    pressed, end = 0.0, time.monotonic() + STEP / 1000
    while (shown := _prompt(cell)) == before or not re.fullmatch(r"\[\d+\]:?", shown):
        now = time.monotonic()
        assert now < end, f"The cell did not run to its end: {_seen(page, cell)}"
        if shown == before and now > pressed + AGAIN:
            cell.locator(".cm-content").click()
            page.keyboard.press("Control+Enter")
            pressed = time.monotonic()
        page.wait_for_timeout(100)
    return cell.locator(".jp-OutputArea")


def _prompt(cell: Any) -> str:
    """What stands beside a cell: "[ ]:", "[*]:" while it runs, "[1]:" when it has run."""
    return str(cell.locator(".jp-InputPrompt").inner_text()).strip()


def _seen(page: Any, cell: Any) -> str:
    """What a person sees when a cell does not run: its prompt, the kernel, what has the focus."""
    kernel = page.locator(".jp-Notebook-ExecutionIndicator").first.get_attribute("data-status")
    active = page.locator(".jp-Notebook .jp-Cell.jp-mod-active").all_inner_texts()
    dialogs = page.locator(".jp-Dialog-content").all_inner_texts()
    return f"prompt {_prompt(cell)!r}, kernel {kernel!r}, active {active!r}, dialogs {dialogs!r}"


def answer(page: Any, text: str) -> None:
    """Answer the question of the notebook."""
    cell = page.locator(".jp-MarkdownCell", has_text="Write your answer here.")
    cell.get_by_role("emphasis").get_by_text("Write your answer here.").dblclick()
    type_over(page, cell, "Write your answer here.", text)
    page.keyboard.press("Control+Enter")


def save(page: Any) -> None:
    """Save the notebook."""
    page.keyboard.press("Control+S")
    page.locator(".lm-TabBar-tab.lm-mod-current.jp-mod-dirty").wait_for(state="detached")


def validate(page: Any) -> str:
    """Press nbgrader's Validate, which saves, too; returns what it says."""
    page.get_by_role("button", name="Validate").click()
    dialog = page.locator(".jp-Dialog-content")
    dialog.wait_for()
    said = str(dialog.inner_text())
    dialog.get_by_role("button", name="Ok").click()
    dialog.wait_for(state="detached")
    return said


def submit(page: Any) -> None:
    """Submit the assignment that is downloaded."""
    open_assignment_list(page)
    page.get_by_role("button", name="Submit", exact=True).click()
    page.get_by_text("There are no submitted assignments.").wait_for(state="hidden")


def fetch_feedback(page: Any, name: str) -> Any:
    """Fetch the feedback, and open the page; returns the frame it is in."""
    open_assignment_list(page)
    page.get_by_role("button", name="Fetch Feedback").click()
    page.get_by_text(f"{name}", exact=True).last.click()
    page.get_by_text("(view feedback)").click()
    page.locator(".jp-DirListing-item", has_text=f"{name}.html").dblclick()
    return page.frame_locator(".jp-HTMLViewer iframe")


# What an instructor does.


def open_formgrader(page: Any) -> Any:
    """Open the formgrader; returns the frame it is in."""
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    return page.frame_locator("iframe")


def press(formgrader: Any, column: str) -> str:
    """Press the button in a column of the first row; returns what it says it did."""
    formgrader.locator(f"td.{column} a").first.click()
    dialog = formgrader.locator(".modal.in .modal-content")
    dialog.wait_for()
    said = str(dialog.inner_text())
    dialog.get_by_role("button", name="OK").click()
    formgrader.locator(".modal").wait_for(state="detached")
    formgrader.get_by_text("Please wait...").wait_for(state="detached")
    return said


def open_submissions(formgrader: Any, name: str) -> None:
    """Open the list of an assignment's submissions."""
    formgrader.get_by_role("link", name="Manual Grading").first.click()  # a submission's page
    formgrader.get_by_role("link", name="Manage Assignments").click()  # has no such link
    row = formgrader.get_by_role("row").filter(has_text=name)
    row.locator("td.num-submissions a").click()
    formgrader.locator("td.autograde a").first.wait_for()


def open_submission(formgrader: Any, name: str) -> None:
    """Open the first submission of an assignment, to grade by hand."""
    formgrader.get_by_role("link", name="Manual Grading").first.click()
    for link in (name, name, re.compile("Submission #1")):
        formgrader.locator("#main-table").get_by_role("link", name=link).click()
    formgrader.locator(".score[placeholder]").first.wait_for()  # grades are loaded, too


def grade_by_hand(page: Any, cell: str, *, points: float, extra: float, comment: str) -> None:
    """Give points, extra credit and a comment in the submission that is open."""
    formgrader = page.frame_locator("iframe")
    fields = {f"#{cell}": points, f"#{cell}_extra_credit": extra, f"#{cell}-comment": comment}
    for field, value in fields.items():
        box = formgrader.locator(field)
        with page.expect_response(lambda response: response.request.method == "PUT") as saved:
            box.fill(str(value))
            box.blur()
        assert saved.value.ok
