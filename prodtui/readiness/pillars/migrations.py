"""Data: the migrations that the release expects, against those applied."""

from __future__ import annotations

import msgspec

from prodtui.model.assessment import State
from prodtui.model.evidence import Measurement, Migrations
from prodtui.model.freshness import SourceState
from prodtui.model.records import Plane
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.finding import Finding, of_record, worst
from prodtui.readiness.pillars.asked import RELEASE, sources_of, unanswered
from prodtui.readiness.pillars.databases import SERVER_KINDS

CHECKS = Checks(Plane.POOLS, Plane.RELEASE)
ID = "data.migrations"


@CHECKS.check(
    ID,
    "The database has the release's migrations",
    rule="every migration that the release brings is applied, else FAIL; UNKNOWN where it brings none or the database "
    "does not tell; absent where the policy declares none",
    remedy="Apply the pending migrations before the release that needs them goes out.",
    why="Code that meets yesterday's schema fails at its first query.",
    unit="migrations",
    of_release=True,
)
def migrations(view: ServiceView, ask: Question) -> Finding | None:
    """What is pending of what the release expects."""
    if ask.part.migrations is None:
        return None
    applied = [said for said in view.measurements if said.record.check == ID]
    lost = ask.unheard(view.migrations) + ask.unheard(applied)
    if lost:
        return worst(lost)
    if not view.migrations:
        return unanswered(ask, sources_of(view, RELEASE), f"migrations of {view.name}")
    if not applied:
        return unanswered(ask, _servers(view), f"applied migrations of {view.name}")
    return worst([_compared(expected, told) for expected in view.migrations for told in applied])


def _compared(expected: Said[Migrations], told: Said[Measurement]) -> Finding:
    wanted, applied = expected.record, told.record
    why = wanted.trouble or applied.trouble or ("" if wanted.expected else "the release expects none")
    pending = [name for name in wanted.expected if name not in set(applied.rows)]
    if why:
        state, reason, brief = State.UNKNOWN, f"migrations: {why}", "migrations unknown"
    elif pending:
        many = words.plural(len(pending), "migration")
        state, reason, brief = State.FAIL, f"{many} pending: {words.listed(pending)}", f"{many} pending"
    else:
        many = words.plural(len(wanted.expected), "migration")
        state, reason, brief = State.PASS, f"{many} applied, {wanted.expected[-1]} the last expected", ""
    found = of_record(
        told,
        state,
        reason,
        brief=brief,
        value=None if why else float(len(pending)),
        unit="migrations",
        observed_at=applied.observed_at,
        evidence={
            "query": applied.query,
            "expected": words.listed(wanted.expected, 20),
            "pending": words.listed(pending, 20),
        },
        severity=len(pending),
        version=wanted.version,
    )
    return msgspec.structs.replace(found, subjects=(*found.subjects, expected.subject))


def _servers(view: ServiceView) -> tuple[SourceState, ...]:
    return tuple(s for s in view.planes.get(Plane.POOLS, ()) if s.declared.kind in SERVER_KINDS)
