"""The one hierarchy of errors: each says what failed, why, and what to do.

ProdtuiError
├── UsageError           a command line that cannot be carried out (exit 2)
├── ConfigurationError   a setting that cannot be used: file, line, key, what was expected (exit 2)
├── SourceError          a source could not be read; carries its Cause
└── NotifyError          a notification could not be sent; carries its Cause, and whether to try again
"""

from __future__ import annotations

from prodtui.model.cause import Cause, CauseClass
from prodtui.model.classification import CLASSES, Does
from prodtui.model.text import neutralise_name


class ProdtuiError(Exception):
    """Base of every error that prodtui raises on purpose; str() is the message for a person."""


class UsageError(ProdtuiError):
    """What was asked for cannot be done as asked."""


class ConfigurationError(ProdtuiError):
    """The configuration cannot be used: the message names file, line, key, what was expected, the nearest valid key."""


class SourceError(ProdtuiError):
    """A source could not be read."""

    def __init__(self, cause_class: CauseClass, message: str) -> None:
        self.cause = Cause(cause_class, neutralise_name(message))
        super().__init__(f"{cause_class}: {self.cause.message}")


class NotifyError(ProdtuiError):
    """A notification could not be sent."""

    def __init__(self, cause_class: CauseClass, message: str, *, final: bool = False) -> None:
        """`final`: the other side has said that it will not take this one, whatever the class."""
        self.cause = Cause(cause_class, neutralise_name(message))
        self.retry = not final and Does.RETRY in CLASSES[cause_class].sending
        super().__init__(f"{cause_class}: {self.cause.message}")
