"""What happened to a service, newest first: its events and changes, what was acknowledged, when it was accepted."""

from __future__ import annotations

from prodtui.model.evaluation import Evaluation
from prodtui.model.incident import Acknowledgement, ChangeSeen
from prodtui.model.moment import Moment
from prodtui.model.service_view import ServiceView
from prodtui.timeline.acknowledged import failings
from prodtui.ui import format as fmt
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line
from prodtui.ui.rows import acknowledged, events
from prodtui.ui.rows.sign import CHANGE, OF_VERDICT

COLUMNS = events.COLUMNS


def rows(service: str, moment: Moment) -> tuple[Row, ...]:
    """Those of the service and of what it stands on."""
    own = _subjects(moment.views.get(service))
    events_of = [event for event in moment.events if event.service == service or event.key in own]
    found = [(event.at, events.row(event, moment.now)) for event in events_of]
    told = {event.after for event in events_of if event.kind == "change"}
    changes = (seen for seen in moment.changes if seen.service == service and seen.after not in told)
    found += [(seen.at, change(seen, moment.now)) for seen in changes]
    keys = {service, *(failing.key for failing in failings(moment) if failing.service == service)}
    found += [(said.at, seen_by(said, moment.now)) for said in moment.acknowledged if said.about in keys]
    if moment.accepted is not None and service in moment.accepted.services:
        found.append((moment.accepted.at, _accepted(moment.accepted, service, moment.now)))
    return tuple(row for _, row in sorted(found, key=lambda pair: -pair[0]))


def _subjects(view: ServiceView | None) -> frozenset[str]:
    """What the service stands on and who guards it: all that a transition can be told of."""
    if view is None:
        return frozenset()
    held = (view.pools, view.servers, view.sessions, view.breakers_out, view.breakers_in, view.clusters, view.targets)
    return frozenset(said.subject for group in held for said in group)


def heading(service: str, moment: Moment) -> Line:
    since = moment.since.get(f"verdict:{service}")
    said = "" if since is None else f" as it stands since {'before ' if since.censored else ''}"
    return (("History", "strong"), (said + (fmt.moment(since.at, moment.now) if since else ""), "dim"))


def change(seen: ChangeSeen, now: float) -> Row:
    turn = " → ".join(part for part in (seen.before, seen.after) if part)
    cells = (
        Cell(fmt.moment(seen.at, now), "dim", order=-seen.at), CHANGE.cell, Cell(seen.kind, "dim"),
        Cell(seen.service), Cell(turn, "accent"), Cell("", "dim"),
    )  # fmt: skip
    return Row(f"{seen.at:.3f} change {seen.kind} {seen.service} {seen.after}", cells)


def seen_by(said: Acknowledgement, now: float) -> Row:
    """An acknowledgement among the events."""
    cells = (
        Cell(fmt.moment(said.at, now), "dim", order=-said.at), Cell(acknowledged.MARK, "accent"), Cell("seen", "dim"),
        Cell(said.about), Cell(f"by {said.by}", "accent"), Cell(said.note),
    )  # fmt: skip
    return Row(f"{said.at:.3f} seen {said.about} {said.by}", cells)


def _accepted(evaluation: Evaluation, service: str, now: float) -> Row:
    judged = evaluation.services[service]
    sign = OF_VERDICT[judged.verdict]
    text = f"score {judged.score:.1f}" + (f", {' '.join(judged.versions)}" if judged.versions else "")
    cells = (
        Cell(fmt.moment(evaluation.at, now), "dim", order=-evaluation.at), sign.cell, Cell("accepted", "dim"),
        Cell(f"by {evaluation.accepted_by or evaluation.by}"), Cell(judged.verdict.replace("_", " "), sign.value_style),
        Cell(text, "dim"),
    )  # fmt: skip
    return Row(f"accepted {evaluation.id}", cells)
