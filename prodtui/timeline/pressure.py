"""Traffic that rose: by how much each service is asked more than it is used to, kept as readings come."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from prodtui.model.incident import Onset
from prodtui.model.kept import Rate
from prodtui.model.records import Sli

ROSE = 1.5
"""By half: what may saturate a callee."""
CALM_S = 300.0
FALLS_S = 3_600.0
"""Over about so long the usual rate follows a higher, or a lower one: nobody is used to an outage."""
LASTS_S = 1_800.0
"""What is higher for longer is what the service is used to by now."""
LEARNT_S = 60.0
"""No rate is usual before it was seen for so long."""
LEAST_PER_S = 1.0
GREW = 1.1
"""By a tenth: more than a window's rate wavers by itself."""
BORNE_S = 15.0
"""Who is still well so long after the traffic last grew bears it: what fails later does so for another reason."""


class Rise(msgspec.Struct, frozen=True):
    """A caller's rise as a cause tells it."""

    words: str
    onset: Onset
    grew_at: float
    """When it was last read to grow."""
    subject: str = ""

    def explains(self, saturated: Onset, window_s: float) -> bool:
        """Whether what is saturated since then may be so for its sake; `window_s`: over which that is seen."""
        well_at = saturated.not_after if saturated.at is None else saturated.at + window_s
        return self.onset.not_after <= saturated.not_after and well_at - self.grew_at <= BORNE_S


def rate_after(rate: Rate | None, sli: Sli, at: float) -> Rate | None:
    """The rate after one more reading of it; the same where it is not known, or not over a whole window."""
    now = sli.rate_per_s
    if now is None or sli.trouble:
        return rate
    if rate is None or at <= rate.at:
        return Rate(now, at, at, now_per_s=now)
    learning = at - rate.since < LEARNT_S
    high = now >= LEAST_PER_S and now >= ROSE * rate.usual_per_s
    if high and not learning:
        # One that was high already when the usual rate was known has not risen before our eyes.
        turned = rate.now_per_s < ROSE * rate.usual_per_s
        rose = Onset(rate.at - sli.window_s, at) if turned else rate.rose
        if rose is not None and at - rose.not_after <= LASTS_S:
            grew = turned or now >= GREW * rate.peak_per_s
            peak_per_s, grew_at = (now, at) if grew else (rate.peak_per_s, rate.grew_at)
            return Rate(rate.usual_per_s, rate.since, at, rose, now, peak_per_s, grew_at)
        return Rate(now, rate.since, at, None, now)
    over_s = at - rate.since if learning else CALM_S if now > rate.usual_per_s else FALLS_S
    share = min(1.0, (at - rate.at) / max(over_s, at - rate.at))
    return Rate(rate.usual_per_s + share * (now - rate.usual_per_s), rate.since, at, None, now)


def rise(rate: Rate, subject: str) -> Rise | None:
    """The rise, where there is one."""
    if rate.rose is None:
        return None
    return Rise(f"rate {rate.usual_per_s:.3g} → {rate.now_per_s:.3g}/s", rate.rose, rate.grew_at, subject)


Rates = Mapping[str, Rate]
"""By service label."""
