"""Connection pools, and the database servers behind them."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from prodtui.model.assessment import Assessment
from prodtui.model.moment import Moment
from prodtui.model.records import DatabaseServer, Pool, Session
from prodtui.model.service_view import ServiceView
from prodtui.model.snapshot import Key
from prodtui.model.subject import subject
from prodtui.timeline.status import BLOCKED_S, status
from prodtui.ui import format as fmt
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line
from prodtui.ui.rows.sign import BAD, GOOD, WARN, Sign, aged, findings, worse

BAR = 8
Signs = dict[str, Sign]
COLUMNS = (
    Column("", 1, 1, sortable=False),
    Column("pool", 8, 28, gap=1, flex=True),
    Column("", BAR, BAR, drop=1, sortable=False),
    Column("used", 5, 9, right=True, gap=1),
    Column("waiting", 8, 18, gap=2),
)


def rows(moment: Moment) -> tuple[Row, ...]:
    """Worst first; within one badness by name."""
    snapshot = moment.snapshot
    return _rows(snapshot.of(Pool).items(), snapshot.of(DatabaseServer).items(), moment, moment.assessment)


def rows_of(view: ServiceView, moment: Moment) -> tuple[Row, ...]:
    """Those that one service stands on, as its own checks judge them."""
    judged = tuple(s for s in (moment.assessment.service(view.name),) if s is not None)
    held = [((said.source.name, said.record.key), said.record) for said in view.pools]
    servers = [((said.source.name, said.record.key), said.record) for said in view.servers]
    return _rows(held, servers, moment, replace(moment.assessment, services=judged))


def _rows(
    held: Iterable[tuple[Key, Pool]],
    servers: Iterable[tuple[Key, DatabaseServer]],
    moment: Moment,
    assessment: Assessment,
) -> tuple[Row, ...]:
    signs = findings(assessment, "data.")
    room = findings(assessment, "data.pool_saturation") | findings(assessment, "data.connections")
    found = [_pool(key, pool, moment, signs, room) for key, pool in held]
    found += [_server(key, server, moment, signs, room) for key, server in servers]
    return tuple(sorted(found, key=lambda row: (-row.badness, row.cells[1].text, row.key)))


def heading(moment: Moment) -> Line:
    return (("Pools", "strong"), (f" {len(moment.snapshot.of(Pool)) + len(moment.snapshot.of(DatabaseServer))}", "dim"))


def _pool(key: tuple[str, str], pool: Pool, moment: Moment, signs: Signs, room: Signs) -> Row:
    name = subject(key[0], pool)
    sign = signs.get(name, GOOD)
    found = status(pool)
    if found is not None and found.good is False:
        sign = worse(sign, WARN if found.word == "waiting" else BAD)
    share = pool.used / pool.size if pool.used is not None and pool.size else None
    if found is not None and found.word in ("paused", "disabled", "no server"):
        waiting = f"{found.word}" + (f" {pool.waiting} wait" if pool.waiting else "")
    elif pool.waiting:
        waiting = f"{pool.waiting} wait {fmt.wait(pool.max_wait_s)}"
    else:
        waiting = "" if pool.waiting is not None else "?"
    signs_of = (sign, room.get(name, GOOD))
    return _row(name, pool.name, signs_of, share, (pool.used, pool.size), (waiting, pool.waiting), moment, key[0])


def _server(key: tuple[str, str], server: DatabaseServer, moment: Moment, signs: Signs, room: Signs) -> Row:
    name = subject(key[0], server)
    sessions = [s for (source, _), s in moment.snapshot.of(Session).items() if source == key[0]]
    blocked = [s.blocked_s for s in sessions if s.blocked_s is not None and s.blocked_s >= BLOCKED_S]
    sign = signs.get(name, GOOD)
    for session in sessions:
        sign = worse(sign, signs.get(subject(key[0], session), GOOD))
    if blocked:
        sign = worse(sign, WARN)
    if server.exhausted:
        sign = BAD
    said = (
        "no connection left" if server.exhausted else f"{len(blocked)} block {fmt.age(max(blocked))}" if blocked else ""
    )
    if not said and server.restricted:
        said = "restricted"
    share = server.used / server.usable if server.used is not None and server.usable else None
    signs_of = (sign, BAD if server.exhausted else room.get(name, GOOD))
    return _row(name, server.name, signs_of, share, (server.used, server.usable), (said, len(blocked)), moment, key[0])


def _row(
    key: str,
    name: str,
    signs: tuple[Sign, Sign],
    share: float | None,
    use: tuple[int | None, int | None],
    waiting: tuple[str, int | None],
    moment: Moment,
    source: str,
) -> Row:
    filled, rest = fmt.bar(share, BAR)
    used, size = use
    said, many = waiting
    sign, room = signs
    cells = (
        sign.cell,
        Cell(name, "strong" if sign.badness else ""),
        Cell(filled, room.style, order=share, tail=((rest, "rule"),)),
        Cell(f"{fmt.count(used)}/{fmt.count(size)}", room.value_style, order=share),
        Cell(said, sign.value_style or "dim", order=many),
    )
    state = moment.snapshot.sources[source]
    aged_cells = aged(cells, state, moment.now, names=2)
    lost = aged_cells[0] != cells[0]
    return Row(key, aged_cells, badness=2 if lost else sign.badness)
