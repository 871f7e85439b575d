"""Circuit breakers: from whom to whom, their state, since when, and what they shed."""

from __future__ import annotations

from prodtui.model.moment import Moment
from prodtui.model.records import Breaker
from prodtui.model.subject import subject
from prodtui.ui import format as fmt
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line
from prodtui.ui.rows.sign import OF_BREAKER, aged

COLUMNS = (
    Column("", 1, 1, sortable=False),
    Column("breaker", 20, 40, gap=1, flex=True),
    Column("state", 6, 12),
    Column("since", 8, 8, right=True, gap=1, drop=1),
    Column("shed/s", 6, 6, right=True, gap=1, drop=2),
)


def rows(moment: Moment) -> tuple[Row, ...]:
    found = [row(source, breaker, moment) for (source, _), breaker in moment.snapshot.of(Breaker).items()]
    return tuple(sorted(found, key=lambda row: (-row.badness, row.cells[1].text, row.key)))


def heading(moment: Moment) -> Line:
    breakers = moment.snapshot.of(Breaker)
    open_ = sum(OF_BREAKER[b.state].badness == 3 for b in breakers.values())
    return (("Breakers", "strong"), (f" {len(breakers)}" + (f" · {open_} open" if open_ else ""), "dim"))


def row(source: str, breaker: Breaker, moment: Moment) -> Row:
    sign = OF_BREAKER[breaker.state]
    word = breaker.state.replace("_", " ")
    since = moment.since.get(subject(source, breaker))
    # The time and not the age: an age would be drawn again each second.
    at = "" if since is None or since.censored else fmt.clock(since.at)
    shed = "" if not breaker.shed_per_s else fmt.rate(breaker.shed_per_s)
    cells = (
        sign.cell,
        Cell(breaker.called, "strong" if sign.badness else ""),
        Cell(word.upper() if sign.badness == 3 else word, f"strong {sign.style}" if sign.badness else "dim"),
        Cell(at, "" if sign.badness else "dim", order=since.at if since else None),
        Cell(shed, "bad", order=breaker.shed_per_s),
    )
    state = moment.snapshot.sources[source]
    old = aged(cells, state, moment.now, names=2)
    return Row(subject(source, breaker), old, badness=2 if old[0] != cells[0] else sign.badness)
