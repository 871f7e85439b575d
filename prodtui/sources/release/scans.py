"""What a scan of a production tree found: from its report, or by running the scan."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import msgspec

from prodtui.model.asks import CodeAsk
from prodtui.model.evidence import CodeScan
from prodtui.model.text import neutralise_name
from prodtui.sources.http_causes import reason
from prodtui.sources.release.bounded import read_bytes

SCHEMA = "prodtui.scan/1"
LIMIT_BYTES = 16 * 1024 * 1024
MOST_SHOWN = 20
_ENDED = frozenset({0, 1})
"""Exit codes of a scan that was carried out: clean, and with findings."""


class _Finding(msgspec.Struct, frozen=True):
    rule: str
    path: str
    line: int
    why: str = ""


class _Report(msgspec.Struct, frozen=True):
    """As `prodtui scan --format json` writes it."""

    schema: str
    files: int
    lines: int
    findings: list[_Finding]
    unreadable: list[object] = []
    roots: list[str] = []
    release: str | None = None
    at: float | datetime | None = None


def reported(asked: CodeAsk) -> CodeScan:
    """What the report says, of no service yet; its release is its own word. Blocks. Trouble where it is none."""
    try:
        found = Path(asked.report).stat()
        return _report(asked.report, found.st_mtime_ns, found.st_size)
    except (OSError, ValueError) as error:
        return _unknown(asked, f"{asked.report} cannot be used: {reason(error)}")


async def scanned(asked: CodeAsk, limit_s: float) -> CodeScan:
    """Scans the tree in a process of its own, of no service and release yet. Trouble where it could not."""
    excluded = [part for pattern in asked.exclude for part in ("--exclude", pattern)]
    command = (sys.executable, "-m", "prodtui", "scan", "--format", "json", *excluded, "--", *asked.paths)
    try:
        code, out, told = await _run(command, limit_s)
        if code not in _ENDED:
            return _unknown(asked, f"the scan ended with {code}: {told or 'it said nothing'}")
        return _decoded(out)
    except TimeoutError:
        return _unknown(asked, f"the scan took longer than {limit_s:g} s")
    except (OSError, ValueError) as error:
        return _unknown(asked, f"the scan failed: {reason(error)}")


async def _run(command: tuple[str, ...], limit_s: float) -> tuple[int, bytes, str]:
    """Exit code, output, and the last line of what it complained of; killed with all its children at the limit."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(limit_s):
            out, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if len(out) > LIMIT_BYTES:
        raise ValueError(f"its report is longer than {LIMIT_BYTES:,} bytes")
    lines = complaint.decode("utf-8", "replace").strip().splitlines()
    return process.returncode or 0, out, lines[-1] if lines else ""


@lru_cache(maxsize=16)
def _report(path: str, _written_ns: int, _size: int) -> CodeScan:
    """The report as it was last written: megabytes of it are read once."""
    return _decoded(read_bytes(Path(path), LIMIT_BYTES))


def _decoded(content: bytes) -> CodeScan:
    """Raises ValueError."""
    try:
        report = msgspec.json.decode(content, type=_Report)
    except msgspec.MsgspecError as error:
        raise ValueError(f"it is no report of a scan: {error}") from error
    if report.schema != SCHEMA:
        raise ValueError(f"it is of schema {report.schema!r}, not {SCHEMA}")
    return CodeScan(
        service="",
        roots=tuple(neutralise_name(root) for root in report.roots),
        version=neutralise_name(report.release) if report.release else None,
        scanned_at=report.at.timestamp() if isinstance(report.at, datetime) else report.at,
        files=report.files,
        lines=report.lines,
        findings=len(report.findings),
        first=tuple(
            neutralise_name(f"{one.path}:{one.line} {one.rule}: {one.why}") for one in report.findings[:MOST_SHOWN]
        ),
        trouble=f"{unread:,} of its files could not be read" if (unread := len(report.unreadable)) else "",
    )


def _unknown(asked: CodeAsk, trouble: str) -> CodeScan:
    return CodeScan(
        service="", roots=tuple(neutralise_name(path) for path in asked.paths), trouble=neutralise_name(trouble)
    )
