"""Who drives a rollout: asked to do what a person wants, and taken over from once nobody does."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import typer

from prodtui.journal.rollout_store import LEASE_S, Kept, RolloutStore, Wish
from prodtui.model.errors import UsageError

GRANTED_S: Final = 10.0
"""A driver takes a wish within its renewal, unless a hook runs."""
ASK_AGAIN_S: Final = 0.5


def named(kept: Kept) -> str:
    return f"rollout {kept.rollout.id} of {kept.rollout.service} {kept.rollout.plan.candidate}"


def driven_by(kept: Kept) -> str:
    """`driven by ana@host pid 1`."""
    return f"driven by {kept.driver}" if driven_now(kept) else f"driven by nobody, last by {kept.driver}"


def driven_now(kept: Kept) -> bool:
    """Whether somebody drives it: by the lease, and where it was driven on this host by its process."""
    from prodtui.cli.rollout_lock import is_gone

    return kept.driven(time.time()) and not is_gone(kept.rollout.id, kept.driver)


async def granted(store: RolloutStore, kept: Kept, wish: Wish) -> Kept | None:
    """The rollout once whoever drives it took the wish, or ended it; None where nobody drives it, or no longer.

    A wish that is left there then goes with the claim. Raises UsageError where it is not taken in time.
    """
    if not driven_now(kept):
        return None
    if not await store.want(kept.rollout.id, wish):
        raise UsageError(f"{named(kept)}: another wish waits for {kept.driver}; try again in a moment")
    longest_s = max((hook.timeout_s for hook in kept.rollout.plan.hooks.values()), default=0.0)
    began, told = time.monotonic(), False
    while (now := await _as_of_now(store, kept)).wish == wish and not now.rollout.phase.ended:
        if not driven_now(now):
            return None
        waited_s = time.monotonic() - began
        if waited_s > 2 * longest_s + GRANTED_S:
            await store.taken(kept.rollout.id, wish)
            raise UsageError(f"{kept.driver} did not {wish.asked} {named(kept)} within {waited_s:.0f} s; ask again")
        if waited_s > GRANTED_S and not told:
            told = True
            typer.echo(f"{kept.driver} has not taken it yet: a hook may be running", err=True)
        await asyncio.sleep(ASK_AGAIN_S)
    if now.driver != kept.driver and not now.rollout.phase.ended:
        raise UsageError(f"{named(now)} is {driven_by(now)} now; ask again")
    return now


async def claimed(store: RolloutStore, kept: Kept, driver: str) -> Kept:
    """The rollout, taken over from whoever drove it last, who may be killed and still have the lease for some seconds.

    What that one left running on this host is ended. Raises UsageError where it is driven, or over.
    """
    from prodtui.cli.output import progress
    from prodtui.cli.rollout_lock import is_gone
    from prodtui.rollout.left_over import end_left_over

    rollout = kept.rollout
    gone = kept.driver if is_gone(rollout.id, kept.driver) else ""
    ends = time.monotonic() + 1.5 * LEASE_S
    async with progress(lambda _: f"waiting whether {kept.driver} still drives it"):
        while not await store.take(rollout.id, driver, time.time(), gone=gone):
            now = await store.find(rollout.environment, rollout.id)
            if now is None or now.rollout.phase.ended:
                raise UsageError(f"{named(kept)} is over")
            if now.driven_until > kept.driven_until or time.monotonic() > ends:
                raise UsageError(f"{named(now)} is {driven_by(now)}; only one process drives a rollout")
            await asyncio.sleep(ASK_AGAIN_S)
    if await asyncio.to_thread(end_left_over, rollout):
        typer.echo(f"{kept.driver} had left a hook running: it is ended", err=True)
    return await _as_of_now(store, kept)


async def _as_of_now(store: RolloutStore, kept: Kept) -> Kept:
    return await store.find(kept.rollout.environment, kept.rollout.id) or kept
