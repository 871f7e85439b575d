"""`prodtui scan PATH…`: production-only code."""

from __future__ import annotations

import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prodtui.model.errors import UsageError

if TYPE_CHECKING:
    from prodtui.scan.scan import Progress, Scan

QUIET_S = 1.0
"""A scan that takes longer shows how far it is."""
_REDRAWN_S = 0.1


class ScanFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


def scan(
    paths: Annotated[list[Path], typer.Argument(help="Folders or files to scan.")],
    format: Annotated[  # noqa: A002
        ScanFormat, typer.Option("--format", help="text for people, json for programs, sarif for code hosts.")
    ] = ScanFormat.TEXT,
    output: Annotated[Path | None, typer.Option(help="File to write to; stdout by default.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Left out besides the defaults.")] = None,
    include: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Taken in although the defaults leave it out.")
    ] = None,
    release: Annotated[
        str | None, typer.Option(metavar="VERSION", help="The release that the report is about.")
    ] = None,
) -> None:
    """Finds mocks, stubs, simulations, placeholders and secrets in the code that ships.

    Tests, examples, documentation, vendored and generated code are left out.

    Example: prodtui scan src --format sarif --output scan.sarif

    Exit codes: 0 clean; 1 findings, or a file that can't be read; 2 usage, configuration, or nothing to scan.
    """
    from prodtui.scan.errors import ScanError
    from prodtui.scan.options import Options
    from prodtui.scan.scan import scan as scanned

    options = Options(exclude=tuple(exclude or ()), include=tuple(include or ()))
    progress = _progress() if sys.stderr.isatty() else None
    try:
        found = scanned(paths, options, progress=progress)
    except ScanError as error:
        raise UsageError(str(error)) from error
    text = _report(found, format, release)
    if output is None or str(output) == "-":
        sys.stdout.write(text)
    else:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{output} can't be written: {error.strerror}") from error
    raise typer.Exit(0 if found.clean else 1)


def _report(found: Scan, format: ScanFormat, release: str | None) -> str:  # noqa: A002
    from datetime import UTC, datetime
    from importlib.metadata import version

    from prodtui.scan.reports.document import scan_json
    from prodtui.scan.reports.sarif import scan_sarif
    from prodtui.scan.reports.text import scan_text

    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if format is ScanFormat.JSON:
        return scan_json(found, at=at, release=release)
    if format is ScanFormat.SARIF:
        return scan_sarif(found, at=at, release=release, version=version("prodtui"))
    return scan_text(found)


def _progress() -> Progress:
    """One line on stderr, rewritten; gone when all is done."""
    began = drawn = time.monotonic()

    def tell(done: int, of: int) -> None:
        nonlocal drawn
        now = time.monotonic()
        if done == of:
            if drawn > began:
                sys.stderr.write("\r\x1b[K")
        elif now - began > QUIET_S and now - drawn > _REDRAWN_S:
            drawn = now
            sys.stderr.write(f"\rscanning: {done:,} of {of:,} files\x1b[K")
            sys.stderr.flush()

    return tell
