"""From a channel's settings to its rules."""

from __future__ import annotations

from prodtui.model.notice import Severity
from prodtui.oncall.rules import Quiet, Rate, Rules
from prodtui.settings.notify import NotifySettings, PacedSettings, quiet_hours, rate_of


def rules_of(settings: NotifySettings) -> Rules:
    """What a channel is for, and when."""
    quiet = rate = None
    if isinstance(settings, PacedSettings):
        if settings.quiet is not None:
            but = settings.quiet_except if isinstance(settings.quiet_except, Severity) else None
            quiet = Quiet(*quiet_hours(settings.quiet), settings.timezone or "", but)
        if settings.rate is not None:
            rate = Rate(*rate_of(settings.rate))
    return Rules(
        environments=settings.environments,
        services=settings.services,
        tiers=tuple(tier.value for tier in settings.tiers),
        severity=settings.severity,
        about=settings.about,
        recoveries=settings.recoveries,
        quiet=quiet,
        rate=rate,
    )
