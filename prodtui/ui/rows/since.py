"""What changed of a service since its environment was last accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec.structs import replace

from prodtui.model.assessment import ServiceAssessment
from prodtui.model.evaluation import Evaluation
from prodtui.model.moment import Moment
from prodtui.readiness.difference import ServiceChange, Turn, difference, sentences
from prodtui.ui import format as fmt
from prodtui.ui.line import Line, Run

ARROWS: Mapping[Turn, Run] = {Turn.WORSE: ("↓", "bad"), Turn.BETTER: ("↑", "good"), Turn.APPEARED: ("+", "accent")}

_WORDS: Mapping[Turn, str] = {Turn.WORSE: "worse", Turn.VANISHED: "gone", Turn.APPEARED: "new", Turn.BETTER: "better"}


def change(service: ServiceAssessment, moment: Moment) -> ServiceChange | None:
    """The service's change; None where nothing changed or nothing was ever accepted."""
    if moment.accepted is None:
        return None
    alone = replace(moment.assessment, services=(service,))
    return difference(moment.accepted, alone, moment.views, asked=(service.name,)).service(service.name)


def arrows(service: ServiceAssessment, moment: Moment) -> dict[str, Run]:
    """An arrow for each check that is worse, better or new, by its id."""
    found = change(service, moment)
    return {c.id: ARROWS[c.turn] for c in found.checks if c.turn in ARROWS} if found else {}


def lines(service: ServiceAssessment, moment: Moment) -> tuple[Line, ...]:
    """One line: since when, what changed of the service, how many checks did; none where nothing was ever accepted."""
    if moment.accepted is None:
        return ()
    found = change(service, moment)
    said = " · ".join([*sentences(replace(found, checks=())), *_counted(found)]) if found else "as accepted"
    return ((("since ", "dim"), (accepted(moment.accepted, moment.now), "dim"), ("  ", ""), (said, "")),)


def _counted(found: ServiceChange) -> list[str]:
    """`3 checks worse`, `1 better`: which ones, the rows below say."""
    counts = Counter(check.turn for check in found.checks)
    told = [f"{counts[turn]} {word}" for turn, word in _WORDS.items() if counts[turn]]
    return [f"checks: {', '.join(told)}"] if told else []


def accepted(evaluation: Evaluation, now: float) -> str:
    """`2026-11-20 14:02:11 (1.4.1, accepted by ana@ci)`."""
    by = f"accepted by {evaluation.accepted_by or evaluation.by}"
    return f"{fmt.moment(evaluation.at, now)} ({f'{evaluation.candidate}, ' if evaluation.candidate else ''}{by})"
