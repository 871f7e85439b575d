"""Times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.errors import UsageError
from prodtui.model.when import when

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 14, 30, tzinfo=BERLIN).timestamp()


def _utc(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-22T13:02:58Z", _utc(2026, 11, 22, 13, 2, 58)),
        ("2026-11-22t13:02:58.250z", _utc(2026, 11, 22, 13, 2, 58) + 0.25),
        ("2026-11-22T14:02:58+01:00", _utc(2026, 11, 22, 13, 2, 58)),
        ("2026-11-22T08:02:58-0500", _utc(2026, 11, 22, 13, 2, 58)),
        ("2026-11-22T14:02:58", _utc(2026, 11, 22, 13, 2, 58)),
        ("2026-11-22 14:02", _utc(2026, 11, 22, 13, 2)),
        ("2026-07-01 14:02", _utc(2026, 7, 1, 12, 2)),
        ("14:02", _utc(2026, 11, 22, 13, 2)),
        ("14:02:58", _utc(2026, 11, 22, 13, 2, 58)),
        ("13:02Z", _utc(2026, 11, 22, 13, 2)),
        ("9:05", _utc(2026, 11, 22, 8, 5)),
        (" today  14:02 ", _utc(2026, 11, 22, 13, 2)),
        ("yesterday 14:02", _utc(2026, 11, 21, 13, 2)),
        ("Yesterday 14:02:58", _utc(2026, 11, 21, 13, 2, 58)),
        ("-5m", NOW - 300),
        ("-1h30m", NOW - 5_400),
        ("-90s", NOW - 90),
        ("now", NOW),
    ],
)
def test_a_time_means_what_its_writer_meant(written: str, meant: float) -> None:
    assert when(written, NOW, BERLIN) == meant


def test_a_time_of_day_that_is_still_to_come_is_yesterdays() -> None:
    assert when("14:31", NOW, BERLIN) == _utc(2026, 11, 21, 13, 31)
    assert when("23:58", datetime(2026, 11, 22, 0, 3, tzinfo=BERLIN).timestamp(), BERLIN) == _utc(2026, 11, 21, 22, 58)


def test_yesterday_is_a_day_of_the_calendar_and_not_a_day_of_86400_seconds() -> None:
    after_the_clocks_went_back = datetime(2026, 10, 25, 14, 0, tzinfo=BERLIN).timestamp()
    assert when("yesterday 13:00", after_the_clocks_went_back, BERLIN) == _utc(2026, 10, 24, 11, 0)


@pytest.mark.parametrize(
    "written",
    ["", "14", "25:00", "14:60", "14:02:61", "2026-13-01 14:02", "2026-02-30T14:02Z", "-", "-5", "-5 parsecs",
     "2026-11-22", "tomorrow 14:02", "2026-11-22 yesterday 14:02", "14:02+99:99"],
)  # fmt: skip
def test_what_is_no_time_is_answered_with_the_forms_that_are(written: str) -> None:
    with pytest.raises(UsageError, match="yesterday 14:02") as told:
        when(written, NOW, BERLIN)
    assert "local time (CET, UTC+01:00) unless it ends in Z" in str(told.value)


def test_the_future_is_not_known() -> None:
    with pytest.raises(UsageError, match="in the future"):
        when("today 14:31", NOW, BERLIN)
    with pytest.raises(UsageError, match="in the future"):
        when("2030-01-01T00:00:00Z", NOW, BERLIN)


@given(st.text(max_size=30))
def test_whatever_is_written_is_a_time_that_has_been_or_an_error_for_a_person(written: str) -> None:
    try:
        at = when(written, NOW, BERLIN)
    except UsageError as error:
        at, told = NOW, str(error)
    else:
        told = ""
    assert at <= NOW
    assert len(told) < 300
