"""The results that a regrade replaced: kept with the reason, and with what had changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.grading.made_with import Difference
from autograder.model import AutograderError
from autograder.reports.results import FOLDER, write

HISTORY = "history"
"""Folder of the earlier results, in ``results/``."""


def keep_earlier(
    course: Path,
    name: str,
    earlier: Mapping[str, Any],
    *,
    at: datetime,
    why: str,
    changed: Sequence[Difference],
    key: str,
) -> Path:
    """Write earlier results to ``results/history/<name>-<UTC time>.json``; returns the path.

    They get a field ``replaced``: when, why, by what key, and what had changed in the meantime.

    Args:
        earlier: the content of the results file.
        at: in UTC.
        key: fingerprint of the run that replaces them.

    Raises:
        AutograderError: the folder cannot be written.
    """
    folder = course / FOLDER / HISTORY
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AutograderError(
            f"{folder} cannot be made ({error.strerror}). The earlier results are kept there; make "
            f"{folder.parent} writable."
        ) from error
    replaced = {
        "at": at.isoformat(timespec="seconds"),
        "why": why,
        "changed": [{**asdict(each), "sentence": each.sentence} for each in changed],
        "key": key,
    }
    path = folder / f"{name}-{at:%Y%m%dT%H%M%SZ}.json"
    number = 1
    while path.exists():  # a second one in the same second
        number += 1
        path = path.with_name(f"{name}-{at:%Y%m%dT%H%M%SZ}-{number}.json")
    write(path, {**earlier, "replaced": replaced})
    return path


def replaced_by(course: Path, name: str, key: str) -> Path | None:
    """The earlier results that the run with this key replaces; None if there are none."""
    for path, content in _kept(course, name):
        if content["replaced"].get("key") == key:
            return path
    return None


def _kept(course: Path, name: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The earlier results of an assignment, the latest first."""
    for path in sorted((course / FOLDER / HISTORY).glob(f"{name}-*.json"), reverse=True):
        try:
            content = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            continue
        known = isinstance(content, dict) and content.get("assignment") == name
        if known and isinstance(content.get("replaced"), dict):
            yield path, content
