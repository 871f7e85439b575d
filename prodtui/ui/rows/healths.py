"""A service's health checks, worst first."""

from __future__ import annotations

from prodtui.model.moment import Moment
from prodtui.model.records import HealthCheck
from prodtui.model.rerun import Rerun
from prodtui.model.service_view import Said
from prodtui.model.subject import subject
from prodtui.ui import format as fmt
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line
from prodtui.ui.rows import health_body, record, rerun
from prodtui.ui.rows.sign import OF_HEALTH, aged

MOST_OTHERS = 12
HOUR_S = 3600.0
COLUMNS = (
    Column("", 1, 1, sortable=False),
    Column("instance", 8, 24, gap=1),
    Column("check", 5, 30, gap=2, flex=True),
    Column("status", 7, 8),
    Column("since", 8, 8, right=True, drop=1),
)


def rows(service: str, moment: Moment) -> tuple[Row, ...]:
    view = moment.views.get(service)
    found = [_row(said, moment) for said in view.health] if view else []
    return tuple(sorted(found, key=lambda row: (-row.badness, row.cells[1].text, row.key)))


def _row(said: Said[HealthCheck], moment: Moment) -> Row:
    check = said.record
    sign = OF_HEALTH[check.status]
    name = subject(said.source.name, check)
    since = moment.since.get(name)
    cells = (
        sign.cell,
        Cell(check.instance or f"node {check.node}", "strong" if sign.badness else ""),
        Cell(check.name, "dim"),
        Cell(check.status.value, sign.style),
        Cell("" if since is None or since.censored else fmt.clock(since.at), "dim", order=since.at if since else None),
    )
    return Row(name, aged(cells, said.source, moment.now, names=3), sign.badness)


def heading(name: str, check: HealthCheck) -> Line:
    return ((record.title_of(name, check), "strong"), (f" {check.status.value}", OF_HEALTH[check.status].style))


def lines(name: str, check: HealthCheck, moment: Moment, made_again: Rerun | str | None) -> list[Line]:
    """Everything there is of a health check: since when, definition, output, the re-run, how it flapped, who saw it."""
    stands = record.since_line(name, check, moment)
    found: list[Line] = [(*stands, *_flaps(name, moment)), *record.definition(check), ()]
    if isinstance(made_again, str):
        found += [(("re-run ", "strong"), (made_again, "dim")), ()]
    elif made_again is not None:
        found += [*rerun.lines(made_again), ()]
    said_now = made_again.body if isinstance(made_again, Rerun) else ""
    if tree := health_body.lines(said_now) or health_body.lines(check.output):
        found += [*tree, ()]
    found += [(("output", "dim"),), *record.output_lines(check), ()]
    source = moment.snapshot.sources[name.split(":", 2)[1]]
    if source.read_at is not None:
        old = moment.now - source.read_at
        seen = f"{fmt.moment(source.read_at, moment.now)} by {source.name}" + (
            f", {fmt.age(old)} ago" if old > 10 else ""
        )
        found.append((("seen    ", "dim"), (seen, "")))
    found.append((("id      ", "dim"), (f"{check.id} on node {check.node}", "")))
    view = moment.views.get(check.service)
    if view is not None and view.declared.runbook:
        found.append((("runbook ", "dim"), (view.declared.runbook, "accent")))
    past = record.history(name, moment)
    if past:
        found += [(), (("history", "dim"),), *past]
    others = _same_minute(name, moment)
    if others:
        found += [(), (("within the same minute", "dim"),), *others]
    return found


def _flaps(name: str, moment: Moment) -> Line:
    """` · 3 flaps in 1 h`: how often it turned away from good within the hour; nothing where once at most."""
    turns = sum(e.key == name and e.bad is True and e.at > moment.now - HOUR_S for e in moment.events)
    return ((f" · {turns} flaps in 1 h", "warn"),) if turns > 1 else ()


def _same_minute(name: str, moment: Moment) -> list[Line]:
    """What else changed within a minute of this check's last turn."""
    since = moment.since.get(name)
    if since is None or since.censored:
        return []
    found: list[Line] = []
    for event in moment.events:
        if abs(event.at - since.at) <= 60 and event.key != name:
            turn = f"  {event.before or '–'} → {event.after or 'gone'}"
            found.append(((fmt.clock(event.at), "dim"), (f"  {event.kind} {event.name}", ""), (turn, "dim")))
    return found[:MOST_OTHERS]
