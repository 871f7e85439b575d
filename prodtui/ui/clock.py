"""Which moment the screens show: the newest, or one that is held while the feed goes on behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from prodtui.model.errors import ProdtuiError
from prodtui.ui.controls import Controls

if TYPE_CHECKING:
    from prodtui.model.moment import Moment

PATIENCE_S = 10.0
"""For an answer about the past."""
STEP_S = 2.0
"""One step, where no source says how often it is read."""
BEGINS = "the journal begins here"
_BEGINNING, _BETWEEN_S = 10, 1.0
"""How often, and how far apart, it is looked for when every source had been asked."""


class Mode(NamedTuple):
    """How moments are shown; the header says so."""

    paused: bool = False
    """The newest is held."""
    seeking: float | None = None
    """The time that is being looked for."""
    read_only: bool = False
    replays: float | None = None
    """How many times as fast a recording is shown."""

    @property
    def live(self) -> bool:
        return not self.paused and self.seeking is None


class Clock:
    """Holds a moment, and looks for others. `changed` is called when another one is to be shown, or in another mode."""

    def __init__(self, controls: Controls, changed: Callable[[], None], say: Callable[[str], None]) -> None:
        self._controls = controls
        self._changed = changed
        self._say = say
        self._asked = 0
        self.newest: Moment | None = None
        self.shown: Moment | None = None
        self.held = False
        self.seeking: float | None = None

    @property
    def mode(self) -> Mode:
        return Mode(self.held, self.seeking, self._controls.read_only, self._controls.replays)

    @property
    def end(self) -> float | None:
        """Until when there is something to show: the newest moment, or a recording's end."""
        return None if self.newest is None else self.newest.newest or self.newest.now

    def tell(self, moment: Moment) -> None:
        """The feed has another moment."""
        self.newest = moment
        if not self.held:
            self.shown = moment
        elif self.shown is not None and self.shown.newest is not None:
            self.shown = _past(self.shown, moment.newest or moment.now)
        else:
            return
        self._changed()

    def forget(self) -> None:
        """Another environment: what was shown is no moment of it."""
        self._asked += 1
        self.newest = self.shown = self.seeking = None
        self.held = False

    def live(self) -> None:
        """The newest, and all that follow."""
        self._asked += 1
        self.held, self.seeking, self.shown = False, None, self.newest
        self._changed()

    def pause(self) -> None:
        """Stops the clock where it is."""
        if self.shown is not None:
            self.held = True
            self._changed()

    async def go_on(self) -> None:
        """After a pause: with the newest; in a recording from where it stood, so that nothing of it is missed."""
        shown = self.shown
        if self._controls.replays is None or shown is None or not self.held:
            self.live()
            return
        await self.seek(shown.now)
        if self.shown is not None and self.seeking is None:
            self.newest = _past(self.shown, None)
            self.live()

    def beside(self, steps: int) -> float | None:
        """The time so many readings before (or after) what is shown or looked for; None before there is any."""
        if self.shown is None:
            return None
        intervals = [s.interval_s for s in self.shown.snapshot.declared.sources if s.interval_s > 0]
        return self._at(self.shown) + steps * min(intervals, default=STEP_S)

    def later(self, by_s: float) -> float | None:
        return None if self.shown is None else self._at(self.shown) + by_s

    def _at(self, shown: Moment) -> float:
        return shown.now if self.seeking is None else self.seeking

    def aim(self, at: float) -> None:
        """What is asked for next starts from there, also while the answer is awaited."""
        self.seeking = at

    async def seek(self, at: float, *, stepped: bool = False) -> None:
        """Shows the moment at a time. The last one asked for wins. `stepped`: no farther than something is kept."""
        newest = self.newest
        # A time that is typed may be well in the future: that is told, not shown as now.
        if newest is not None and newest.newest is None and at >= newest.now and (stepped or at <= newest.now + STEP_S):
            self.live()
            return
        self._asked += 1
        asked = self._asked
        self.seeking = at
        self._changed()
        try:
            async with asyncio.timeout(PATIENCE_S):
                at, said = await self._within(at) if stepped else (at, "")
                found = await self._controls.past(at)
                if said == BEGINS:
                    found = await self._known(found)
        except TimeoutError:
            said = f"the past did not answer within {PATIENCE_S:.0f} s"
        except ProdtuiError as error:
            said = str(error)
        else:
            if asked == self._asked:
                self.shown = _past(found, self.end or found.now)
                self.held = True
        if asked == self._asked:
            self.seeking = None
            self._changed()
            if said:
                self._say(said)

    async def _within(self, at: float) -> tuple[float, str]:
        """The time, or the end of what is kept that was stepped over, and that it is."""
        span = await self._controls.span()
        if span is None or span[0] <= at <= span[1]:
            return at, ""
        if at < span[0]:
            return span[0], BEGINS
        return span[1], "nothing newer is kept" if self._controls.replays is not None else ""

    async def _known(self, found: Moment) -> Moment:
        """The first moment at which every source was asked, where that is soon; before it nothing is known."""
        for _ in range(_BEGINNING):
            if all(state.tried_at is not None for state in found.snapshot.sources.values()):
                break
            later = await self._controls.past(found.now + _BETWEEN_S)
            if later.now <= found.now:
                break
            found = later
        return found

    async def turn(self, *, forward: bool) -> None:
        """Goes to the next event, or to the one before."""
        if self.shown is None:
            return
        at = self._at(self.shown)
        try:
            async with asyncio.timeout(PATIENCE_S):
                turned = await self._controls.turn(at, forward=forward)
        except TimeoutError:
            self._say(f"the past did not answer within {PATIENCE_S:.0f} s")
            return
        except ProdtuiError as error:
            self._say(str(error))
            return
        if turned is None:
            self._say(f"no event is kept {'after' if forward else 'before'} this moment")
        else:
            await self.seek(turned, stepped=True)


def _past(moment: Moment, newest: float | None) -> Moment:
    from msgspec.structs import replace

    return replace(moment, newest=newest)
