"""Who is on call hears of it: moments in, messages out, beside whoever watches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from prodtui.journal.notice_store import NoticeStore
from prodtui.model.audited import Audited
from prodtui.model.moment import Moment
from prodtui.model.notice import Notice
from prodtui.oncall.channel import Channel
from prodtui.oncall.courier import USUAL, Courier, Pace
from prodtui.oncall.outbox import Outbox
from prodtui.oncall.state import State, adopted, joined, state_of
from prodtui.oncall.telling import told

LOOKS_BACK_S = 86_400.0
"""What has come and gone for so long comes and goes on after a start."""


class OnCall:
    """Tells the channels of one environment. `look` and `tell` take in; `run` sends until it is cancelled."""

    def __init__(
        self,
        environment: str,
        channels: Sequence[Channel],
        store: NoticeStore | None,
        *,
        by: str,
        audited: Audited,
        say: Callable[[str], None],
        pace: Pace = USUAL,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`by`: one name a process. `say` tells a person what can't be sent, and why nothing is kept."""
        self._environment = environment
        self._channels = channels
        self._clock = clock
        self._outbox = Outbox(store, channels, say)
        self._couriers = [
            Courier(one, environment, self._outbox, by=by, audited=audited, say=say, pace=pace, clock=clock)
            for one in channels
        ]
        self._moment: Moment | None = None
        self._looked = asyncio.Event()

    def look(self, moment: Moment) -> None:
        """Takes the newest moment in. Costs nothing: what follows from it is found out in `run`."""
        self._moment = moment
        self._looked.set()

    async def tell(self, notice: Notice) -> None:
        """Keeps a notice from elsewhere, a rollout's decision, to be sent at once."""
        await self._outbox.add(notice, self._clock())
        self._wake()

    async def run(self) -> None:
        """Follows the moments and sends what is due, until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow(), name="on call")
            for courier in self._couriers:
                tasks.create_task(courier.run(), name="courier")

    async def deliver(self) -> None:
        """Sends what is due once: for a command that ends. What can't be sent is left to whoever watches."""
        async with asyncio.TaskGroup() as tasks:
            for courier in self._couriers:
                tasks.create_task(courier.deliver())

    async def close(self) -> None:
        """Lets go of the channels."""
        await asyncio.gather(*(channel.close() for channel in self._channels), self._outbox.close())

    async def _follow(self) -> None:
        state, before = State(), None
        while True:
            await self._looked.wait()
            self._looked.clear()
            if self._moment is None:
                continue
            if before is None:
                before = await self._outbox.before(self._environment, self._clock() - LOOKS_BACK_S)
                state = joined(state, state_of(before or ()))
            state, news = await heard(state, self._moment, self._outbox, self._clock())
            if news:
                self._wake()

    def _wake(self) -> None:
        for courier in self._couriers:
            courier.wake()


async def heard(state: State, moment: Moment, outbox: Outbox, now: float) -> tuple[State, tuple[Notice, ...]]:
    """The state after a moment, and what was kept to be told of it: it goes on with what another one told before."""
    state, notices = told(state, moment)
    await outbox.catch_up(now)
    known = await outbox.open(moment.snapshot.declared.environment) if notices else None
    kept: list[Notice] = []
    for notice in notices:
        state, mine = adopted(state, notice, known or ())
        await outbox.add(mine, now)
        kept.append(mine)
    return state, tuple(kept)
