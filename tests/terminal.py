"""A real terminal: a private tmux server that runs one program, types at it and reads its screen."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from prodtui.lab.debian import FreshLists, unpack
from prodtui.lab.programs import cache_directory


def _tmux() -> tuple[str, dict[str, str]]:
    """tmux from PATH, else Debian's package unpacked beside the lab's servers; and what it needs to run."""
    if found := shutil.which("tmux"):
        return found, {}
    place = cache_directory() / "tmux"
    if not place.is_dir():
        with tempfile.TemporaryDirectory() as lists:
            unpack("tmux", place, FreshLists(Path(lists)))
    libraries = sorted({str(path.parent) for path in place.rglob("*.so*")})
    return str(place / "usr" / "bin" / "tmux"), {"LD_LIBRARY_PATH": ":".join(libraries)}


class Terminal:
    """One program in a terminal of its own."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._program, self._needs = _tmux()

    def tmux(self, *words: str) -> str:
        """One tmux command; returns what it prints."""
        done = subprocess.run(
            [self._program, "-L", self._socket, "-f", "/dev/null", *words],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **self._needs},
            timeout=20,
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        """Keys by tmux's names: j, Enter, Escape, C-c."""
        self.tmux("send-keys", "-t", "t", *keys)

    def type(self, text: str) -> None:
        """Text as it is."""
        self.tmux("send-keys", "-t", "t", "-l", text)

    def screen(self, *, colours: bool = False) -> str:
        """What the terminal shows now; with its escape sequences where colours are asked for."""
        return self.tmux("capture-pane", "-p", *(["-e"] if colours else []), "-t", "t")

    def until(self, what: str | Callable[[str], bool], timeout_s: float = 20.0) -> str:
        """The screen once it shows a text or passes a test; AssertionError with the screen if it never does."""
        seen = what if callable(what) else lambda screen: what in screen
        ends = time.monotonic() + timeout_s
        while not seen(screen := self.screen()):
            assert time.monotonic() < ends, f"never on screen: {what}\n{screen}"
            time.sleep(0.1)
        return screen

    def resize(self, columns: int, lines: int) -> None:
        self.tmux("resize-window", "-t", "t", "-x", str(columns), "-y", str(lines))


@contextmanager
def terminal(
    command: Sequence[str | Path],
    *,
    size: tuple[int, int] = (120, 40),
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    term: str = "tmux-256color",
) -> Iterator[Terminal]:
    """A shell's terminal in which the command was typed; it says `[exit N]` when the command has ended."""
    opened = Terminal(f"prodtui-{uuid.uuid4().hex[:8]}")
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in (environment or {}).items())
    line = f'env {settings} {shlex.join(map(str, command))}; echo "[exit $?]"; exec sh'
    columns, lines = size
    place = ["-c", str(directory)] if directory is not None else []
    opened.tmux("new-session", "-d", "-s", "t", "-x", str(columns), "-y", str(lines), *place, line)
    opened.tmux("set", "-g", "default-terminal", term)
    opened.tmux("set", "-g", "status", "off")
    try:
        yield opened
    finally:
        opened.tmux("kill-server")
