"""The tutorial in docs/authors.md works as it is written: commands, edits and shown outputs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from documents import Block, blocks

AUTHORS = Path(__file__).parents[2] / "docs" / "authors.md"
NOT_IN_A_SHELL = re.compile(r"^uv run ")
"""The tests run in the environment that ``uv run`` would choose."""


def tutorial() -> list[Block]:
    """The tutorial's blocks, without the commands that it only mentions (in blocks of sh)."""
    page = AUTHORS.read_text(encoding="utf-8")
    (text,) = re.findall(r"^## Tutorial.*?(?=^## )", page, re.MULTILINE | re.DOTALL)
    return [block for block in blocks(text) if block.language != "sh"]


def edited(text: str, diff: str) -> str:
    """The text with one edit: lines with - become lines with +; all others are as they were."""
    lines = diff.splitlines()
    assert {line[:1] for line in lines} <= {" ", "-", "+"}, diff
    before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
    after = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
    assert text.count(before) == 1, f"found {text.count(before)} times:\n{before}"
    return text.replace(before, after)


def commands(console: str) -> list[tuple[str, str]]:
    """Each command of a console block, with the output shown below it."""
    parts = re.split(r"^\$ (.*)\n", console, flags=re.MULTILINE)
    assert parts[0] == "", "a console block begins with a command"
    return list(zip(parts[1::2], parts[2::2], strict=True))


def is_shown(shown: str, said: str) -> bool:
    """Whether an output is as shown, where ``...`` is for anything and lines may be wrapped."""
    pattern = r".*?".join(r"\s*".join(map(re.escape, part.split())) for part in shown.split("..."))
    return re.fullmatch(rf"\s*{pattern}\s*", said, re.DOTALL) is not None


@pytest.mark.parametrize(
    ("shown", "said", "fits"),
    [
        ("a b\nc\n", "a b\n  c\n", True),
        ("a b\nc\n", "a b\nx\nc\n", False),
        ("a ...\nc\n", "a b\nx\nc\n", True),
        ("ada 0/7 ...", "ada  0/7  Signum", True),
        ("ada 0/7 ...", "bob  0/7  Signum", False),
        ("a (x)\n", "a (x)\n", True),
    ],
)
def test_an_output_is_compared_but_for_what_is_left_out(shown: str, said: str, fits: bool) -> None:
    assert is_shown(shown, said) is fits


@pytest.mark.slow
def test_the_tutorial_works_as_written(tmp_path: Path) -> None:
    here = tmp_path
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "120",
    }
    for block in tutorial():
        where = f"the tutorial's line {block.line}"
        if block.language == "console":
            for command, shown in commands(block.text):
                if "&& cd " in command:  # where the following commands run
                    command, _, folder = command.partition(" && cd ")
                    words = shlex.split(command)
                    subprocess.run(words, cwd=here, check=True)
                    here /= folder
                    continue
                words = shlex.split(NOT_IN_A_SHELL.sub("", command))
                done = subprocess.run(
                    words, cwd=here, env=environment, capture_output=True, text=True, timeout=300
                )
                said = done.stdout + done.stderr
                assert is_shown(shown, said), f"{where}: {command} says\n{said}"
        elif block.language == "diff":
            path = here / block.title
            path.write_text(edited(path.read_text(encoding="utf-8"), block.text), encoding="utf-8")
        else:
            path = here / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    assert "Your steps differ in size" in (
        here / "feedback" / "ada" / "signum" / "signum.html"
    ).read_text(encoding="utf-8")
    assert not any("Edit:" in path.read_text() for path in here.glob("assignments/signum/*.ipynb"))
