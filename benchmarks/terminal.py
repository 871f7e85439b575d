"""A program on a pseudo-terminal that answers as a modern terminal does (or stays mute), and all that it writes."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

COLUMNS, ROWS = 120, 40
_AT_ONCE = 256
"""Bytes that a slow line takes at once: some 30 ms of 64 kbit/s."""
QUIT_S = 3.0

_ESCAPE = re.compile(
    rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[P_^X][^\x1b]*\x1b\\|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]|[\x0e\x0f]"
)
_MOVE = re.compile(rb"\x1b\[[0-9;]*[HfdGABEFJK]")
_SKIP = re.compile(rb"\x1b\[([0-9]*)C")

Answer = Callable[[re.Match[bytes]], bytes]
# What a program asks at its start (xterm's ctlseqs): one that waits for the reply is not charged for a dumb terminal.
_ANSWERS: tuple[tuple[re.Pattern[bytes], Answer], ...] = (
    (re.compile(rb"\x1b\[0?c"), lambda _: b"\x1b[?62;22c"),  # DA1
    (re.compile(rb"\x1b\[>0?c"), lambda _: b"\x1b[>1;10;0c"),  # DA2
    (re.compile(rb"\x1b\[>0?q"), lambda _: b"\x1bP>|benchmark(1)\x1b\\"),  # XTVERSION
    (re.compile(rb"\x1b\[5n"), lambda _: b"\x1b[0n"),
    (re.compile(rb"\x1b\[6n"), lambda _: b"\x1b[1;1R"),
    # DECRQM: synchronised output (2026) is known, no other mode is.
    (re.compile(rb"\x1b\[\?(\d+)\$p"), lambda m: b"\x1b[?%s;%d$y" % (m[1], 2 if m[1] == b"2026" else 0)),
    (re.compile(rb"\x1b\[\?u"), lambda _: b"\x1b[?0u"),  # kitty's keyboard protocol
    (re.compile(rb"\x1b\]10;\?(?:\x07|\x1b\\)"), lambda _: b"\x1b]10;rgb:d0d0/d0d0/d0d0\x1b\\"),
    (re.compile(rb"\x1b\]11;\?(?:\x07|\x1b\\)"), lambda _: b"\x1b]11;rgb:1010/1010/1010\x1b\\"),
    (re.compile(rb"\x1b\[18t"), lambda _: b"\x1b[8;%d;%dt" % (ROWS, COLUMNS)),
)
_LONGEST_QUERY = 24
# What would make a program draw otherwise than on a plain terminal of this size.
_UNSET = ("COLUMNS", "LINES", "TMUX", "STY", "COLORTERM", "NO_COLOR")


def text_of(raw: bytes) -> str:
    """The words on the wire: escape sequences removed, a cursor move read as a new line, a skip as blanks."""
    spaced = _SKIP.sub(lambda m: b" " * min(int(m[1] or 1), COLUMNS), raw)
    return _ESCAPE.sub(b"", _MOVE.sub(b"\n", spaced)).decode("utf-8", "replace").replace("\xa0", " ")


class Terminal:
    """A program started on a terminal of 120x40; times are seconds from exec, `raw` is every byte it wrote."""

    delay_s = 0.0
    """From a key to the program and back."""

    def __init__(
        self, argv: Sequence[str], *, environment: Mapping[str, str] | None = None, answering: bool = True
    ) -> None:
        self.raw = bytearray()
        self._answering = answering
        self._tail = b""
        self._ended = False
        child_environment = {k: v for k, v in os.environ.items() if k not in _UNSET}
        child_environment |= {"TERM": "xterm-256color", **(environment or {})}
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        self.started = self.written_at = time.monotonic()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            try:
                os.execvpe(argv[0], [*argv], child_environment)  # noqa: S606
            except OSError as error:
                os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
                os._exit(127)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def fileno(self) -> int:
        """The terminal's side of the pair, for select."""
        return self._fd

    def write(self, keys: bytes) -> None:
        """Types keys; a program that is gone does not mind."""
        try:
            os.write(self._fd, keys)
        except OSError:
            self._ended = True

    def pump(self, timeout_s: float) -> bool:
        """Takes what comes within the time; False once the program has ended."""
        if not self._ended and select.select([self._fd], [], [], max(0.0, timeout_s))[0]:
            self.read()
        return not self._ended

    def read(self) -> None:
        """Takes what is there and answers the questions in it."""
        try:
            written = self._taken()
        except OSError:  # EIO: the last process on the terminal has closed it
            written = b""
        if not written:
            self._ended = True
            return
        self.written_at = time.monotonic()
        self.raw += written
        if self._answering:
            self._answer(written)

    def _taken(self) -> bytes:
        return os.read(self._fd, 65536)

    def pump_for(self, seconds: float) -> bool:
        """Takes whatever comes during the time; False once the program has ended."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not self.pump(left):
                return False
        return True

    def seconds_until(self, wanted: re.Pattern[str], timeout_s: float, *, since: int = 0) -> float | None:
        """When the text was on the wire after byte `since`, in seconds from exec; None when it did not come."""
        end = time.monotonic() + timeout_s
        searched = since
        while time.monotonic() < end:
            if len(self.raw) > searched:
                searched = len(self.raw)
                if wanted.search(text_of(bytes(self.raw[since:]))):
                    return self.written_at - self.started
            if not self.pump(0.05) and len(self.raw) == searched:
                return None
        return None

    def text(self) -> str:
        """The words of everything written."""
        return text_of(bytes(self.raw))

    def close(self, keys: bytes = b"q") -> None:
        """Quits politely, then by SIGTERM, then by SIGKILL."""
        steps: tuple[Callable[[], object], ...] = (
            lambda: self.write(keys),
            lambda: os.kill(self.pid, signal.SIGTERM),
            lambda: os.kill(self.pid, signal.SIGKILL),
        )
        try:
            for step in steps:
                step()
                end = time.monotonic() + QUIT_S
                while time.monotonic() < end:
                    if not self.pump(0.02):
                        time.sleep(0.02)
                    if os.waitpid(self.pid, os.WNOHANG)[0]:
                        return
        finally:
            os.close(self._fd)

    def _answer(self, written: bytes) -> None:
        seen = self._tail + written
        for query, answer in _ANSWERS:
            for match in query.finditer(seen):
                if match.end() > len(self._tail):  # completed by what came now
                    self.write(answer(match))
        self._tail = seen[-_LONGEST_QUERY:]


def pump_together(terminals: Sequence[Terminal], seconds: float) -> None:
    """Takes whatever any of the programs writes during the time."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        alive = [terminal for terminal in terminals if terminal.pump(0)]
        if not alive:
            time.sleep(left)
            return
        for terminal in select.select(alive, [], [], left)[0]:
            terminal.read()


class SlowTerminal(Terminal):
    """A terminal at the end of a slow line: what is written arrives at a rate, and a key takes its time.

    Whoever writes faster is held up by a full line, as behind a real one.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        bytes_per_s: float,
        delay_s: float,
        environment: Mapping[str, str] | None = None,
        answering: bool = True,
    ) -> None:
        self.delay_s = delay_s
        self._bytes_per_s = bytes_per_s
        self._free_at = 0.0
        super().__init__(argv, environment=environment, answering=answering)

    def write(self, keys: bytes) -> None:
        time.sleep(self.delay_s)  # the way back is as long for the key as for its answer: both are paid here
        super().write(keys)

    def read(self) -> None:
        time.sleep(max(0.0, self._free_at - time.monotonic()))
        before = len(self.raw)
        super().read()
        self._free_at = time.monotonic() + (len(self.raw) - before) / self._bytes_per_s

    def _taken(self) -> bytes:
        return os.read(self._fd, _AT_ONCE)
