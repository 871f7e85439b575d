"""Options that name a time, and what they mean now."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

GAP_S = 30.0
"""A watch keeps something every few seconds; what is longer is a gap."""
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="Assess the past, from the journal: 14:02, -5m, yesterday 14:02, 2026-11-22T14:02:58Z; "
        "local time unless it says otherwise.",
    ),
]


def past(written: str) -> float:
    """The Unix time of what was written. Raises UsageError, naming the allowed forms."""
    from prodtui.model.when import when

    return when(written, time.time())


def say_as_of(at: float, asked: float) -> None:
    """Says on stderr which moment is shown, in local time and UTC, so that nobody takes it for now or another."""
    from prodtui.reports.incident.words import dated

    here = datetime.fromtimestamp(at, UTC).astimezone()
    later = f"; nothing is kept from then until {dated(asked)}" if asked - at > GAP_S else ""
    sys.stderr.write(f"prodtui: as of {here:%Y-%m-%d %H:%M:%S %Z} ({dated(at)}){later}\n")
