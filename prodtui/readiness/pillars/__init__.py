"""The built-in checks, one module a subject. `CHECKS` has them by id, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from prodtui.readiness.check import Check
from prodtui.readiness.pillars import (
    availability,
    databases,
    observability,
    performance,
    pools,
    resilience,
)

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        check.id: check
        for module in (availability, pools, databases, resilience, performance, observability)
        for check in module.CHECKS.checks
    }
)
PILLARS = tuple(dict.fromkeys(check.pillar for check in CHECKS.values()))
