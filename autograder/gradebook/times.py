"""When a submission was made: its ``timestamp.txt``, read with the zone that it names.

nbgrader writes ``2030-01-01 15:00:00 KST`` where ``c.Exchange.timezone`` is ``Asia/Seoul``, and
reads names that it does not know as UTC, and ``+0900`` as 900 seconds.
"""

from __future__ import annotations

import re
import time
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import dateutil.parser
from nbgrader.utils import parse_utc

if TYPE_CHECKING:
    from traitlets.config import Config

_NAMED = re.compile(r"(.*\S)\s+([A-Za-z][A-Za-z0-9_+/-]*)")
_HALVES_OF_THE_DAY = ("AM", "PM")
_FORMAT = "%Y-%m-%d %H:%M:%S.%f UTC"
_LONGEST_OFFSET = timedelta(days=1)


@dataclass(frozen=True)
class SubmissionTime:
    """When a submission was made.

    Attributes:
        time: in UTC, without a zone, as nbgrader keeps it; None if it is unknown.
        text: for nbgrader's ``timestamp.txt``, which it reads as the same time; "" if unknown.
        problem: what is wrong with the submission's own text; "" if nothing is.
    """

    time: datetime | None
    text: str
    problem: str


def configured_zone(config: Config) -> str:
    """The zone in which the exchange writes times: ``c.Exchange.timezone``; "" if it is unset."""
    for section in ("ExchangeSubmit", "Exchange"):
        if section in config and "timezone" in config[section]:
            return str(config[section]["timezone"])
    return ""


def read_time(text: str | None, zone: str) -> SubmissionTime:
    """Read a submission's time.

    A name of a zone is looked up in ``zone`` first, where the exchange writes it, then in the
    machine's own, then among all zones that use it on that day.

    Args:
        text: of ``timestamp.txt``.
        zone: the name of the exchange's zone; "" if it is unknown.
    """
    found, problem = _read(text, zone) if text else (None, "")
    try:
        same = text is not None and parse_utc(text) == found
    except Exception:  # dateutil raises exceptions of many kinds
        same = False
    if same and text and found:
        return SubmissionTime(found, text, problem)
    return SubmissionTime(found, found.strftime(_FORMAT) if found else "", problem)


def _read(text: str, zone: str) -> tuple[datetime | None, str]:
    named = _NAMED.fullmatch(text)
    name = named[2] if named and named[2].upper() not in _HALVES_OF_THE_DAY else ""
    try:
        found = dateutil.parser.parse(named[1] if named and name else text)
        if found.tzinfo is not None:
            return found.astimezone(UTC).replace(tzinfo=None), ""
        offsets = _offsets(name, found, zone)
        if len(offsets) == 1:
            return found - offsets.pop(), ""
    except Exception:  # dateutil raises exceptions of many kinds
        return None, "timestamp.txt is not a date, so no late penalty was computed"
    which = "several zones of other offsets use that name" if offsets else "no zone has that name"
    return found, (
        f"timestamp.txt says {name}, and {which}; it was read as UTC, so a late penalty may be "
        "wrong. Name your zone as c.Exchange.timezone in nbgrader_config.py"
    )


def _offsets(name: str, local: datetime, zone: str) -> set[timedelta]:
    """The offsets from UTC that ``name`` may mean at a local time; nothing if it is unknown."""
    if name.upper() in ("", "UTC", "GMT", "Z"):
        return {timedelta(0)}
    if zone and (found := _offset(zone, local, name)) is not None:
        return {found}
    if name in time.tzname:  # the machine's own
        return {timedelta(seconds=-time.altzone if name == time.tzname[1] else -time.timezone)}
    if name in _zones() and (found := _offset(name, local, "")) is not None and "/" in name:
        return {found}
    return {found for each in _zones() if (found := _offset(each, local, name.upper())) is not None}


def _offset(zone: str, local: datetime, name: str) -> timedelta | None:
    """The offset of ``zone`` at a local time, if its time has that name then; "" for any name."""
    try:
        known = _zone(zone)
    except (OSError, ValueError):  # no such zone, or no data for it on this machine
        return None
    for fold in (0, 1):  # an hour that the clock shows twice
        there = local.replace(tzinfo=known, fold=fold)
        offset = there.utcoffset()
        if offset is not None and abs(offset) < _LONGEST_OFFSET and name in ("", there.tzname()):
            return offset
    return None


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones()) - {"localtime"}


@cache
def _zone(name: str) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(name)
