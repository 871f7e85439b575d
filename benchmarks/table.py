"""Figures as a small aligned table: ours, its bar, and the peers beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

OURS = "prodtui"


class Unmeasurable(Exception):  # noqa: N818 - it names a state, as AlreadyUp does
    """Our own figure could not be had; the message says why."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured: by program the values of its runs, or the reason there are none. The first one is ours."""

    name: str
    unit: str
    measured: Mapping[str, Sequence[float] | str]
    bar: float | None = None
    digits: int = 2


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one benchmark, and what a reader must know to judge them."""

    title: str
    figures: Sequence[Figure] = ()
    notes: Sequence[str] = ()


_HEADINGS = ("figure", "program", "median", "min–max", "bar", "", "ours/peer")
_LEFT = (0, 1, 5)


def render(report: Report) -> str:
    """The report as text; `ours/peer` is how many times the peer's figure ours is."""
    rows: list[tuple[str, ...]] = [_HEADINGS] if report.figures else []
    for figure in report.figures:
        rows += _rows(figure)
    widths = [
        max((len(row[column]) for row in rows if len(row) == len(_HEADINGS)), default=0)
        for column in range(len(_HEADINGS))
    ]
    lines = [report.title]
    for row in rows:
        if len(row) == len(_HEADINGS):
            cells = [c.ljust(w) if i in _LEFT else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        else:
            cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2]]
        lines.append("  ".join(cells).rstrip())
    return "\n".join([*lines, *report.notes])


def _rows(figure: Figure) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    ours: float | None = None
    for number, (program, values) in enumerate(figure.measured.items()):
        name = f"{figure.name}, {figure.unit}" if number == 0 else ""
        if isinstance(values, str):
            rows.append((name, program, f"not measured: {values}"))
            continue
        middle = median(values)
        spread = f"{min(values):.{figure.digits}f}–{max(values):.{figure.digits}f}" if len(values) > 1 else ""
        bar = judged = ratio = ""
        if number == 0:
            ours = middle
            if figure.bar is not None:
                bar, judged = f"< {figure.bar:g}", "met" if middle < figure.bar else "OVER"
        elif ours is not None and middle > 0:
            ratio = f"{ours / middle:.2f}"
        rows.append((name, program, f"{middle:.{figure.digits}f}", spread, bar, judged, ratio))
    return rows
