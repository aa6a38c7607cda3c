"""Styles and scripts that are part of a page: as text, and as its policy names them."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path


def template_text(name: str) -> str:
    """A file of ``templates/``, as it is."""
    return (Path(__file__).with_name("templates") / name).read_text(encoding="utf-8")


def policy_hash(text: str) -> str:
    """What a Content-Security-Policy calls this inline style or script."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
