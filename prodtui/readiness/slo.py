"""Objectives and burn rates (Google SRE workbook, "Alerting on SLOs", multiwindow, multi-burn-rate)."""

from __future__ import annotations

import msgspec

HOUR_S = 3_600.0
DAY_S = 24 * HOUR_S


class Slo(msgspec.Struct, frozen=True, kw_only=True):
    """A share of requests that must succeed over a period."""

    objective: float
    """0..1, both excluded."""
    period_s: float = 30 * DAY_S

    @property
    def budget(self) -> float:
        """The share of requests that may fail."""
        return 1 - self.objective


class BurnWindow(msgspec.Struct, frozen=True, kw_only=True):
    """A long window and the short one that must exceed too, and the share of the budget burnt over the long one."""

    long_s: float
    short_s: float
    budget: float
    """Share of the period's error budget, 0..1."""

    def factor(self, period_s: float) -> float:
        """The burn rate that spends that share within the long window: budget·period/long."""
        return self.budget * period_s / self.long_s


class Burn(msgspec.Struct, frozen=True, kw_only=True):
    """The windows that page, and those that make a ticket. `scale` shortens how long is looked back, not the factor."""

    page: tuple[BurnWindow, ...]
    ticket: tuple[BurnWindow, ...]
    scale: float = 1.0

    def windows_s(self) -> tuple[float, ...]:
        """Every window that is looked at, in seconds, sorted."""
        pairs = (*self.page, *self.ticket)
        return tuple(sorted({self.scale * length for pair in pairs for length in (pair.long_s, pair.short_s)}))


DEFAULT_BURN = Burn(
    page=(
        BurnWindow(long_s=HOUR_S, short_s=HOUR_S / 12, budget=0.02),
        BurnWindow(long_s=6 * HOUR_S, short_s=HOUR_S / 2, budget=0.05),
    ),
    ticket=(
        BurnWindow(long_s=DAY_S, short_s=2 * HOUR_S, budget=0.10),
        BurnWindow(long_s=3 * DAY_S, short_s=6 * HOUR_S, budget=0.10),
    ),
)
"""14.4× over 1 h and 5 min, 6× over 6 h and 30 min page; 3× over 1 d and 2 h, 1× over 3 d and 6 h make a ticket,
for a period of 30 days."""
