"""Tables as Canvas, Moodle and spreadsheets write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.model import AutograderError
from autograder.reports.exports.roster import read_roster


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_table_is_read_whatever_its_delimiter(
    delimiter: str, encoding: str, tmp_path: Path
) -> None:
    path = tmp_path / "r.csv"
    lines = ["ID|Name|Grade", '007|"Müller, \n""J""; x"|', "", "8|short"]
    path.write_bytes("\r\n".join(lines).replace("|", delimiter).encode(encoding))
    roster = read_roster(path)
    assert roster.header == ("ID", "Name", "Grade")
    assert roster.rows == (("007", 'Müller, \n"J"; x', ""), ("8", "short", ""))
    assert roster.delimiter == delimiter
    assert roster.column(" grade ") == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no table"),
        (b"one column\n1\n", "has no table"),
        ("ID,Näme\n".encode("latin-1"), "is not UTF-8"),
        (b'ID,Name\n1,"open\n', "is not a CSV table"),
        (b"PK\x03\x04\x00,\xff", "is not UTF-8"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(content)
    with pytest.raises(AutograderError, match=message):
        read_roster(path)
