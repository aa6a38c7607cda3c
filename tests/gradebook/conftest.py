"""A course folder and a release, for every test of the gradebook."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from graded_class import make_release
from nbformat.notebooknode import NotebookNode
from postgres_server import PostgresServer, running_server

from autograder.gradebook.config import in_course_folder


@pytest.fixture
def release() -> NotebookNode:
    return make_release()


@pytest.fixture(scope="session")
def empty_gradebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gradebook with tables but no content: creating one takes 4 s (nbgrader runs alembic)."""
    from nbgrader.api import Gradebook

    path = tmp_path_factory.mktemp("gradebook") / "empty.db"
    with in_course_folder(path.parent):
        Gradebook(f"sqlite:///{path}", "").close()
    return path


@pytest.fixture
def course(tmp_path: Path, empty_gradebook: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty course folder; no configuration of this machine's user reaches it."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "jupyter"))
    folder = tmp_path / "course"
    folder.mkdir()
    shutil.copy(empty_gradebook, folder / "gradebook.db")
    return folder


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL server; tests that need one are skipped where there is none."""
    with running_server() as server:
        yield server
