"""Filters, quiet hours and rates."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.notice import About, Notice, Severity
from prodtui.oncall.rules import Quiet, Rate, Rules, allowed, due_at, quiet_until, summary, wanted
from tests.oncall.notices import AT, notice

NIGHT = Quiet(22 * 3600, 7 * 3600, "Europe/Berlin")
ALL = Rules(severity=Severity.WARNING)


@pytest.mark.parametrize(
    ("rules", "is_wanted"),
    [
        (ALL, True),
        (Rules(environments=("prod-eu",)), True),
        (Rules(environments=("staging",)), False),
        (Rules(services=("pay*",)), True),
        (Rules(services=("checkout",)), False),
        (Rules(tiers=("A", "B")), True),
        (Rules(tiers=("C",)), False),
        (Rules(severity=Severity.CRITICAL), False),
        (Rules(severity=Severity.ERROR), True),
        (Rules(about=(About.ROLLOUT,)), False),
        (Rules(about=(About.ROLLOUT, About.FIRST_CAUSE)), True),
    ],
)
def test_a_channel_hears_of_what_its_filters_name(rules: Rules, *, is_wanted: bool) -> None:
    assert wanted(rules, notice(severity=Severity.ERROR)) is is_wanted


def test_a_lost_source_is_of_no_service_and_passes_no_filter_of_services() -> None:
    lost = notice("source:consul", about=About.SOURCE, services=(), tiers=())
    assert wanted(ALL, lost)
    assert not wanted(Rules(services=("*",)), lost)


def test_an_end_is_for_whoever_was_told_whatever_its_services_are_by_then() -> None:
    """One of them may be gone from the registry, and its tier with it: the outbox keeps it where it was told."""
    over = notice(recovered=True, tiers=(), services=())
    assert wanted(Rules(tiers=("A",), services=("payments",)), over)
    assert wanted(Rules(recoveries=False), over)


def test_good_news_of_a_rollout_is_a_recovery() -> None:
    promoted = notice(about=About.ROLLOUT, severity=Severity.WARNING, recovered=True, roots=())
    assert wanted(Rules(severity=Severity.CRITICAL), promoted)
    assert not wanted(Rules(recoveries=False), promoted)


def test_a_test_goes_everywhere() -> None:
    assert wanted(Rules(environments=("x",), tiers=("C",)), notice(about=About.TEST))


def _berlin(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp()


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-25T21:59:59", "2026-11-25T21:59:59"),
        ("2026-11-25T22:00:00", "2026-11-26T07:00:00"),
        ("2026-11-26T03:11:00", "2026-11-26T07:00:00"),
        ("2026-11-26T07:00:00", "2026-11-26T07:00:00"),
        ("2026-03-29T01:30:00", "2026-03-29T07:00:00"),  # the clock is put forward at 02:00
        ("2026-10-25T01:30:00", "2026-10-25T07:00:00"),  # and back at 03:00
    ],
)
def test_at_night_what_is_not_critical_waits_for_the_morning(now: str, until: str) -> None:
    assert due_at(Rules(quiet=NIGHT), notice(severity=Severity.ERROR), _berlin(now)) == _berlin(until)
    assert due_at(Rules(quiet=NIGHT), notice(severity=Severity.CRITICAL), _berlin(now)) == _berlin(now)


def test_quiet_hours_may_be_in_the_middle_of_the_day() -> None:
    noon = Quiet(12 * 3600, 13 * 3600, "Europe/Berlin", None)
    assert quiet_until(noon, _berlin("2026-11-25T12:30:00")) == _berlin("2026-11-25T13:00:00")
    assert quiet_until(noon, _berlin("2026-11-25T13:30:00")) == _berlin("2026-11-25T13:30:00")
    critical = notice(severity=Severity.CRITICAL)
    assert due_at(Rules(quiet=noon), critical, _berlin("2026-11-25T12:30:00")) == _berlin("2026-11-25T13:00:00")


@given(
    begins=st.integers(0, 86_399),
    ends=st.integers(0, 86_399),
    now=st.floats(AT, AT + 400 * 86_400),
    zone=st.sampled_from(["", "UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kolkata"]),
)
def test_quiet_hours_always_end(begins: int, ends: int, now: float, zone: str) -> None:
    quiet = Quiet(begins, ends, zone)
    until = quiet_until(quiet, now)
    assert now <= until <= now + 25 * 3600
    assert begins == ends or quiet_until(quiet, until) == until


severities = st.sampled_from(Severity)


@given(
    rate=st.builds(Rate, st.integers(1, 5), st.sampled_from([60.0, 600.0])),
    due=st.lists(severities, max_size=20),
    sent=st.lists(st.floats(-3600, 1200), max_size=20),
)
def test_no_rate_is_exceeded_and_nothing_is_dropped(rate: Rate, due: list[Severity], sent: list[float]) -> None:
    notices = [notice(f"pool:{number}", severity) for number, severity in enumerate(due)]
    sent_at = [AT - ago for ago in sent]  # also later than now: the clock was set back
    found = allowed(rate, notices, sent_at, AT)
    messages = len(found.alone) + bool(found.together)
    lately = sum(AT - at < rate.per_s for at in sent_at)
    assert messages == 0 or lately + messages <= rate.most
    if messages:
        assert sorted(one.id for one in (*found.alone, *found.together)) == sorted(one.id for one in notices)
    elif notices:
        assert 0 < found.again_s <= rate.per_s
        assert sum(AT + found.again_s - min(at, AT) < rate.per_s - 1e-6 for at in sent_at) < rate.most
    assert [one.severity.weight for one in found.alone] == sorted(
        (s.severity.weight for s in found.alone), reverse=True
    )


def test_what_was_held_back_is_one_message_that_names_the_worst() -> None:
    held: tuple[Notice, ...] = (notice("pool:a", Severity.CRITICAL), notice("pool:b", Severity.ERROR))
    held = (*held, notice("pool:c", Severity.ERROR, recovered=True))
    one = summary(held, Rate(10, 600))
    assert one.title.startswith("3 messages as one (at most 10 in 10 min), 1 of them recoveries: pool:a")
    assert one.severity is Severity.CRITICAL
    assert len(one.lines) == 3
    assert not one.recovered
