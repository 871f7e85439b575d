"""The costliest reasons in a few words, for a row among many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prodtui.model.assessment import CheckResult, PillarResult, State

MOST = 2
ECHOES = frozenset({"observability.no_page_firing"})
"""An alert repeats what other checks measure: it speaks only where they leave room."""
BAD = frozenset((State.FAIL, State.UNKNOWN, State.WARN))


def why(pillars: Sequence[PillarResult], briefs: Mapping[str, str], missing: Sequence[str]) -> str:
    """What costs the most, at most one reason a pillar: `1/2 passing · p99 9× limit`; empty where nothing is lost.

    What decides the verdict comes first, then what loses the most points. `briefs` is by check id.
    """
    found = [(False, 2, pillar.of, f"{pillar.name} not measured") for pillar in pillars if pillar.name in missing]
    for pillar in pillars:
        bad = [check for check in pillar.checks if check.state in BAD and briefs.get(check.id)]
        if bad:
            # By weight, not by the points shown: those differ by a tenth between equals.
            worst = max(
                bad, key=lambda check: (_gravity(check), check.weight * (2 if check.state is not State.WARN else 1))
            )
            echo = worst.id in ECHOES
            found.append((echo, _gravity(worst), worst.of - worst.points, briefs[worst.id]))
    found.sort(key=lambda reason: (reason[0], -reason[1], -reason[2]))
    return " · ".join(list(dict.fromkeys(brief for *_, brief in found))[:MOST])


def _gravity(check: CheckResult) -> int:
    """3 where the check alone makes the service not ready, 2 where it leaves the verdict open, else 1."""
    if not check.blocking:
        return 1
    return {State.FAIL: 3, State.UNKNOWN: 2}.get(check.state, 1)
