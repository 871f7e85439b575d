"""A service's instances: where each runs, what version, in what phase, and how its health checks stand."""

from __future__ import annotations

from prodtui.model.moment import Moment
from prodtui.model.records import HealthStatus, Instance, Phase
from prodtui.model.service_view import Said, ServiceView
from prodtui.model.subject import subject
from prodtui.ui import format as fmt
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line
from prodtui.ui.rows import record
from prodtui.ui.rows.fields import fields
from prodtui.ui.rows.sign import OF_HEALTH, aged

COLUMNS = (
    Column("", 1, 1, sortable=False),
    Column("instance", 8, 40, gap=1, flex=True),
    Column("status", 7, 8),
    Column("phase", 7, 11),
    Column("version", 5, 20, drop=1),
    Column("zone", 4, 14, drop=2),
    Column("node", 4, 24, drop=4),
    Column("address", 9, 24, drop=3),
)


def rows(view: ServiceView, moment: Moment) -> tuple[Row, ...]:
    """Worst first. A version or a zone that only some have stands out: that is what told them apart so often."""
    odd = _odd([said.record.version for said in view.instances])
    found = [_row(said, view, moment, odd) for said in view.instances]
    return tuple(sorted(found, key=lambda row: (-row.badness, row.cells[1].text, row.key)))


def heading(view: ServiceView) -> Line:
    passing = sum(view.instance_status(said.record) is HealthStatus.PASSING for said in view.instances)
    return (("Instances", "strong"), (f" {passing} of {len(view.instances)} passing", "dim"))


def lines(name: str, instance: Instance, view: ServiceView, moment: Moment) -> list[Line]:
    """Its health checks with what they say, the worst first, then its row and its past."""
    found: list[Line] = []
    checks = sorted(view.checks_of(instance), key=lambda said: -OF_HEALTH[said.record.status].badness)
    for said in checks:
        found += [*record.lines_of(said.subject, said.record, moment, quiet=False, whole=True), ()]
    if not checks:
        found += [(("no health check", "unknown"), (": nothing tells whether it is well", "dim")), ()]
    found += fields(instance, moment.now)
    past = record.history(name, moment)
    return [*found, (), (("history", "dim"),), *past] if past else found


def _odd(versions: list[str | None]) -> frozenset[str]:
    """Versions that fewer than half run, where there is more than one."""
    return frozenset(v for v in versions if v is not None and versions.count(v) * 2 < len(versions))


def _row(said: Said[Instance], view: ServiceView, moment: Moment, odd: frozenset[str]) -> Row:
    instance = said.record
    status = view.instance_status(instance)
    sign = OF_HEALTH[status]
    address = f"{instance.address}:{instance.port}" if instance.port else instance.address
    cells = (
        sign.cell,
        Cell(instance.id, "strong" if sign.badness else ""),
        Cell(status.value, sign.value_style or "dim"),
        Cell(instance.phase.value, "dim" if instance.phase is Phase.SERVING else "warn"),
        Cell(instance.version or fmt.UNKNOWN, "accent" if instance.version in odd else ""),
        Cell(instance.zone or "–", "" if instance.zone else "dim"),
        Cell(instance.node, "dim"),
        Cell(address or "–", "dim"),
    )
    return Row(subject(said.source.name, instance), aged(cells, said.source, moment.now, names=2), sign.badness)
