"""What delays an improvement survives a restart: the streaks of a watch, written down now and then."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodtui.journal.store import Store
    from prodtui.model.assessment import Streak
    from prodtui.model.moment import Moment
    from prodtui.settings.loaded import Environment

_log = logging.getLogger(__name__)
KEPT_EVERY_S = 10.0
"""At most so often they are written."""


class Recoveries:
    """Keeps the streaks of one environment's moments in the store, where there is one."""

    def __init__(self, store: Store | None, environment: Environment, policy_digest: str) -> None:
        self._store = store
        self._environment = environment
        self._digest = policy_digest
        self._kept: Mapping[str, Streak] = {}
        self._kept_at = 0.0

    async def keep(self, moment: Moment) -> None:
        """Writes the moment's streaks where they changed and were not just written; a failure is logged."""
        streaks = moment.assessment.streaks
        if self._store is None or streaks == self._kept or moment.now - self._kept_at < KEPT_EVERY_S:
            return
        from prodtui.cli.gate import in_time
        from prodtui.cli.store import keep_streaks

        self._kept, self._kept_at = streaks, moment.now
        keeping = keep_streaks(self._store, self._environment, moment.assessment, policy_digest=self._digest)
        note, late = await in_time(keeping, "recoveries are counted anew")
        if remark := note or late:
            _log.warning(remark)
