"""What changed, newest first."""

from __future__ import annotations

from prodtui.model.moment import Event, Moment
from prodtui.ui import format as fmt
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line
from prodtui.ui.rows.sign import BAD, CHANGE, GOOD, NONE, Sign

COLUMNS = (
    Column("time", 8, 19),
    Column("", 1, 1, sortable=False),
    Column("what", 8, 10, gap=2),
    Column("name", 10, 40, gap=1),
    Column("change", 10, 40, gap=2),
    Column("observed", 24, 120, flex=True, drop=1),
)


def rows(moment: Moment) -> tuple[Row, ...]:
    return tuple(row(event, moment.now) for event in moment.events)


def heading(moment: Moment) -> Line:
    return (("Events", "strong"), (f" {len(moment.events)}", "dim"))


def sign(event: Event) -> Sign:
    if event.bad is None:
        return CHANGE if event.kind == "change" else NONE
    return BAD if event.bad else GOOD


def key_of(event: Event) -> str:
    """What tells an event from every other."""
    return f"{event.at:.3f} {event.kind} {event.source}:{event.key or event.name} {event.after}"


def row(event: Event, now: float) -> Row:
    mark = sign(event)
    change = " → ".join(part for part in (event.before, event.after) if part is not None) or ""
    if event.after is None:
        change = f"{event.before} → gone"
    return Row(
        key_of(event),
        (
            Cell(fmt.moment(event.at, now), "dim", order=-event.at),
            mark.cell,
            Cell(event.kind, "dim"),
            Cell(event.name),
            Cell(change, mark.value_style),
            Cell(event.text.replace("\n", " "), "dim"),
        ),
        badness=mark.badness,
    )
