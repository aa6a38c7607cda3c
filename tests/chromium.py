"""The installed Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")

WITH_CHROMIUM = [
    pytest.mark.slow,
    pytest.mark.skipif(not PROGRAM, reason="Chromium is not installed"),
]
"""What marks a file of tests that need it."""


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser, for as long as the block lasts."""
    driver = pytest.importorskip("playwright.sync_api")
    with driver.sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=options)
        yield browser
        browser.close()
