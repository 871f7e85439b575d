"""What a person may ask of whoever hands the moments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from prodtui.model.records import HealthCheck
    from prodtui.model.rerun import Rerun


class Controls(Protocol):
    """The one seam back from the screens."""

    def refresh(self) -> None:
        """Asks every source now."""

    async def rerun(self, check: HealthCheck) -> Rerun:
        """Makes one HTTP health check again, bounded; a failure is told in the result's cause."""
