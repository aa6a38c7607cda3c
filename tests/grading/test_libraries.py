"""Libraries of other versions than the checks are for are refused, with the line to install."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.grading.libraries import need_libraries
from autograder.model import AutograderError


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What was found is kept for the process; here, for one test."""
    need_libraries.cache_clear()
    yield
    need_libraries.cache_clear()


def test_the_installed_libraries_are_those_that_the_checks_are_for() -> None:
    need_libraries()


@pytest.mark.parametrize("version", ["2.15.0", "3.5.0", "4.0.1"])
def test_another_keras_is_named_with_the_line_to_install(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = tmp_path / f"keras-{version}.dist-info" / "METADATA"
    about.parent.mkdir()
    about.write_text(f"Metadata-Version: 2.1\nName: keras\nVersion: {version}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(AutograderError, match=rf"keras {version} is installed.*pip install 'keras"):
        need_libraries()
