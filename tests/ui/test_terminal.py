"""The dashboard on a real pseudo-terminal: what it sends, and how it leaves the terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from tests.terminal import terminal

ROOT = Path(__file__).parents[2]
COLOUR = re.compile(rb"\x1b\[(?:[0-9]+;)*(?:3[0-79]|4[0-79]|9[0-7]|10[0-7]|[34]8;[25])(?:;[0-9]+)*m")
SEQUENCE = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\x1b[=>]")
PATIENCE_S = 20.0


class Terminal:
    """A process on a pseudo-terminal, and all that it has sent."""

    def __init__(self, scene: str, log: Path, size: tuple[int, int], environment: dict[str, str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self._slave = slave
        self._open = [slave, self._master]
        self.modes: list[Any] = termios.tcgetattr(slave)
        base = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLORTERM", "LC_ALL", "LANG", "LC_CTYPE")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.ui.alone", scene, str(log)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            start_new_session=True,
            env={**base, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment},
        )
        self.sent = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._close()

    def text(self) -> str:
        return SEQUENCE.sub(b"", self.sent).decode("utf-8", "replace")

    def until(self, words: str) -> None:
        ends = time.monotonic() + PATIENCE_S
        while words not in self.text():
            assert time.monotonic() < ends, f"never sent: {words!r}\n{self.text()[-2000:]}"
            self.read(0.05)

    def read(self, quiet_s: float) -> bytes:
        """What comes until nothing has come for that long; nothing after the terminal went away."""
        got = b""
        while self._open and select.select([self._master], [], [], quiet_s)[0]:
            try:
                part = os.read(self._master, 65_536)
            except OSError:
                break
            if not part:
                break
            got += part
        self.sent += got
        return got

    def press(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def hang_up(self) -> None:
        """As when the network goes: both ends are gone."""
        self._close()

    def _close(self) -> None:
        """Once: the numbers of closed ends may be somebody else's by the next time."""
        for end in self._open:
            os.close(end)
        self._open.clear()

    def ended(self) -> int:
        ends = time.monotonic() + PATIENCE_S
        while self._process.poll() is None:
            assert time.monotonic() < ends, "it did not end"
            with _closing():
                self.read(0.05)
        with _closing():
            self.read(0.05)
        return self._process.returncode

    def modes_now(self) -> list[Any]:
        return termios.tcgetattr(self._slave)


@contextmanager
def _closing() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError):
        return  # the end is closed already, on purpose


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "state" / "prodtui.log"


def started(scene: str, log: Path, *, size: tuple[int, int] = (120, 40), **environment: str) -> Terminal:
    return Terminal(scene, log, size, environment)


def restored(opened: Terminal) -> bool:
    """The main screen, a cursor, no modes left on, and the line discipline as it was."""
    after = opened.sent.rsplit(b"\x1b[?1049h", 1)[1]
    return all(code in after for code in (b"\x1b[?1049l", b"\x1b[?25h")) and opened.modes_now() == opened.modes


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["SIGTERM", "SIGHUP"])
def test_a_signal_ends_it_and_gives_the_terminal_back(log: Path, number: int, code: int) -> None:
    with started("well", log) as opened:
        opened.until("nothing failing since")
        opened.signal(number)
        assert opened.ended() == code
        assert restored(opened)
        assert "Traceback" not in opened.text()


def test_a_rollouts_screen_gives_the_terminal_back_as_well(log: Path) -> None:
    with started("rollout", log, size=(80, 24)) as opened:
        opened.until("latency_p99")
        opened.press(b"q")
        opened.until("leave it?")
        opened.press(b"y")
        assert opened.ended() == 0
        assert restored(opened)
    with started("rollout", log, size=(80, 24), NO_COLOR="1", LC_ALL="C") as opened:
        opened.until("latency_p99")
        opened.signal(signal.SIGTERM)
        assert opened.ended() == 143
        assert restored(opened)
        assert not COLOUR.findall(opened.sent)
        assert SEQUENCE.sub(b"", opened.sent).isascii()


def test_a_rollout_that_waits_costs_its_clock_and_no_more(log: Path) -> None:
    with started("rollout", log, size=(80, 24)) as opened:
        opened.until("latency_p99")
        opened.read(0.5)
        before, began = len(opened.sent), time.monotonic()
        while time.monotonic() - began < 5:
            opened.read(0.1)
        assert 0 < (len(opened.sent) - before) / 5 < 60


def test_a_quit_gives_the_terminal_back(log: Path) -> None:
    with started("well", log) as opened:
        opened.until("nothing failing since")
        opened.press(b"q")
        assert opened.ended() == 0
        assert restored(opened)


def test_a_crash_goes_to_the_log_and_not_over_the_screen(log: Path) -> None:
    with started("crash", log) as opened:
        opened.until("nothing failing since")
        opened.press(b"\x12")
        assert opened.ended() == 1
        assert restored(opened)
        assert "Traceback" not in opened.text()
        assert "LookupError: the feed broke" in log.read_text()


def test_it_ends_when_the_terminal_goes_away(log: Path) -> None:
    with started("well", log) as opened:
        opened.until("nothing failing since")
        opened.hang_up()
        opened.signal(signal.SIGHUP)
        assert opened.ended() != 0


def test_no_color_sends_no_colour_on_any_screen(log: Path) -> None:
    with started("ill", log, NO_COLOR="1") as opened:
        opened.until("payments-db")
        for keys in (
            b"\r",
            b"\r",
            b"?",
            b"\x1b",
            b":svc p\t",
            b"\x1b",
            b":polls\r",
            b"/p99\r",
            b"t",
            b"\x1b",
            b"ax\r",
            b"E",
        ):
            opened.press(keys)
            opened.read(0.5)
        opened.until("deadline exceeded")
        assert not COLOUR.findall(opened.sent)
        assert b"\x1b[1m" in opened.sent or b"\x1b[0;1m" in opened.sent


def test_a_terminal_of_20x5_is_sane(log: Path) -> None:
    with started("ill", log, size=(20, 5)) as opened:
        opened.until("payments")
        for keys in (b"?", b"\x1b", b":svc p\t\r", b"\x1b", b"/x\r", b"[", b"\x1b"):
            opened.press(keys)
            opened.read(0.3)
        lines = [int(row) for row in re.findall(rb"\x1b\[([0-9]+);[0-9]+H", opened.sent)]
        assert max(lines) <= 5
        opened.press(b"q")
        assert opened.ended() == 0
        assert restored(opened)


def test_a_copy_is_sent_plain_and_wrapped_for_tmux(log: Path) -> None:
    with started("ill", log, TMUX="/tmp/tmux-0/default,1,0") as opened:
        opened.until("payments-db")
        opened.press(b"y")
        opened.until("copied")
        plain = re.search(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", opened.sent)
        assert plain is not None
        assert b"payments" in b64decode(plain[1])
        assert b"\x1bPtmux;\x1b\x1b]52;c;" + plain[1] + b"\x07\x1b\\" in opened.sent


def test_the_mouse_is_left_to_the_terminal(log: Path) -> None:
    with started("ill", log) as opened:
        opened.until("payments-db")
        assert not re.search(rb"\x1b\[\?100[0-356]h", opened.sent)


def test_with_colour_there_is_colour(log: Path) -> None:
    with started("ill", log) as opened:
        opened.until("payments-db")
        assert COLOUR.findall(opened.sent)


def test_sixteen_colours_are_the_terminals_own(log: Path) -> None:
    with started("ill", log, TERM="linux", COLORTERM="") as opened:
        opened.until("payments-db")
        assert b";2;" not in opened.sent
        assert b"38;5" not in opened.sent


def test_a_locale_without_utf8_gets_ascii_alone(log: Path) -> None:
    with started("ill", log, LC_ALL="C") as opened:
        opened.until("payments-db")
        assert SEQUENCE.sub(b"", opened.sent).isascii()
        assert "X payments" in opened.text()


def test_one_changed_number_costs_less_than_200_bytes(log: Path) -> None:
    with started("well", log) as opened:
        opened.until("nothing failing since")
        opened.read(0.5)
        before = len(opened.sent)
        opened.press(b"\x12")
        ends = time.monotonic() + PATIENCE_S
        while b"3" not in SEQUENCE.sub(b"", opened.sent[before:]):
            assert time.monotonic() < ends, "the changed number was never sent"
            opened.read(0.05)
        opened.read(0.5)
        assert len(opened.sent) - before < 200


def test_what_is_typed_ahead_reaches_what_the_keys_before_it_opened(log: Path) -> None:
    with terminal((sys.executable, "-m", "tests.ui.alone", "ill", log)) as shown:
        shown.until("payments-db")
        shown.type("/catalog\r\r")  # as one packet, as over a slow link
        shown.until("overview › catalog")
