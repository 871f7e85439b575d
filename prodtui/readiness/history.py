"""What earlier evaluations and observations are remembered for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from prodtui.model.assessment import Streak
from prodtui.model.declared import Tier
from prodtui.model.evaluation import PolicySummary
from prodtui.model.load import LoadRun
from prodtui.readiness.criteria import Baseline


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The past as the rules need it; empty where nothing is remembered."""

    accepted: Mapping[str, Tier | None] = MappingProxyType({})
    """The services of the last accepted evaluation with their declared tiers."""
    policy: PolicySummary | None = None
    """The policy of the last accepted evaluation."""
    baselines: Mapping[str, Baseline] = MappingProxyType({})
    """By `service/check`."""
    streaks: Mapping[str, Streak] = MappingProxyType({})
    """Checks that are bad or recover, by `service/check`: what delays an improvement."""
    loads: Mapping[str, LoadRun] = MappingProxyType({})
    """The last whole run of each load, by its name."""


NOTHING = History()
