"""What a person may ask of whoever hands the moments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from prodtui.model.moment import Moment
    from prodtui.model.records import HealthCheck
    from prodtui.model.rerun import Rerun
    from prodtui.model.rollout import Rollout


class Controls(Protocol):
    """The one seam back from the screens. What acts raises UsageError where it is not allowed or can't be done."""

    def refresh(self) -> None:
        """Asks every source now."""

    async def rerun(self, check: HealthCheck) -> Rerun:
        """Makes one HTTP health check again, bounded; a failure is told in the result's cause."""

    # Time

    async def past(self, at: float) -> Moment:
        """The moment at a Unix time, with `newest` set. Raises UsageError where nothing is kept of that time."""

    async def turn(self, at: float, *, forward: bool) -> float | None:
        """The time of the next (or the last) event after (before) a Unix time; None where there is none."""

    async def span(self) -> tuple[float, float] | None:
        """From when to when there is a past, Unix seconds; None where nothing is kept."""

    # Environments

    @property
    def environment(self) -> str:
        """The one that is shown; empty before it is known."""

    def environments(self) -> tuple[str, ...]:
        """All that the configuration has."""

    def switch(self, environment: str) -> None:
        """Shows another one from the next moment on, without waiting for the one that is left. Raises UsageError."""

    def rollouts(self) -> tuple[Rollout, ...]:
        """The open rollouts of the environment as they were last read, the newest first."""

    # What leaves a trace

    @property
    def read_only(self) -> bool:
        """Whether nothing that acts is allowed."""

    @property
    def replays(self) -> float | None:
        """How many times as fast as it was a recording is shown; None: this is production as it is now."""

    async def acknowledge(self, about: str, note: str) -> str | None:
        """Keeps that somebody has seen it, for all who share the journal. A remark where the trail has more to say."""

    async def export(self, moment: Moment, form: str) -> Path:
        """Writes an incident as `markdown`, `json` or `svg` into a file of the current directory; returns it."""

    async def picture(self, svg: str) -> Path:
        """Writes the picture of a screen into a file of the current directory; returns it."""

    async def handover(self, moment: Moment) -> str:
        """What is open, since when, and what was tried, as Markdown."""
