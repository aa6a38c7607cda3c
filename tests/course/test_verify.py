"""Every assignment in solutions/, verified by the author's command."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.sources.course import Course

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def test_verify_passes_for_the_whole_course() -> None:
    command = [str(Path(sys.executable).with_name("autograder")), "verify", "--fresh"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=2400)
    # Lines of progress and tables of all assignments are far longer than what pytest prints.
    wrong = re.findall(r"^✗ .*(?:\n(?!✗|\w+: \d+ problem).*)*", done.stdout, re.MULTILINE)
    assert done.returncode == 0, "\n".join(wrong)[:8000] + done.stderr[-2000:]
    assignments = list(Course(ROOT).assignments())
    assert re.findall(r"^✓ (\w+):", done.stdout, re.MULTILINE) == assignments
