"""Why a source could not be read, in ten classes a person can act on."""

from __future__ import annotations

from enum import StrEnum

import msgspec


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


# What trying again cannot mend: only a person's change of configuration, rights or prodtui itself can.
_FINAL = frozenset({CauseClass.AUTH, CauseClass.PERMISSION, CauseClass.TLS, CauseClass.NOT_FOUND, CauseClass.INTERNAL})


class Cause(msgspec.Struct, frozen=True):
    """Why a read failed: its class, and one line that says what was tried and what to do (already neutralised)."""

    cause_class: CauseClass
    message: str

    @property
    def worth_retrying(self) -> bool:
        """Whether the same request may succeed later without anybody's act (then it is retried sooner)."""
        return self.cause_class not in _FINAL
