"""What the terminal is sent: a bell, and its own notifications; no text in them is a command."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.oncall.channels.terminal import Terminal, sequence
from prodtui.settings.notify import TerminalSettings
from tests.oncall.notices import notice

PLAIN: dict[str, str] = {}


def sent(osc: str, *, bell: bool = False, **environment: str) -> str:
    return sequence(notice(title="pool full"), environment, bell=bell, osc=osc)


def test_each_terminal_is_told_in_its_own_words() -> None:
    assert sent("9") == "\x1b]9;prod-eu critical: pool full\a"
    assert sent("777") == "\x1b]777;notify;prod-eu critical;pool full\a"
    assert sent("both", bell=True) == "\a" + sent("9") + sent("777")
    assert sent("none", bell=True) == "\a"


def test_tmux_and_screen_pass_it_on() -> None:
    assert sent("9", TMUX="/tmp/tmux") == "\x1bPtmux;\x1b\x1b]9;prod-eu critical: pool full\a\x1b\\"
    assert sent("9", STY="1.pts") == "\x1bP\x1b]9;prod-eu critical: pool full\a\x1b\\"


@given(st.text())
def test_no_title_ends_the_sequence_or_begins_another(title: str) -> None:
    for osc, pattern in (
        ("9", r"\x1b\]9;[^\x00-\x1f;]*\a"),
        ("777", r"\x1b\]777;notify;[^\x00-\x1f;]*;[^\x00-\x1f;]*\a"),
    ):
        assert re.fullmatch(pattern, sequence(notice(title=title, environment=title), PLAIN, bell=False, osc=osc))


async def test_it_writes_to_the_terminal_that_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)
    written: list[str] = []
    channel = Terminal("here", TerminalSettings(kind="terminal"), written.append)
    assert await channel.send(notice(title="pool full")) == "rung"
    assert written == [sent("both", bell=True)]
    assert not channel.shared
