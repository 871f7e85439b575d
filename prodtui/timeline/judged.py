"""Troubles that only a judgement shows: latency and errors beyond their limits, and checks that no record shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from prodtui.model.assessment import Assessment, CheckResult, ServiceAssessment, State, Verdict
from prodtui.model.incident import EntityKind
from prodtui.model.kept import Trouble
from prodtui.model.service_view import ServiceView
from prodtui.timeline.onset import Troubles, after
from prodtui.timeline.trouble import LONGEST, QUIET, UNSURE, Look, Seen

SLI_CHECKS: Mapping[str, str] = {"performance.latency_p99": "p99", "performance.error_ratio": "errors"}
"""The checks by which an SLI fails, with the quantity of a Past that shows the same."""
# What shows elsewhere (as an instance, a pool, a breaker, an SLI), what tells of others' failures, and what a release
# lacks: none of it broke by itself.
_ELSEWHERE = re.compile(
    r"performance\.|observability\.|resilience\.|configuration\.|code\."
    r"|availability\.(passing|has_check|present|maintenance|flapping)$"
    r"|data\.(pool_\w+|blocked|idle_in_transaction|deadlocks|migrations)$"
    r"|security\.(auth_required|admin_exposed|db_tls|db_role|tls_version)$"
)


def judged_after(
    troubles: Troubles, before: Assessment | None, assessment: Assessment, views: Mapping[str, ServiceView]
) -> Troubles:
    """The troubles after a judgement, the same object where it changed none."""
    edited: dict[str, Trouble] = {}
    was = {service.name: service for service in before.services} if before is not None else {}
    shown = {trouble.service for key, trouble in troubles.items() if key.startswith("check:")}
    for service in assessment.services:
        # A service that was not judged again is the same object; one that is READY fails in nothing.
        earlier = was.get(service.name)
        if earlier is service or (service.verdict is Verdict.READY and service.name not in shown):
            continue
        known = _known(earlier) if earlier is not None else frozenset()
        for key, found, source in _looks(service):
            good = None
            if before is not None and key in known:
                # What a window shows may have begun before the last good look, by as much as the window.
                good = before.at - (window_s(views.get(service.name)) if key == sli_key(service.name) else 0.0)
            told = after(troubles.get(key), found, source, assessment.at, good)
            if told is not None:
                edited[key] = told
    return {**troubles, **edited} if edited else troubles


def _looks(service: ServiceAssessment) -> Iterable[tuple[str, Look, str]]:
    """Each judgement that may show a failure: what it goes by, what it shows, and its source."""
    slis = [check for check in service.checks if check.id in SLI_CHECKS]
    if slis:
        yield sli_key(service.name), _sli(service, slis), next((check.source for check in slis if check.source), "")
    for check in service.checks:
        if check.blocking and not _ELSEWHERE.match(check.id):
            yield f"check:{service.name}:{check.id}", _broken(service, check), check.source


def _known(service: ServiceAssessment) -> frozenset[str]:
    """The judgements that were known, so that the time of the look counts as good."""
    known = {f"check:{service.name}:{c.id}" for c in service.checks if c.state is not State.UNKNOWN}
    if any(check.id in SLI_CHECKS and check.state is not State.UNKNOWN for check in service.checks):
        known.add(sli_key(service.name))
    return frozenset(known)


def window_s(view: ServiceView | None) -> float:
    """Over how long a service's latency and errors are seen, in seconds."""
    return max((said.record.window_s for said in view.slis), default=0.0) if view is not None else 0.0


def sli_key(service: str) -> str:
    """What the trouble of a service's latency and errors goes by."""
    return f"check:{service}:performance"


def _fails(check: CheckResult) -> bool:
    # One that was observed well and only waits for a second look is over.
    return check.state is State.FAIL and not check.waived and check.held is None


def _sli(service: ServiceAssessment, slis: Iterable[CheckResult]) -> Look:
    bad = [check for check in slis if _fails(check)]
    if bad:
        return Seen(EntityKind.SLI, service.name, ", ".join(_measured(check) for check in bad), service.name)
    # Unknown is no failure: a service that nobody asks any more has no latency.
    return QUIET


def _measured(check: CheckResult) -> str:
    shown = check.reason.partition(",")[0].strip()
    return f"{SLI_CHECKS[check.id]} {shown}"


def _broken(service: ServiceAssessment, check: CheckResult) -> Look:
    if _fails(check):
        reason = check.reason if len(check.reason) <= LONGEST else f"{check.reason[: LONGEST - 1]}…"
        return Seen(EntityKind.SERVICE, service.name, reason, service.name)
    return UNSURE if check.state is State.UNKNOWN else QUIET
