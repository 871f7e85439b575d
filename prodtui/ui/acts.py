"""What leaves a trace, or is asked for: awaited under a deadline, and told when it is done or refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

from prodtui.model.errors import ProdtuiError, UsageError
from prodtui.ui import format as fmt

if TYPE_CHECKING:
    from prodtui.ui.console import Console

PATIENCE_S = 20.0
FORMS = ("markdown", "json", "svg", "picture")
"""An incident as the first three; the last is the screen as it is now."""
T = TypeVar("T")


async def _awaited(app: Console, asked: Awaitable[T]) -> T | None:
    """What was asked for; None, and told, where that can't be had."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await asked
    except TimeoutError:
        app.say(f"no answer within {PATIENCE_S:.0f} s", "bad")
    except (ProdtuiError, OSError) as error:
        app.say(str(error), "bad")
    return None


def allowed(app: Console) -> None:
    """Raises UsageError where nothing that acts is allowed."""
    if app.controls.replays is not None:
        raise UsageError("a recording can't be acknowledged")
    if app.controls.read_only:
        raise UsageError("read-only: nothing is acknowledged; start without --read-only")


async def acknowledge(app: Console, about: str, note: str) -> None:
    """Keeps that somebody has seen it."""

    async def kept() -> str:
        return await app.controls.acknowledge(about, note) or ""

    remark = await _awaited(app, kept())
    if remark:
        app.say(f"acknowledged: {about}; {remark}", "warn")
    elif remark is not None:
        app.say(f"acknowledged: {about}")


async def export(app: Console, form: str) -> None:
    """Writes the incident, or a picture of the screen, and says where."""
    moment = app.clock.shown
    if moment is None:
        app.say("nothing is read yet", "bad")
        return
    if form == "picture":
        from prodtui.ui.picture import svg

        title = f"{moment.snapshot.declared.environment} {fmt.clock(moment.now)}"
        strips = app.screen._compositor.render_strips()  # noqa: SLF001 — as textual's own screenshots do
        path = await _awaited(app, app.controls.picture(svg(strips, app.palette, title)))
    else:
        path = await _awaited(app, app.controls.export(moment, form))
    if path is not None:
        app.say(f"written: {path}")


async def handover(app: Console) -> None:
    """Shows what is open, since when, and what was tried; `y` copies it."""
    from prodtui.ui.screens.text import TextPage

    moment = app.clock.shown
    if moment is None:
        app.say("nothing is read yet", "bad")
        return
    text = await _awaited(app, app.controls.handover(moment))
    if text is not None:
        app.page.open(TextPage(app.palette, "handover", text))
