"""What can go wrong with the lab, each with a message a person can act on."""

from __future__ import annotations


class LabError(Exception):
    """The lab can't do what was asked."""


class AlreadyUp(LabError):  # noqa: N818 -- a state of the lab, named as one says it
    """A lab runs in this directory already, or is being started there."""


class UnknownFault(LabError):  # noqa: N818
    """No fault has this name."""


class ProgramsMissing(LabError):  # noqa: N818
    """Real servers that could neither be fetched nor found on PATH."""
