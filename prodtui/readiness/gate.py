"""The gate's exit codes: public interface, scripts depend on them."""

from __future__ import annotations

from enum import StrEnum

from prodtui.model.assessment import Verdict

USAGE = 2
"""A usage or configuration error."""
INTERNAL = 5
"""prodtui itself failed; never 0."""


class FailOn(StrEnum):
    """From which verdict on the gate fails."""

    NOT_READY = "not-ready"
    WARN = "warn"


class ExitCodes(StrEnum):
    """Whose convention the exit code follows."""

    DEFAULT = "default"
    NAGIOS = "nagios"


_NAGIOS = {Verdict.READY: 0, Verdict.WARN: 1, Verdict.NOT_READY: 2, Verdict.INCONCLUSIVE: 3}


def exit_code(verdict: Verdict, fail_on: FailOn = FailOn.NOT_READY, codes: ExitCodes = ExitCodes.DEFAULT) -> int:
    """0 READY (and WARN, unless it fails too: 4), 1 NOT_READY, 3 INCONCLUSIVE; by Nagios 0, 1 WARN, 2, 3."""
    if codes is ExitCodes.NAGIOS:
        return _NAGIOS[verdict]
    match verdict:
        case Verdict.READY:
            return 0
        case Verdict.WARN:
            return 4 if fail_on is FailOn.WARN else 0
        case Verdict.NOT_READY:
            return 1
        case Verdict.INCONCLUSIVE:
            return 3
