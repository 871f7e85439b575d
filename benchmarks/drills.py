"""Fault drills: each fault of the lab injected, and whether the first cause that is named is the one that was injected.

    make drills
    python -m benchmarks.drills lock-held slow-query+registry-down --healthy 60

Prints docs/drills.md, and writes it when everything was drilled: one row a fault, seen by a watch that ran before, and
by one that was started a minute after.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from benchmarks.lab import lab_in_use
from benchmarks.table import Report
from prodtui.cli.environment import environment
from prodtui.cli.gate import policy_of
from prodtui.lab import faults
from prodtui.lab.state import Lab
from prodtui.model.assessment import Verdict
from prodtui.model.freshness import Freshness
from prodtui.model.incident import Confidence, EntityKind, Failing
from prodtui.model.moment import Moment
from prodtui.readiness.standard import Standard
from prodtui.timeline.sentence import words
from prodtui.watch import Watch

INTERVAL_S = 2.0
INTERVALS = 2
"""Within so many of them, and what the source itself takes, the cause must be named."""
LATE_S = 60.0
LOOKS_S = 12.0
"""What a watch that starts late has to make up its mind."""
WELL_WITHIN_S = 150.0
HEALTHY_S = 600.0
PAGE = Path(__file__).parent.parent / "docs" / "drills.md"


class Expected(NamedTuple):
    """What must be named, and how long its own source takes to know."""

    cause: Callable[[Failing], bool] | None
    detects_s: float
    blind: str = ""
    """The source that must be named as blind, where that is the right answer."""


def _is(kind: EntityKind, name: str, what: str = "") -> Callable[[Failing], bool]:
    return lambda f: f.kind is kind and name in f.name and what in f.what


def _any(*named: Callable[[Failing], bool]) -> Callable[[Failing], bool]:
    return lambda f: any(one(f) for one in named)


# A check is made each second and times out after 0.8; a wait counts from 1 s; a lost source is one that is 15 s old;
# certificates are looked at once a minute; a p99 needs 1 % of a 20 s window.
EXPECTED = {
    "instance-killed": Expected(_is(EntityKind.INSTANCE, "payments-2"), 1.0),
    "instance-hung": Expected(_is(EntityKind.INSTANCE, "payments-2"), 1.8),
    "pool-exhausted": Expected(
        _any(_is(EntityKind.POOL, "payments-db"), _is(EntityKind.SESSION, "month-end-report")), 2.0
    ),
    "lock-held": Expected(_is(EntityKind.SESSION, "schema-migration"), 2.0),
    "database-down": Expected(_is(EntityKind.DATABASE, "postgres"), 1.0),
    "slow-query": Expected(_any(_is(EntityKind.SLI, "payments", "p99"), _is(EntityKind.POOL, "payments-db")), 2.0),
    "privilege-revoked": Expected(_is(EntityKind.INSTANCE, "inventory-1"), 1.0),
    "dependency-refused": Expected(_is(EntityKind.PROXY, "envoy/payments"), 1.0),
    "registry-down": Expected(None, 15.0, blind="consul"),
    "metrics-down": Expected(None, 15.0, blind="prometheus"),
    "pooler-paused": Expected(_is(EntityKind.POOL, "payments-db"), 2.0),
    "certificate-expiring": Expected(_is(EntityKind.SERVICE, "catalog", "certificate"), 60.0),
}
PAIRS = (
    "lock-held+privilege-revoked",
    "instance-killed+pool-exhausted",
    "slow-query+registry-down",
    "dependency-refused+metrics-down",
    "pooler-paused+certificate-expiring",
)


@dataclass
class Seen:
    """What one watch showed of one drill; times in seconds since the injection, or since the watch began."""

    expected: Sequence[Expected]
    began: float
    shown_s: float | None = None
    """Until anything of it was to be seen."""
    named_s: float | None = None
    """Until everything that was injected was named for certain."""
    first_named: str = ""
    right: bool | None = None
    """Whether the first name was one that was injected; None: nothing was named."""
    falsely: dict[str, str] = field(default_factory=dict)
    """Names given for certain that were not injected, by key."""
    unclear: bool = False

    def look(self, moment: Moment) -> None:
        """Takes one moment in."""
        at = moment.now - self.began
        clear = [first.cause for first in moment.first if first.confidence is Confidence.CLEAR]
        blind = {spot.source for spot in moment.blind}
        if self.shown_s is None and (moment.first or blind or moment.assessment.verdict is Verdict.NOT_READY):
            self.shown_s = at
        for cause in clear:
            if not any(one.cause is not None and one.cause(cause) for one in self.expected):
                self.falsely.setdefault(cause.key, f"{words(cause)} at {at:.0f} s")
        for source in blind - {one.blind for one in self.expected} - self._hidden():
            self.falsely.setdefault(source, f"{source} blind at {at:.0f} s")
        if self.right is None and clear:
            self.first_named = words(clear[0])
            self.right = any(one.cause is not None and one.cause(clear[0]) for one in self.expected)
        self.unclear = self.unclear or (bool(moment.first) and not clear)
        named = all((one.blind in blind) if one.blind else any(map(one.cause or bool, clear)) for one in self.expected)
        if self.named_s is None and named:
            self.named_s = at
            self.first_named = self.first_named or ", ".join(sorted(blind))
            self.right = self.right is not False

    def _hidden(self) -> set[str]:
        """A database that is down can't be read: its source is rightly blind."""
        down = any(one is EXPECTED["database-down"] for one in self.expected)
        return {"postgres"} if down else set()


class Drill(NamedTuple):
    """One drill: what a watch showed that ran before, what one showed that began late, and when all was well again."""

    fault: str
    watching: Seen
    late: Seen
    well_s: float | None
    allowed_s: float

    @property
    def passed(self) -> bool:
        """Named in time and nothing else; late it may be unclear, but no other name."""
        seen = self.watching
        in_time = seen.named_s is not None and seen.named_s <= self.allowed_s
        return bool(in_time and seen.right and not seen.falsely and not self.late.falsely and self.well_s is not None)


class Watching:
    """A watch, and who looks at its moments."""

    def __init__(self, lab: Lab) -> None:
        found = environment(lab.config_path, None)
        self._watch = Watch(found, Standard(policy=policy_of(found, None)))
        self._looks: list[Callable[[Moment], None]] = []
        self.moment: Moment | None = None

    async def run(self) -> None:
        """Until it is cancelled."""
        async with self._watch:
            async for moment in self._watch.moments():
                self.moment = moment
                for look in self._looks:
                    look(moment)

    @contextmanager
    def seen_by(self, look: Callable[[Moment], None]) -> Iterator[None]:
        """Shows every moment to one more."""
        self._looks.append(look)
        try:
            yield
        finally:
            self._looks.remove(look)

    @property
    def well(self) -> bool:
        """Whether everything is live, nothing fails and the verdict says so."""
        moment = self.moment
        if moment is None:
            return False
        live = all(s.freshness(moment.now) is Freshness.LIVE for s in moment.snapshot.sources.values())
        good = moment.assessment.verdict in (Verdict.READY, Verdict.WARN)
        return live and good and not moment.first and not moment.blind

    async def until_well(self) -> float | None:
        """Seconds until it is; None where it is not in time."""
        began = time.monotonic()
        while time.monotonic() - began < WELL_WITHIN_S:
            if self.well:
                return time.monotonic() - began
            await asyncio.sleep(0.2)
        return None


async def drill(lab: Lab, watching: Watching, named: str) -> Drill:
    """Injects faults into a healthy lab, looks, heals them and waits until all is well. Always heals."""
    parts = named.split("+")
    expected = [EXPECTED[one] for one in parts]
    allowed_s = INTERVALS * INTERVAL_S + max(one.detects_s for one in expected)
    if await watching.until_well() is None:
        print(f"{named}: the lab was not well before", file=sys.stderr)
    seen = Seen(expected, time.time())
    late, latecomer = Seen(expected, 0.0), Watching(lab)
    looking: asyncio.Task[None] | None = None
    try:
        with watching.seen_by(seen.look), latecomer.seen_by(late.look):
            for part in parts:
                await asyncio.to_thread(faults.inject, lab, part)
            await asyncio.sleep(LATE_S)
            late.began = time.time()
            looking = asyncio.create_task(latecomer.run())
            # One that was there before us is looked at within the minute; a source that never answered is lost at once.
            await asyncio.sleep(LOOKS_S)
            for part in reversed(parts):
                await asyncio.to_thread(faults.heal, lab, part)
            times = await asyncio.gather(watching.until_well(), latecomer.until_well())
    finally:
        for part in reversed(parts):
            if part in faults.active(lab):
                await asyncio.to_thread(faults.heal, lab, part)
        if looking is not None:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
    well_s = None if None in times else max(one for one in times if one is not None)
    return Drill(named, seen, late, well_s, allowed_s)


async def drilled(lab: Lab, named: Sequence[str], healthy_s: float) -> tuple[list[Drill], Seen]:
    """Drills one fault after the other under the same watch, then watches the healthy lab for a while."""
    watching = Watching(lab)
    running = asyncio.create_task(watching.run())
    try:
        done: list[Drill] = []
        for one in named:
            print(f"{one} …", file=sys.stderr, flush=True)
            done.append(await drill(lab, watching, one))
            print(_row(done[-1]), file=sys.stderr, flush=True)
        await watching.until_well()
        quiet = Seen((), time.time())
        with watching.seen_by(quiet.look):
            await asyncio.sleep(healthy_s)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    return done, quiet


HEAD = (
    "| fault | shown | named (allowed) | first name | falsely | started 60 s late: named | falsely | well again |",
    "|---|---|---|---|---|---|---|---|",
)


def _row(done: Drill) -> str:
    seen, late = done.watching, done.late
    mark = "" if done.passed else " ✖"
    named = f"{_seconds(seen.named_s)} ({done.allowed_s:g} s)"
    when_late = _seconds(late.named_s) if late.named_s is not None else ("unclear" if late.unclear else "nothing named")
    cells = (
        f"`{done.fault}`{mark}",
        _seconds(seen.shown_s),
        named,
        seen.first_named or "–",
        "; ".join(seen.falsely.values()) or "nothing",
        when_late,
        "; ".join(late.falsely.values()) or "nothing",
        _seconds(done.well_s),
    )
    return f"| {' | '.join(cells)} |"


def _seconds(duration_s: float | None) -> str:
    return "never" if duration_s is None else f"{duration_s:.1f} s"


def page(done: Sequence[Drill], quiet: Seen, healthy_s: float) -> str:
    """docs/drills.md."""
    single = [one for one in done if "+" not in one.fault]
    right = sum(one.passed for one in single)
    lines = [
        "# Fault drills",
        "",
        "<!-- written by `make drills`, which starts the lab, breaks it and watches what prodtui names -->",
        "",
        "Each fault of the lab is injected for real. *Shown*: until anything of it was to be seen. *Named*: until the",
        "injected fault was named as the first cause for certain, against two polling intervals of 2 s and what its",
        "own source takes to know. *Falsely*: every other name that was given for certain, also while it healed. A",
        f"second watch was started {LATE_S:.0f} s after the injection: it may say that it is unclear, never a wrong",
        "name. *Well again*: from healing until both watches showed everything live and nothing failing, without a",
        "restart.",
        "",
        *HEAD,
        *map(_row, done),
        "",
        f"{right} of {len(single)} single faults named rightly and in time. On the healthy lab, watched for",
        f"{healthy_s:.0f} s, it named {'; '.join(quiet.falsely.values()) or 'nothing'}.",
    ]
    return "\n".join(lines) + "\n"


def measure(named: Sequence[str] = (), healthy_s: float = HEALTHY_S) -> Report:
    """Drills every fault and some pairs, and writes the page; only prints it where a part was asked for."""
    wanted = list(named) or [*EXPECTED, *PAIRS]
    with lab_in_use() as lab:
        done, quiet = asyncio.run(drilled(lab, wanted, healthy_s))
    text = page(done, quiet, healthy_s)
    if named or healthy_s < HEALTHY_S:
        return Report("drills: a part, not written", notes=[text])
    PAGE.write_text(text)
    return Report(f"drills: written to {PAGE.relative_to(Path.cwd())}", notes=[text])


def main() -> int:
    """Some drills, as asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drills", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "faults", nargs="*", metavar="FAULT", help="a fault, or several at once joined by +; all by default"
    )
    parser.add_argument(
        "--healthy", type=float, default=HEALTHY_S, metavar="S", help="how long the healthy lab is watched"
    )
    asked = parser.parse_args()
    unknown = [one for words_ in asked.faults for one in words_.split("+") if one not in EXPECTED]
    if unknown:
        parser.error(f"no fault {', '.join(unknown)}; there are {', '.join(EXPECTED)}")
    print("\n".join(measure(asked.faults, asked.healthy).notes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
