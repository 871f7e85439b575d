"""Who hears of what, and when: a channel's filters, its quiet hours, how much it may say. Pure; times are handed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

import msgspec

from prodtui.model.notice import About, Notice, Severity

DAY_S = 86_400
LISTED = 50
"""Messages that a summary lists."""


class Quiet(msgspec.Struct, frozen=True):
    """Hours in which only what is severe is told; the rest waits for their end."""

    begins_s: int
    """Seconds from midnight."""
    ends_s: int
    """The next day's where it is not after the beginning."""
    zone: str = ""
    """Of the IANA database; empty: this machine's."""
    but: Severity | None = Severity.CRITICAL
    """What is so severe is told at once; None: nothing is."""


class Rate(msgspec.Struct, frozen=True):
    """At most so many messages in so long."""

    most: int
    per_s: float


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What one channel is for. An empty filter lets everything through."""

    environments: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    """Names; `*` stands for anything."""
    tiers: tuple[str, ...] = ()
    severity: Severity = Severity.ERROR
    """The least."""
    about: tuple[About, ...] = ()
    recoveries: bool = True
    quiet: Quiet | None = None
    rate: Rate | None = None


def wanted(rules: Rules, notice: Notice) -> bool:
    """Whether a channel is for this notice. The end of what lasts goes where it was told, which the outbox knows."""
    if notice.about is About.TEST or (notice.recovered and notice.roots):
        return True
    if notice.recovered and not rules.recoveries:
        return False
    return (
        (not rules.environments or notice.environment in rules.environments)
        and (not rules.services or any(fnmatchcase(one, name) for one in notice.services for name in rules.services))
        and (not rules.tiers or not set(rules.tiers).isdisjoint(notice.tiers))
        and (not rules.about or notice.about in rules.about)
        and (notice.recovered or notice.severity.weight >= rules.severity.weight)
    )


def due_at(rules: Rules, notice: Notice, now: float) -> float:
    """When it is to be sent: now, or when quiet hours end."""
    quiet = rules.quiet
    if quiet is None or (quiet.but is not None and notice.severity.weight >= quiet.but.weight):
        return now
    return quiet_until(quiet, now)


def quiet_until(quiet: Quiet, now: float) -> float:
    """When the quiet hours that hold at a time end; the time itself outside of them.

    By the clock on the wall: a night in which it is put forward is shorter.
    """
    zone: tzinfo | None = ZoneInfo(quiet.zone) if quiet.zone else None
    here = datetime.fromtimestamp(now, zone).astimezone(zone)
    for days in (-1, 0):
        midnight = (here + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=zone, fold=0)
        begins = midnight + timedelta(seconds=quiet.begins_s)
        ends = midnight + timedelta(seconds=quiet.ends_s + (0 if quiet.ends_s > quiet.begins_s else DAY_S))
        if begins.timestamp() <= now < ends.timestamp():
            return ends.timestamp()
    return now


class Allowed(msgspec.Struct, frozen=True):
    """What may be sent of what is due: each by itself, and the rest as one summary."""

    alone: tuple[Notice, ...]
    together: tuple[Notice, ...] = ()
    again_s: float = 0.0
    """Where nothing may be sent: how long until something may."""


def allowed(rate: Rate | None, due: Sequence[Notice], sent_at: Sequence[float], now: float) -> Allowed:
    """What the rate lets through, the most severe first. `sent_at`: when messages were sent before."""
    ordered = tuple(sorted(due, key=lambda one: (-one.severity.weight, one.at, one.id)))
    if rate is None or not ordered:
        return Allowed(ordered)
    # What was sent later than now was sent before the clock was set back.
    lately = sorted(min(at, now) for at in sent_at if now - at < rate.per_s)
    left = rate.most - len(lately)
    if left <= 0:
        # The one whose end makes room: with a rate that was lowered meanwhile it is not the oldest.
        return Allowed((), again_s=lately[-rate.most] + rate.per_s - now)
    if len(ordered) <= left:
        return Allowed(ordered)
    return Allowed(ordered[: left - 1], ordered[left - 1 :])


def summary(held: Sequence[Notice], rate: Rate) -> Notice:
    """One message for all that was held back."""
    worst = max(held, key=lambda one: one.severity.weight)
    over = sum(one.recovered for one in held)
    many = f"{len(held)} messages as one (at most {rate.most} in {rate.per_s / 60:g} min), {over} of them recoveries"
    return Notice(
        id=f"{worst.id}+{len(held) - 1}",
        incident=worst.incident,
        environment=worst.environment,
        about=worst.about,
        severity=worst.severity,
        at=max(one.at for one in held),
        began_at=min(one.began_at for one in held),
        recovered=over == len(held),
        title=f"{many}: {worst.title}",
        lines=tuple(f"{one.severity}: {one.title}" for one in held[:LISTED]),
        services=tuple(dict.fromkeys(name for one in held for name in one.services)),
        tiers=tuple(sorted({tier for one in held for tier in one.tiers})),
    )
