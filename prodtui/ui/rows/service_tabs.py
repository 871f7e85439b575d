"""The tabs of a service: their names, how much each holds, how much of it fails; and the rows of the lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prodtui.model.assessment import ServiceAssessment
from prodtui.model.moment import Moment
from prodtui.model.records import Cluster
from prodtui.model.service_view import Said, ServiceView
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line, Run, line_length
from prodtui.ui.rows import breakers, checks, dependencies, history, instances, latency, pools
from prodtui.ui.rows.sign import BAD, GOOD, UNKNOWN, aged

NAMES = ("checks", "instances", "pools", "breakers", "latency", "dependencies", "history")
"""The tabs, by the keys 1 to 7."""
_SHORT = {"instances": "inst", "dependencies": "deps"}
COLUMNS: Mapping[str, Sequence[Column]] = {
    "checks": checks.COLUMNS,
    "instances": instances.COLUMNS,
    "pools": pools.COLUMNS,
    "breakers": (
        Column("", 1, 1, sortable=False),
        Column("breaker", 12, 48, gap=1, flex=True, sortable=False),
        Column("state", 6, 20, sortable=False),
        Column("since", 8, 8, right=True, drop=2, sortable=False),
        Column("shed/s", 6, 6, right=True, drop=1, sortable=False),
    ),
    "latency": latency.COLUMNS,
    "dependencies": dependencies.COLUMNS,
    "history": history.COLUMNS,
}
HEADED = ("instances", "pools", "breakers")
EMPTY: Mapping[str, str] = {
    "instances": "no registry reports an instance",
    "pools": "no pool is its: `pools` of its declaration names them",
    "breakers": "no breaker is its, and none is held against it",
    "history": "nothing has changed since the start",
}


COUNTED = ("instances", "pools", "breakers", "dependencies")
"""Tabs that tell how many of theirs fail: the checks' failures the score tells, the history's are past."""


def rows(tab: str, service: ServiceAssessment, view: ServiceView, moment: Moment) -> Sequence[Row]:
    """The rows of a tab's list; the latency has none."""
    match tab:
        case "checks":
            return checks.rows(service, moment)
        case "instances":
            return instances.rows(view, moment)
        case "pools":
            return pools.rows_of(view, moment)
        case "breakers":
            return _breakers(view, moment)
        case "dependencies":
            return dependencies.of_service(service.name, moment)
        case "history":
            return history.rows(service.name, moment)
    return ()


def heading(tab: str, service: ServiceAssessment, view: ServiceView, moment: Moment) -> Line:
    match tab:
        case "checks":
            return checks.heading(service)
        case "instances":
            return instances.heading(view)
        case "history":
            return history.heading(service.name, moment)
    return ((tab.capitalize(), "strong"), (f" of {service.name}", "dim"))


def bar(selected: str, failing: Mapping[str, int], width: int) -> Line:
    """The tabs by their keys, the selected one in ink, with how many in each fail; short where it is narrow."""
    full = _bar(selected, failing, {})
    return full if line_length(full) <= width else _bar(selected, failing, _SHORT)


def failing(lists: Mapping[str, Sequence[Row]]) -> dict[str, int]:
    """How many entries of each list fail."""
    return {tab: sum(row.badness == BAD.badness for row in rows) for tab, rows in lists.items()}


def _bar(selected: str, failing: Mapping[str, int], short: Mapping[str, str]) -> Line:
    runs: list[Run] = []
    for number, name in enumerate(NAMES, 1):
        word = short.get(name, name)
        runs += [(f"{number} ", "accent"), (word, "strong under" if name == selected else "dim")]
        count = "" if short else str(failing.get(name))
        runs += [(f" {BAD.glyph}{count}", BAD.style)] if failing.get(name) else []
        runs.append(("  ", ""))
    return tuple(runs[:-1])


def _breakers(view: ServiceView, moment: Moment) -> list[Row]:
    """Those it holds, those others hold against it, and the proxy's clusters that lead to it."""
    found: list[Row] = []
    for name, held in (("its own", view.breakers_out), ("against it", view.breakers_in)):
        told = (breakers.row(said.source.name, said.record, moment) for said in held)
        rows = sorted(told, key=lambda row: (-row.badness, row.cells[1].text, row.key))
        found += [_section(name, len(rows)), *rows] if rows else []
    if view.clusters:
        clusters = sorted((_cluster(said, moment) for said in view.clusters), key=lambda row: -row.badness)
        found += [_section("proxied to it", len(clusters)), *clusters]
    return found


def _section(name: str, count: int) -> Row:
    return Row(f"section {name}", (Cell(name, "strong", tail=((f" {count}", "dim"),)), Cell()), heading=True)


def _cluster(said: Said[Cluster], moment: Moment) -> Row:
    cluster = said.record
    known = cluster.members is not None and cluster.healthy is not None
    whole = known and cluster.healthy == cluster.members
    sign = GOOD if whole else BAD if known else UNKNOWN
    state = f"{cluster.healthy}/{cluster.members} healthy" if known else "?"
    shed = f"{cluster.overflow_per_s:.1f}" if cluster.overflow_per_s else ""
    cells = (
        sign.cell,
        Cell("cluster ", "dim", tail=((f"{cluster.proxy}/{cluster.name}", "strong" if sign.badness else ""),)),
        Cell(state, sign.value_style or "dim"),
        Cell(""),
        Cell(shed, "bad"),
    )
    return Row(said.subject, aged(cells, said.source, moment.now, names=2), sign.badness)
