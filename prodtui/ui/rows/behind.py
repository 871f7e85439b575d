"""What stands behind a record: sessions, hosts, keys, findings. What is wrong among them comes first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from prodtui.model.evidence import CodeScan, Configuration, ConfigurationKey, Measurement, Migrations
from prodtui.model.moment import Moment
from prodtui.model.records import AnyRecord, Breaker, Cluster, DatabaseServer, Host, Pool, Session
from prodtui.model.subject import parts
from prodtui.ui.line import Line
from prodtui.ui.rows.belonging import callee
from prodtui.ui.rows.sessions import chains
from prodtui.ui.rows.sign import BAD, GOOD, UNKNOWN, WARN, Sign

MIGRATIONS = "data.migrations"
"""The check whose measurement lists the migrations that are applied."""


class Behind(NamedTuple):
    """Lines under a title; `wrong`: they are to be read before the record itself."""

    title: str
    lines: list[Line]
    wrong: bool = False


def behind(name: str, record: AnyRecord, moment: Moment) -> Behind | None:
    """What stands behind a record; None where nothing does."""
    _, source, _ = parts(name)
    found: Behind | None = None
    match record:
        case Cluster():
            found = _hosts(record.hosts)
        case Breaker():
            view = callee(name, moment)
            found = _hosts(host for said in view.clusters for host in said.record.hosts) if view else None
        case DatabaseServer() | Session():
            server = record.name if isinstance(record, DatabaseServer) else record.server
            found = _sessions(
                [s for (owner, _), s in moment.snapshot.of(Session).items() if owner == source and s.server == server]
            )
        case Pool():
            held = moment.snapshot.of(Session).values()
            found = _sessions([s for s in held if s.database == record.database])
        case Configuration():
            found = _keys(record)
        case CodeScan():
            found = Behind("first findings", [((said, "bad"),) for said in record.first], wrong=bool(record.first))
        case Migrations() | Measurement() if isinstance(record, Migrations) or record.check == MIGRATIONS:
            found = _migrations(record.service, moment)
    return found if found is not None and found.lines else None


def _sessions(sessions: list[Session]) -> Behind:
    blocked = sum(session.blocked_s is not None for session in sessions)
    return Behind(f"{blocked} blocked" if blocked else "sessions", chains(sessions), wrong=blocked > 0)


def _hosts(hosts: Iterable[Host]) -> Behind:
    def line(host: Host) -> Line:
        sign = GOOD if host.healthy else BAD
        return ((f"{sign.glyph} ", sign.style), (host.address, ""), (f"  {' '.join(host.flags)}", "bad"))

    told = sorted(dict.fromkeys(hosts), key=lambda host: host.healthy)
    return Behind("hosts", [line(host) for host in told], wrong=any(not host.healthy for host in told))


def _keys(configuration: Configuration) -> Behind:
    """The declared keys. A value is told only where the record has kept it: that of a limit."""

    def sign(key: ConfigurationKey) -> tuple[Sign, str]:
        if not key.present:
            return BAD, "missing"
        return (WARN, "a placeholder") if key.placeholder else (GOOD, "present")

    lines: list[Line] = []
    for key in sorted(configuration.keys, key=lambda key: -sign(key)[0].badness):
        mark, said = sign(key)
        value = "" if key.value is None else f" {key.value}"
        lines.append(
            ((f"{mark.glyph} ", mark.style), (key.name, ""), (f"  {said}", mark.value_style or "dim"), (value, ""))
        )
    return Behind("keys", lines, wrong=any(sign(key)[0].badness for key in configuration.keys))


def _migrations(service: str, moment: Moment) -> Behind:
    """Each migration that the release expects, and whether it is applied as far as anybody measured."""
    measured = [
        said
        for said in moment.snapshot.of(Measurement).values()
        if said.check == MIGRATIONS and said.service == service and not said.trouble
    ]
    applied = {row for said in measured for row in said.rows}
    releases = [said for said in moment.snapshot.of(Migrations).values() if said.service == service]
    expected = sorted({name for said in releases for name in said.expected}, key=lambda name: (name in applied, name))

    def line(name: str) -> Line:
        sign, said = (UNKNOWN, "?") if not measured else (GOOD, "applied") if name in applied else (BAD, "pending")
        return ((f"{sign.glyph} ", sign.style), (name, ""), (f"  {said}", sign.value_style or "dim"))

    wrong = bool(measured) and any(name not in applied for name in expected)
    return Behind("expected migrations", [line(name) for name in expected], wrong=wrong)
