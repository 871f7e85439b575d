"""Every class of failure in one table: how bad it is, whether it mends itself, and what prodtui does about it.

The code asks this table where it decides; `make docs` writes it to docs/errors.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from prodtui.model.notice import Severity


class CauseClass(StrEnum):
    REFUSED = "refused"
    TIMEOUT = "timeout"
    DNS = "dns"
    TLS = "tls"
    AUTH = "auth"
    PERMISSION = "permission"
    PROTOCOL = "protocol"
    OVERLOAD = "overload"
    NOT_FOUND = "not_found"
    INTERNAL = "internal"


class ErrorType(StrEnum):
    NETWORK = "network"
    """The other side could not be reached."""
    TRUST = "trust"
    """It was reached, and one side does not accept the other."""
    PEER = "peer"
    """It answered, and the answer is of no use."""
    REQUEST = "request"
    """What was asked for is not there: our configuration is wrong."""
    OWN = "own"
    """prodtui itself is wrong."""


class Does(StrEnum):
    """What prodtui does; `IN_WORDS` says what that is."""

    RETRY = "retry"
    BREAKER = "open its breaker"
    NOTIFY = "notify"
    STOP = "stop"


IN_WORDS: Mapping[Does, str] = {
    Does.RETRY: "soon, by exponential backoff with full jitter; a source's breaker opens after five failures in a row.",
    Does.BREAKER: "at once: the source is asked again after the longest pause, as nothing changes by asking.",
    Does.NOTIFY: "once the source is *lost* (past `stale_after`) whoever is on call hears of it, as an error at least.",
    Does.STOP: "the notification is not tried again, as it would fail again; that is said, logged and audited.",
}


class Handling(msgspec.Struct, frozen=True, kw_only=True):
    """One class of failure."""

    means: str
    type: ErrorType
    severity: Severity
    recoverable: bool
    """Whether the same request may succeed later without anybody's act."""
    reading: tuple[Does, ...]
    """Where a source is read."""
    sending: tuple[Does, ...]
    """Where a notification is sent."""
    remedy: str


def _handling(
    means: str, kind: ErrorType, remedy: str, *, mends: bool, severity: Severity = Severity.ERROR
) -> Handling:
    return Handling(
        means=means,
        type=kind,
        severity=severity,
        recoverable=mends,
        reading=(Does.RETRY if mends else Does.BREAKER, Does.NOTIFY),
        sending=(Does.RETRY if mends else Does.STOP,),
        remedy=remedy,
    )


CLASSES: Mapping[CauseClass, Handling] = {
    CauseClass.REFUSED: _handling(
        "nobody listens there, or no way leads there", ErrorType.NETWORK, "start it; check host and port", mends=True
    ),
    CauseClass.TIMEOUT: _handling(
        "no answer within the deadline", ErrorType.NETWORK, "look whether it hangs; raise `timeout`", mends=True
    ),
    CauseClass.DNS: _handling(
        "the name does not resolve", ErrorType.NETWORK, "check the name and the resolver", mends=True
    ),
    CauseClass.PROTOCOL: _handling(
        "it answers, but not as such a system does", ErrorType.PEER, "check that the port is its own", mends=True
    ),
    CauseClass.OVERLOAD: _handling(
        "it says that it can't serve now",
        ErrorType.PEER,
        "look at its load; read it less often",
        mends=True,
        severity=Severity.WARNING,
    ),
    CauseClass.TLS: _handling(
        "a certificate is not accepted, or only one side speaks TLS",
        ErrorType.TRUST,
        "renew it, or give the right `ca_file`",
        mends=False,
    ),
    CauseClass.AUTH: _handling(
        "it does not know us: token, user or password are wrong",
        ErrorType.TRUST,
        "give the right credentials",
        mends=False,
    ),
    CauseClass.PERMISSION: _handling(
        "it knows us and does not let us", ErrorType.TRUST, "grant the right that the message names", mends=False
    ),
    CauseClass.NOT_FOUND: _handling(
        "what was asked for is not there", ErrorType.REQUEST, "check the path, database or recipient", mends=False
    ),
    CauseClass.INTERNAL: _handling(
        "prodtui failed inside",
        ErrorType.OWN,
        "report it with the log's traceback",
        mends=False,
        severity=Severity.CRITICAL,
    ),
}
