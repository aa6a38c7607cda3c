"""The fenced blocks of a document, which tests run."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file it is about, its text and its place in the page."""

    language: str
    title: str
    text: str
    line: int


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    fence = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
    return [
        Block(found[1], found[2] or "", found[3], page[: found.start()].count("\n") + 1)
        for found in fence.finditer(page)
    ]
