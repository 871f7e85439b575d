"""One look: every source read once or twice, and the moment that makes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from prodtui.model.asks import Asks
from prodtui.model.moment import Moment
from prodtui.polling.poll import Poll
from prodtui.readiness.standard import PLAIN, Standard
from prodtui.settings.loaded import Environment
from prodtui.sources.source import Askable
from prodtui.watch.course import Course
from prodtui.watch.polls import Follower, polls_of, tell_asked, tell_followers, with_release

LEAST_S = 0.05
"""With less time left nothing is asked: the answer would be a timeout that says nothing of the source."""


async def read_once(
    environment: Environment,
    standard: Standard = PLAIN,
    *,
    deadline_s: float = 5.0,
    readings: int = 1,
    apart_s: float = 1.0,
) -> Moment:
    """Reads every source and returns what is known; with two readings also what is told by two values of a counter.

    Sources are read at the same time, each under its own deadline, all within `deadline_s`: what has not answered by
    then is a timeout. Those that count are read first, and the others while two of their readings lie apart.
    """
    ends = time.monotonic() + deadline_s
    environment = with_release(environment, standard.policy, patience_s=deadline_s)
    course = Course(environment.declared, standard, readings=readings)
    polls = polls_of(environment)
    followers = [poll for poll in polls if isinstance(poll.source, Follower)]
    leaders = [poll for poll in polls if poll not in followers]
    counting = [poll for poll in leaders if poll.source.counts] if readings > 1 else []

    def left_s() -> float:
        return max(0.0, ends - time.monotonic())

    async def read(asked: Sequence[Poll]) -> None:
        within_s = left_s()
        if within_s < LEAST_S:
            return
        for reading in await asyncio.gather(*(poll.read(within_s) for poll in asked)):
            course.tell(reading)

    async def read_the_others(asked: Asks) -> None:
        await read([poll for poll in leaders if poll not in counting])
        tell_followers(polls, course.snapshot)
        # Of services that only a source knew of, the policy's questions are asked now.
        anew = [poll for poll in leaders if isinstance(poll.source, Askable) and poll not in counting]
        await read([*followers, *(anew if tell_asked(polls, course) != asked else ())])

    try:
        asked = tell_asked(polls, course)
        await read(counting)
        pause_s = min(apart_s, left_s()) if counting else 0.0
        await asyncio.gather(read_the_others(asked), asyncio.sleep(pause_s))
        for again in range(1, readings):
            course.observe(time.time())
            if again > 1:
                await asyncio.sleep(min(apart_s, left_s()))
            await read(counting)
        return course.moment(time.time())
    finally:
        await asyncio.gather(*(poll.close() for poll in polls))
