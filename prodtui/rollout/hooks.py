"""Hooks: commands of the user's that move traffic, run without a shell, in a process group of their own and bounded."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from prodtui.model.rollout import Hook, Plan, Rollout
from prodtui.model.text import neutralise, neutralise_name
from prodtui.readiness import words
from prodtui.rollout.placeholders import filled
from prodtui.rollout.progress import DONE
from prodtui.sources.tied import tied

KEPT_BYTES = 64 * 1024
"""Of a hook's output, the last; a flood is read and let go."""
GRACE_S = 5.0
"""From SIGTERM to SIGKILL."""
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""What a hook has of our environment: our secrets are none of it."""
TOLD = "PRODTUI_ROLLOUT_"
"""How the variables begin by which it is told what is to be done."""
_CHUNK = 16 * 1024
_LAST_S = 0.5
"""For what is left in the pipe once nobody writes any longer."""


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """How a hook ended."""

    ok: bool
    reason: str
    """`exit 0`, `exit 1: its last line`, `no end within 60 s, killed`, `not started: why`."""
    took_s: float
    output: str = ""
    """Its last 64 KiB, stdout and stderr as they came, neutralised."""


async def run(hook: Hook, rollout: Rollout, *, percent: float, outlives: bool = False, grace_s: float = GRACE_S) -> Ran:
    """Runs the hook to its end, at most as long as it may. Whatever it does is told in words, never raised.

    Nothing of its process group is left when this returns, also where it is cancelled. Where this process is killed,
    the hook is too, unless it `outlives` it.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    values = values_of(rollout, percent)
    command = command_of(hook, values)
    directory, environment = directory_of(rollout.plan), environment_of(values)
    tail = _Tail()
    program = command[0] if os.sep not in command[0] else str(directory / command[0])
    if shutil.which(program, path=environment.get("PATH")) is None:
        return Ran(ok=False, reason=f"not started: {neutralise_name(program)}: no program that may be run", took_s=0.0)
    try:
        async with tail.written() as writing:
            process = await asyncio.create_subprocess_exec(
                *(command if outlives else tied(command)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                env=environment,
                cwd=directory,
                start_new_session=True,
            )
            code = await _over(process, hook.timeout_s, grace_s)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return Ran(ok=False, reason=f"not started: {neutralise_name(program)}: {why}", took_s=loop.time() - began)
    if code is None:
        reason = f"no end within {words.seconds(hook.timeout_s)}, killed"
    else:
        reason = DONE if code == 0 else tail.because(_ended(code))
    return Ran(ok=code == 0, reason=reason, took_s=loop.time() - began, output=tail.text)


async def _over(process: asyncio.subprocess.Process, timeout_s: float, grace_s: float) -> int | None:
    """How it exits; None where it had to be ended. Nothing is left of its group."""
    try:
        async with asyncio.timeout(timeout_s):
            return await process.wait()
    except TimeoutError:
        return None
    finally:
        await asyncio.shield(_end(process, grace_s))


def values_of(rollout: Rollout, percent: float) -> dict[str, str]:
    """What is filled in for `{name}`."""
    plan = rollout.plan
    return {
        "percent": f"{percent:g}",
        "stage": str(rollout.stage + 1),
        "service": plan.service,
        "version": plan.candidate,
        "rollback_to": plan.rollback_to,
        "rollout": rollout.id,
    }


def command_of(hook: Hook, values: Mapping[str, str]) -> list[str]:
    """The program and its arguments."""
    return [filled(word, values) for word in hook.command]


def directory_of(plan: Plan) -> Path:
    """Where hooks run."""
    return Path(plan.directory) if plan.directory else Path(plan.path).parent


def by_hand(hook: Hook, rollout: Rollout, *, percent: float = 0.0) -> str:
    """What a person types to do what the hook does."""
    command = shlex.join(command_of(hook, values_of(rollout, percent)))
    return neutralise(f"cd {shlex.quote(str(directory_of(rollout.plan)))} && {command}").replace("\n", "\u240a")


def environment_of(values: Mapping[str, str], ours: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The hook's whole environment."""
    told = {f"{TOLD}{name.upper()}": value for name, value in values.items()}
    return {**{name: ours[name] for name in PASSED_ON if name in ours}, **told}


class _Tail:
    """The last of what a hook wrote."""

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._size = 0

    @asynccontextmanager
    async def written(self) -> AsyncIterator[int]:
        """A descriptor to be written to. What is written is read until this ends, so that nobody waits for it.

        It is a pipe of ours and none of asyncio's, with which a process is over only when all have closed it: also
        those whom it left behind.
        """
        read, write = os.pipe()
        reader = asyncio.StreamReader(limit=_CHUNK)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(read, "rb", 0))
        reading = asyncio.create_task(self._read(reader))
        try:
            yield write
        finally:
            os.close(write)
            await asyncio.wait({reading}, timeout=_LAST_S)
            reading.cancel()
            transport.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while chunk := await reader.read(_CHUNK):
            self._chunks.append(chunk)
            self._size += len(chunk)
            while self._size - len(self._chunks[0]) >= KEPT_BYTES:
                self._size -= len(self._chunks.popleft())

    @property
    def text(self) -> str:
        return neutralise(b"".join(self._chunks)[-KEPT_BYTES:].decode(errors="replace"))

    def because(self, how: str) -> str:
        """With the last line that says something."""
        last = next((line.strip() for line in reversed(self.text.splitlines()) if line.strip()), "")
        return f"{how}: {last[:200]}" if last else how


def _ended(code: int) -> str:
    return f"exit {code}" if code >= 0 else f"ended by {signal.Signals(-code).name}"


async def _end(process: asyncio.subprocess.Process, grace_s: float) -> None:
    """Ends what is left of the hook's group: asked first where it still runs itself, else at once."""
    if process.returncode is None:
        _signal(process.pid, signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await process.wait()
    _signal(process.pid, signal.SIGKILL)
    await process.wait()


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
