"""A typed line, a typed time, what was typed before, and what is copied."""

from __future__ import annotations

import re
import time
from base64 import b64decode
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.errors import UsageError
from prodtui.model.when import when
from prodtui.ui.clipboard import LARGEST, bounded, sequence
from prodtui.ui.history import MOST, History, joined
from prodtui.ui.typed import LONGEST, Typed

KEYS = ("backspace", "delete", "ctrl+u", "ctrl+k", "ctrl+w", "left", "right", "home", "end", "a", "ü", "日", "space")


def typed(*keys: str) -> Typed:
    line = Typed()
    for key in keys:
        line = line.pressed(key, " " if key == "space" else key if len(key) == 1 else None) or line
    return line


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (("a", "c", "left", "b"), Typed("abc", 2)),
        (("a", "b", "home", "delete"), Typed("b", 0)),
        (("a", "b", "left", "backspace"), Typed("b", 0)),
        (("a", "space", "b", "c", "ctrl+w"), Typed("a ", 2)),
        (("a", "space", "b", "space", "ctrl+w"), Typed("a ", 2)),
        (("a", "b", "left", "ctrl+u"), Typed("b", 0)),
        (("a", "b", "left", "ctrl+k"), Typed("a", 1)),
        (("backspace", "left", "delete"), Typed("", 0)),
    ],
)
def test_a_line_is_edited_as_a_shell_does(keys: tuple[str, ...], expected: Typed) -> None:
    assert typed(*keys) == expected


@given(st.lists(st.sampled_from(KEYS), max_size=40))
def test_the_cursor_never_leaves_the_line(keys: list[str]) -> None:
    line = typed(*keys)
    assert 0 <= line.at <= len(line.text)


@given(st.text(max_size=3_000))
def test_what_is_pasted_is_one_printable_line_of_bounded_length(text: str) -> None:
    line = Typed.whole("svc ").inserted(text)
    assert line.text.startswith("svc ")
    assert line.text.isprintable()
    assert len(line.text) <= LONGEST


@pytest.fixture
def berlin() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as zone:
        zone.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


def local(text: str) -> float:
    return time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("14:02", "2026-11-22 14:02:00"),
        ("14:02:30", "2026-11-22 14:02:30"),
        ("15:00:01", "2026-11-21 15:00:01"),
        ("-5m", "2026-11-22 14:55:00"),
        ("−90s", "2026-11-22 14:58:30"),
        ("-1h30m", "2026-11-22 13:30:00"),
        ("2026-11-20T08:00", "2026-11-20 08:00:00"),
        ("2026-11-20T08:00:05Z", "2026-11-20 09:00:05"),
    ],
)
def test_a_typed_time_is_the_most_recent_such_time(written: str, expected: str) -> None:
    assert when(written, local("2026-11-22 15:00:00")) == local(expected)


@pytest.mark.usefixtures("berlin")
def test_the_hour_that_a_clock_change_took_away_is_the_one_after() -> None:
    assert when("01:59:59", local("2026-03-29 12:00:00")) == local("2026-03-29 01:59:59")
    assert when("03:00", local("2026-03-29 12:00:00")) - when("01:59", local("2026-03-29 12:00:00")) == 60


@pytest.mark.parametrize("written", ["", "soon", "25:00", "14:60", "14", "5m", "2026-13-01T00:00", "-", "1:2:3:4"])
def test_what_is_no_time_is_said_with_those_there_are(written: str) -> None:
    with pytest.raises(UsageError, match=r"is no time\. Write .*14:02:58, -5m, yesterday 14:02"):
        when(written, 1e9)


@given(st.integers(0, 23), st.integers(0, 59), st.floats(1e9, 2e9))
def test_a_time_of_day_is_never_in_the_future_nor_two_days_old(hour: int, minute: int, now: float) -> None:
    at = when(f"{hour}:{minute:02}", now)
    assert at <= now < at + 49 * 3600


def test_history_walks_back_and_forth_among_lines_that_begin_alike() -> None:
    history = History()
    history.earlier = ["pools", "svc payments"]
    history.add("at 14:02")
    history.add("svc catalog")
    assert [history.walk("", -1) for _ in range(5)] == ["svc catalog", "at 14:02", "svc payments", "pools", None]
    assert [history.walk("", 1) for _ in range(4)] == ["svc payments", "at 14:02", "svc catalog", ""]
    history.rest()
    assert [history.walk("svc", -1) for _ in range(3)] == ["svc catalog", "svc payments", None]
    assert history.walk("svc", 1) == "svc catalog"
    assert history.walk("svc", 1) == "svc"


@given(st.lists(st.text(max_size=3)), st.lists(st.text(max_size=3)))
def test_history_keeps_each_line_once_at_its_newest_place(earlier: list[str], added: list[str]) -> None:
    lines = joined(earlier, added)
    assert len(lines) == len(set(lines)) <= MOST
    assert set(lines) <= {*earlier, *added}
    if added:
        assert lines[-1] == added[-1]


def test_a_copy_passes_through_tmux_and_screen() -> None:
    plain = sequence("pay\x1b[31m", {})
    assert plain == "\x1b]52;c;cGF5G1szMW0=\x07"
    assert sequence("pay\x1b[31m", {"TMUX": "/tmp/tmux-0/default,1,0"}) == (
        plain + "\x1bPtmux;\x1b\x1b]52;c;cGF5G1szMW0=\x07\x1b\\"
    )
    assert sequence("pay\x1b[31m", {"STY": "1.pts-0.host"}) == f"\x1bP{plain}\x1b\\"


@given(st.text(max_size=4_000))
def test_a_copy_through_screen_comes_in_pieces_that_it_does_not_cut(text: str) -> None:
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", sequence(text, {"STY": "1"}), re.DOTALL)
    assert all(len(piece) < 768 for piece in pieces)
    assert "".join(pieces) == sequence(text, {})


def test_a_copy_is_bounded_and_no_character_is_cut_in_two() -> None:
    text = "日" * LARGEST
    assert len(bounded(text).encode()) <= LARGEST
    sent = sequence(text, {})
    assert len(sent) < 100_100
    assert b64decode(sent[7:-1]).decode() == bounded(text)
