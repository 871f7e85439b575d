"""Some services of an environment, with the dependencies they require: what `check SERVICE…` judges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from fractions import Fraction

from prodtui.model.assessment import Assessment, ServiceAssessment, Verdict
from prodtui.model.errors import UsageError
from prodtui.model.service_view import UNDECLARED_TIER, ServiceView
from prodtui.readiness.policy import Policy
from prodtui.readiness.ranking import environment
from prodtui.readiness.score import WHOLE

EXTERNAL = "external:"


def select(
    assessment: Assessment, names: Iterable[str], views: Mapping[str, ServiceView], policy: Policy
) -> Assessment:
    """The named services and all that they depend on, as one environment; every one of no names.

    A named service is judged in full whatever its tier. A dependency that nothing knows is INCONCLUSIVE.

    Raises UsageError for a name that the environment does not have.
    """
    asked = list(dict.fromkeys(names))
    if not asked:
        return assessment
    for name in asked:
        if name not in views:
            near = get_close_matches(name, views, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            known = ", ".join(views) or "none"
            raise UsageError(f'no service is called "{name}"{hint or f"; known: {known}"}')
    judged = {service.name: service for service in assessment.services}
    return environment(
        (judged.get(name) or _nowhere(name) for name in required(asked, views)),
        policy,
        assessment.at,
        asked=asked,
        blind=assessment.blind,
        notes=assessment.notes,
        streaks=assessment.streaks,
    )


def required(names: Iterable[str], views: Mapping[str, ServiceView]) -> tuple[str, ...]:
    """The names and, of each, what it depends on, and so on; what is external is no service of ours."""
    found: dict[str, None] = {}
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if name in found:
            continue
        found[name] = None
        if name in views:
            open_names += [d for d in views[name].declared.depends_on if not d.startswith(EXTERNAL)]
    return tuple(sorted(found))


def _nowhere(name: str) -> ServiceAssessment:
    return ServiceAssessment(
        name=name,
        tier=UNDECLARED_TIER,
        verdict=Verdict.INCONCLUSIVE,
        score=Fraction(0),
        score_max=WHOLE,
        coverage=Fraction(0),
        why="depended on, but neither declared nor registered",
    )
