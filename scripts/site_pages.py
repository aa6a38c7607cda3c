"""What mkdocs.yml adds to docs/: pages of the repository's root, with their links.

A page is written once, where GitHub shows it. On the site, links between pages lead to the site's
pages, and a link to another file of the repository becomes its text.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]

PAGES = {
    "README.md": "index.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "assignments/README.md": "assignments.md",
}
"""For each file of the repository outside docs/, its page."""

LINK = re.compile(r"\[([^\]]*)\]\(([^)#\s]*)(#[^)\s]*)?\)")
MERMAID = re.compile(r"^```mermaid\n.*?^```\n", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the repository's root."""
    for path, page in PAGES.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Adapt a page to the site."""
    uri = page.file.src_uri
    path = next((path for path, own in PAGES.items() if own == uri), f"docs/{uri}")
    return for_site(markdown, path)


def for_site(markdown: str, path: str) -> str:
    """The text of a page, with links for the site and without diagrams.

    A diagram would need a program that Material loads from the network; the text below each says
    the same.

    Args:
        path: the page's file in the repository.
    """

    def led(found: re.Match[str]) -> str:
        text, target, anchor = found[1], found[2], found[3] or ""
        if not target or "://" in target:
            return found[0]
        place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if place in PAGES:
            return f"[{text}]({PAGES[place]}{anchor})"
        if place.startswith("docs/"):
            return f"[{text}]({place.removeprefix('docs/')}{anchor})"
        # Of a file that does not exist, mkdocs says so.
        return text if (ROOT / place).exists() else found[0]

    return LINK.sub(led, MERMAID.sub("", markdown))
