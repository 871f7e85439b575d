"""Text from outside in Markdown: in code, where no HTML, link, mention or reference is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from prodtui.reports.fields import one_line

LONGEST_CELL = 400
LOOKALIKES = str.maketrans({"`": "ˋ", "|": "¦"})
_BACKTICKS = re.compile("`{3,}")


def code_span(text: str | None, longest: int = LONGEST_CELL) -> str:
    """A code span on one line; a dash for nothing."""
    line = one_line(text or "", longest).translate(LOOKALIKES)
    return f"`{line}`" if line else "–"


def fenced(lines: Iterable[str]) -> list[str]:
    """A code block whose fence is longer than any in its lines."""
    shown = list(lines)
    longest = max((len(found) for line in shown for found in _BACKTICKS.findall(line)), default=2)
    fence = "`" * (longest + 1)
    return [f"{fence}text", *shown, fence]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; its cells are Markdown already."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines] if lines else []
