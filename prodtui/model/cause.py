"""Why a source could not be read, in ten classes a person can act on."""

from __future__ import annotations

import msgspec

from prodtui.model.classification import CLASSES
from prodtui.model.classification import CauseClass as CauseClass


class Cause(msgspec.Struct, frozen=True):
    """Why a read failed: its class, and one line that says what was tried and what to do (already neutralised)."""

    cause_class: CauseClass
    message: str

    @property
    def worth_retrying(self) -> bool:
        """Whether the same request may succeed later without anybody's act (then it is retried sooner)."""
        return CLASSES[self.cause_class].recoverable
