"""Finding a course and its assignments. No keras."""

from __future__ import annotations

from pathlib import Path

import pytest
from editing import downhill

from autograder.model import AutograderError
from autograder.sources.course import Course, find_course


def test_a_course_is_found_from_any_folder_in_it(course: Path) -> None:
    for start in (course, downhill(course)):
        assert find_course(start) == Course(course)


def test_a_folder_outside_a_course_says_what_a_course_is(tmp_path: Path) -> None:
    with pytest.raises(AutograderError) as error:
        find_course(tmp_path)
    assert str(tmp_path) in str(error.value)
    assert "solutions/" in str(error.value)
    assert "--course" in str(error.value)


def test_an_unknown_assignment_suggests_the_closest_one(course: Path) -> None:
    with pytest.raises(AutograderError) as error:
        Course(course).solution("downhil")
    assert "Did you mean 'downhill'? Available: downhill." in str(error.value)
    with pytest.raises(AutograderError) as error:
        Course(course).solution("regularizers")
    assert "Did you mean" not in str(error.value)
