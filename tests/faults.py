"""Faults in tests: injected for a while, healed whatever happens, and the lab well again before the next test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prodtui.lab.faults import heal, inject
from prodtui.lab.health import wait_until_well
from prodtui.lab.state import Lab


@contextmanager
def fault(lab: Lab, name: str, *, alerts: bool = True) -> Iterator[None]:
    """The lab with this fault. Afterwards it is well again: breakers, pools, membership and registrations.

    `alerts=False` does not wait for alerts to end; they outlast the fault by the 20 s window of their rates.
    """
    inject(lab, name)
    try:
        yield
    finally:
        heal(lab, name)
    wait_until_well(lab, timeout=45, alerts=alerts)
