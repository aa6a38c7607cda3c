"""Pictures of checks in notebooks, in JupyterLab."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from two_users import Server, User, jupyter_labs

from scripts.screens.album import Album
from scripts.screens.browser import window
from scripts.screens.student import Work

SIZE = 1000, 1800
"""Of the window, in CSS pixels: higher than any cell, because what is further down is not drawn."""


@dataclass(frozen=True)
class Check:
    """The cell that checks an exercise.

    Attributes:
        name: the picture's.
        words: what must be read in it.
        dark: whether there is a dark picture, too.
    """

    name: str
    work: Work
    words: str
    dark: bool = False

    @property
    def assignment(self) -> str:
        """The assignment of the notebook."""
        return self.work.assignment


CHECKS = (
    Check(
        "notebook",
        Work("optimizers", "Adam", "corrected_moments_written_back"),
        "Fix this first",
        dark=True,
    ),
    Check("notebook-solved", Work("optimizers", "Momentum"), "checks hold"),
    Check("masks", Work("dropout", "Dropout", "rate_is_the_share_kept"), "the share of zeros"),
    Check(
        "channels",
        Work("batch_normalization", "BatchNormalization", "mean_not_subtracted"),
        "each feature has mean 0 and variance 1",
    ),
    Check(
        "learning-curves",
        Work("fitting", "EarlyStopping", "patience_off_by_one"),
        "Training stops after patience epochs in a row",
    ),
)


def photograph_notebooks(browser: Any, home: Path, album: Album) -> None:
    """Run each notebook in JupyterLab as far as it is needed, and photograph its checks."""
    for check in CHECKS:
        check.work.save(home)
    with jupyter_labs((User("student", home), home)) as (server,):
        settings = home / ".jupyter/lab/user-settings/@jupyterlab/apputils-extension"
        as_the_system = {"adaptive-theme": True}  # light or dark
        (settings / "themes.jupyterlab-settings").write_text(json.dumps(as_the_system))
        for name, checks in groupby(CHECKS, lambda check: check.assignment):
            with window(browser, SIZE, server.url, color_scheme="light") as page:
                _open(page, server, name)
                _photograph(page, list(checks), album)


def _open(page: Any, server: Server, name: str) -> None:
    """Open a notebook, with nothing beside it."""
    page.goto(server.address(f"lab/workspaces/{name}/tree/{name}/{name}.ipynb"))
    page.get_by_text("| Idle").wait_for()  # the kernel, in the line at the bottom
    page.keyboard.press("Control+B")  # the list of files


def _photograph(page: Any, checks: Iterable[Check], album: Album) -> None:
    """Run the notebook's imports, some exercises and their checks; photograph these."""
    _start(page, "from autograder import check")
    for check in checks:
        _start(page, f"class {check.work.exercise}(")
        _start(page, f"check({check.work.exercise})")
    for check in checks:
        cell = _cell(page, f"check({check.work.exercise})")
        cell.locator(".jp-OutputArea-output").first.wait_for()
        text = cell.inner_text()
        album.png(check.name, cell.screenshot(), text, check.words)
        if check.dark:
            _turn(page, "dark")
            album.png(f"{check.name}-dark", cell.screenshot(), text, check.words)
            _turn(page, "light")


def _cell(page: Any, text: str) -> Any:
    """The code cell that has a text."""
    cell = page.locator(".jp-CodeCell", has_text=text).first
    cell.scroll_into_view_if_needed()  # the editors of other cells are not made yet
    return cell


def _start(page: Any, text: str) -> None:
    """Run the cell with a text, after those that run already."""
    cell = _cell(page, text)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    cell.locator(".jp-InputPrompt").get_by_text(re.compile(r"\[[*\d]+\]")).wait_for()


def _turn(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    light = "true" if scheme == "light" else "false"
    page.locator(f"body[data-jp-theme-light='{light}']").wait_for(state="attached")
