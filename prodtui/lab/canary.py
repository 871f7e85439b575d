"""A candidate of payments beside the stable version: brought up, given a share of the traffic, taken down."""

from __future__ import annotations

from pathlib import Path

import msgspec

from prodtui.lab import configuration, envoy, fleet, prometheus, registry
from prodtui.lab.errors import LabError
from prodtui.lab.network import answers, wait_for
from prodtui.lab.processes import check_alive, end, launch
from prodtui.lab.state import Lab, State, change, recorded
from prodtui.lab.topology import CANARY_CLUSTER, CANARY_INSTANCE

_DRAINS_S = 12.0  # Envoy gives a request ten


def up(lab: Lab, build: str) -> None:
    """Start an instance of this build, known to the registry, Envoy and Prometheus, without traffic as yet.

    Raises LabError when there is no such build, when a canary is up already, or when it does not come up.
    """
    from prodtui.lab.builds import BUILDS  # a hook that only shifts traffic does not wait for a web server's import

    if build not in BUILDS:
        raise LabError(f"no build {build!r}; there are: {', '.join(BUILDS)}")
    # Recorded first: whatever happens on the way, down knows what to undo.
    state = change(lab.directory, lambda s: _with(s, build))
    try:
        _start(state, build)
    except BaseException:
        down(lab)
        raise


def weigh(lab: Lab, percent: float) -> None:
    """Send this share of payments' traffic to the canary; LabError where there is none, or Envoy does not take it."""
    if not 0 <= percent <= 100:
        raise LabError(f"a share is 0 to 100 %, not {percent:g}")
    state = recorded(lab.directory)
    if percent and not state.canary:
        raise LabError("no canary is up; `prodtui lab canary up` starts one")
    envoy.shift(state, percent)


def down(lab: Lab) -> None:
    """Take the canary out of the traffic and of sight, then end it; nothing where there is none."""
    state = recorded(lab.directory)
    if not state.canary:
        return
    configuration.of_candidate(lab.directory, there=False)
    envoy.shift(state, 0)
    _drained(state)
    # Nobody looks for it any more when it ends: its end is no failure.
    prometheus.write_canary(state, None)
    wait_for(lambda: _untargeted(state), timeout=10, what=f"Prometheus forgets {CANARY_INSTANCE}")
    envoy.write_canary(state, ())
    wait_for(lambda: CANARY_CLUSTER not in envoy.hosts(state), timeout=10, what=f"Envoy forgets {CANARY_CLUSTER}")
    end([process for process in state.processes if process.name == CANARY_INSTANCE])
    if registry.version(state):  # else it is down, and starts without knowing anybody
        registry.deregister(state, CANARY_INSTANCE)
    change(lab.directory, _without)


def percent(lab: Lab) -> float | None:
    """The share of payments' traffic that the canary has; None where there is none."""
    state = recorded(lab.directory)
    return envoy.canary_percent(state) if state.canary else None


def _start(state: State, build: str) -> None:
    place, port = Path(state.directory), state.ports[CANARY_INSTANCE]
    configuration.of_candidate(place, there=True)
    process = launch(place, fleet.canary(state, build))

    def still() -> None:
        check_alive(place, process)

    wait_for(lambda: answers(f"{process.url}/live"), timeout=20, what=f"{CANARY_INSTANCE} answers", still=still)
    envoy.write_canary(state, [port])
    prometheus.write_canary(state, CANARY_INSTANCE)
    wait_for(lambda: _known(state), timeout=20, what=f"everyone knows {CANARY_INSTANCE}", still=still)


def _known(state: State) -> bool:
    return (
        registry.registered(state).get(CANARY_INSTANCE) in ("passing", "present")
        and envoy.hosts(state).get(CANARY_CLUSTER) == {state.ports[CANARY_INSTANCE]: True}
        and bool(prometheus.query(state, f'up{{instance="{CANARY_INSTANCE}"}} == 1'))
    )


def _untargeted(state: State) -> bool:
    # One that is down starts with the targets that are there then.
    return not (prometheus.version(state) and prometheus.query(state, f'up{{instance="{CANARY_INSTANCE}"}}'))


def _drained(state: State) -> None:
    """Wait until nobody waits for the canary's answer any more."""

    def active() -> int:
        return envoy.counted(state, CANARY_CLUSTER, ["upstream_rq_active"]).get("upstream_rq_active", 0)

    wait_for(lambda: not active(), timeout=_DRAINS_S, what=f"{CANARY_CLUSTER} has answered everyone")


def _with(state: State, build: str) -> State:
    if state.canary:
        raise LabError(f"a canary of build {state.canary} is up; `prodtui lab canary down` ends it")
    return msgspec.structs.replace(state, canary=build)


def _without(state: State) -> State:
    others = tuple(process for process in state.processes if process.name != CANARY_INSTANCE)
    return msgspec.structs.replace(state, canary="", processes=others)
