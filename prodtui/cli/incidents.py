"""An incident from a journal in one of its forms, with pictures of the screen."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from prodtui.cli.journals import began, require
from prodtui.model.errors import UsageError

if TYPE_CHECKING:
    from prodtui.journal.journal import Journal
    from prodtui.model.declared import Declared
    from prodtui.model.moment import Moment
    from prodtui.readiness.standard import Standard
    from prodtui.reports.incident.incident import Incident
    from prodtui.ui.controls import Controls


class IncidentFormat(StrEnum):
    MARKDOWN = "markdown"
    JSON = "json"
    SVG = "svg"


_SUFFIXES = {IncidentFormat.MARKDOWN: "md", IncidentFormat.JSON: "json", IncidentFormat.SVG: "svg"}
_SILENT_S = 30.0
"""A watch that kept nothing for so long had ended or could not."""


async def incident_between(
    journal: Journal, declared: Declared | None, standard: Standard, since: float | None, until: float
) -> Incident:
    """What happened between two times. `since` None: from shortly before what fails at the end began to.

    Raises UsageError where nothing is kept of them, StoreError.
    """
    from prodtui.reports.incident.incident import incident
    from prodtui.reports.incident.words import dated
    from prodtui.watch.through import Through, times_to_look_at

    span = await journal.span()
    if span is None or until < span[0]:
        await require(journal, until)
        raise UsageError(f"nothing is kept in {journal.where}")
    gap = ""
    if since is None:
        last = await Through(journal, declared, standard).moment(until)
        since = max(span[0], began(last)) if last is not None else span[0]
    elif since < span[0]:
        gap = f"the journal begins at {dated(span[0])}"
    if until > span[1] + _SILENT_S:
        gap = "; ".join(part for part in (gap, f"nothing was kept after {dated(span[1])}") if part)
    events = await journal.events(since, until)
    times = times_to_look_at(max(since, span[0]), until, events)
    moments = [moment async for moment in Through(journal, declared, standard).moments(times)]
    return await asyncio.to_thread(incident, moments, began=since, ended=until, events=events, gap=gap)


async def rendered(incident: Incident, form: IncidentFormat, controls: Controls, *, theme: str | None = None) -> str:
    """The incident as text; Markdown with the overview at its worst moment and at its end."""
    from prodtui.reports.incident.incident import Picture

    match form:
        case IncidentFormat.JSON:
            from prodtui.reports.incident.incident_json import incident_json

            return await asyncio.to_thread(incident_json, incident)
        case IncidentFormat.SVG:
            return await drawn(incident.last, controls, theme=theme)
        case IncidentFormat.MARKDOWN:
            from prodtui.reports.incident.markdown import incident_markdown
            from prodtui.ui.picture import picture

            shown = {"The overview at its worst,": incident.worst, "The overview at the end,": incident.last}
            if incident.worst is incident.last:
                shown.pop("The overview at its worst,")
            pictures = [
                Picture(title=title, at=moment.now, lines=(await asyncio.to_thread(picture, moment, controls)).lines)
                for title, moment in shown.items()
            ]
            return await asyncio.to_thread(incident_markdown, incident, pictures)


async def exported(
    journal: Journal,
    declared: Declared | None,
    standard: Standard,
    moment: Moment,
    form: str,
    controls: Controls,
) -> Path:
    """Writes the incident that is open at a moment into a new file; returns it. Raises UsageError, StoreError."""
    from prodtui.cli.documents import written

    try:
        asked = IncidentFormat(form)
    except ValueError:
        raise UsageError(f'no form "{form}"; there are: {", ".join(IncidentFormat)}') from None
    if asked is IncidentFormat.SVG:
        text = await drawn(moment, controls)
    else:
        found = await incident_between(journal, declared, standard, None, moment.now)
        text = await rendered(found, asked, controls)
    name = f"incident-{moment.snapshot.declared.environment}"
    return await asyncio.to_thread(written, text, name, _SUFFIXES[asked])


async def drawn(moment: Moment, controls: Controls, *, theme: str | None = None) -> str:
    """The overview at a moment as SVG."""
    from prodtui.ui.picture import picture

    return (await asyncio.to_thread(picture, moment, controls, theme=theme)).svg
