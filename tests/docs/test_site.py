"""The site: built strictly, complete, and readable without a network."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("site_pages", ROOT / "scripts/site_pages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


site_pages = load()


@pytest.mark.parametrize(
    ("path", "link", "on_the_site"),
    [
        ("docs/operators.md", "[a](../SECURITY.md#levels)", "[a](security.md#levels)"),
        ("docs/students.md", "[a](../assignments/README.md)", "[a](assignments.md)"),
        ("docs/students.md", "[a](conventions.md)", "[a](conventions.md)"),
        ("docs/students.md", "[a](#install)", "[a](#install)"),
        ("README.md", "![a](docs/demo.svg)", "![a](demo.svg)"),
        ("README.md", "[a](docs/students.md)", "[a](students.md)"),
        ("README.md", "[BSD](LICENSE)", "BSD"),
        ("README.md", "[a](docs/gone.md)", "[a](gone.md)"),
        ("README.md", "[a](GONE.md)", "[a](GONE.md)"),
        ("README.md", "[a](https://keras.io)", "[a](https://keras.io)"),
    ],
)
def test_a_link_leads_to_a_page_of_the_site(path: str, link: str, on_the_site: str) -> None:
    assert site_pages.for_site(f"See {link}.", path) == f"See {on_the_site}."


def test_a_diagram_that_needs_a_program_from_the_network_is_left_out() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert page.count("```mermaid") == 2
    shown = site_pages.for_site(page, "docs/architecture.md")
    assert "mermaid" not in shown
    assert "gradebook/  all that imports nbgrader" in shown


class Fetched(HTMLParser):
    """The addresses that a browser loads with a page, and the text that it shows."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.text = ""
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        loads = {"script": "src", "img": "src", "iframe": "src", "link": "href"}
        if tag in loads and given.get("rel") not in ("canonical", "next", "prev"):
            self.addresses.append(given.get(loads[tag]) or "")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.slow
def test_the_site_is_built_strictly_and_needs_no_network(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    pages = {path.stem: Fetched(path) for path in tmp_path.glob("*.html")}
    sources = {path.stem for path in (ROOT / "docs").glob("*.md")}
    added = {Path(page).stem for page in site_pages.PAGES.values()}
    assert set(pages) - {"404"} == sources | added
    for name, page in pages.items():
        assert [at for at in page.addresses if "//" in at] == [], name
    for style in tmp_path.rglob("*.css"):
        assert not re.search(r"(url\(|@import)[\"' ]*(https?:)?//", style.read_text())
    # Written once: in SECURITY.md, and in docstrings.
    assert "Report it privately" in pages["security"].text
    for words in ("earns nothing for it", "Fail a check unless something holds", "held-out rows"):
        assert words in " ".join(pages["reference"].text.split())
