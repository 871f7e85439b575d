"""Envoy's answers to records: how near each cluster is to its limits, who of it is out, and whether it sheds."""

from __future__ import annotations

from collections.abc import Mapping

from prodtui.model.records import Breaker, BreakerState, Cluster, Host
from prodtui.model.text import neutralise_name
from prodtui.sources.breakers.envoy_answers import ClusterStatus, HostStatus, integer, per_second

# Requests turned away for a limit. upstream_cx_overflow is none of them: there the request waits for a connection.
_REFUSED = ("upstream_rq_pending_overflow", "upstream_rq_active_overflow")
_SHED = (*_REFUSED, "upstream_rq_retry_overflow")
# What takes a host out of rotation. The other flags only explain (active_hc_timeout) or announce (pending_…).
_FAILING = frozenset(
    {"failed_active_health_check", "failed_outlier_check", "failed_active_degraded_check"}
    | {"excluded_via_immediate_hc_fail"}
)
_EJECTED = "failed_outlier_check"
# Gauge of what is left -> the limit it is left of.
_TRACKED = {
    "remaining_rq": "max_requests",
    "remaining_pending": "max_pending_requests",
    "remaining_retries": "max_retries",
}
_REQUEST_GAUGES = ("rq_open", "rq_pending_open", "rq_retry_open")
# Reached without shedding: idle keep-alive connections hold these for as long as they like.
_HELD = {"cx_open": "connections", "cx_pool_open": "connection pools"}
_PRIORITIES = ("default", "high")

Counts = Mapping[str, int]


def host(status: HostStatus) -> Host:
    """A member with every flag that is set; eds_health_status says HEALTHY of an ejected one too."""
    flags = [name for name, value in status.health_status.items() if value is True]
    discovered = str(status.health_status.get("eds_health_status", "HEALTHY"))
    told_well = discovered in ("HEALTHY", "UNKNOWN")  # UNKNOWN: discovery says nothing, which Envoy takes as healthy
    if not told_well:
        flags.append(f"eds_{discovered.lower()}")
    return Host(
        address=neutralise_name(str(status.address) or status.hostname),
        healthy=told_well and _FAILING.isdisjoint(flags),
        flags=tuple(neutralise_name(flag) for flag in sorted(flags)),
    )


def shed_per_s(before: Counts | None, now: Counts, elapsed_s: float) -> float | None:
    """Requests refused and retries not made, per second, for the cluster's limits."""
    return per_second(before, now, _SHED, elapsed_s)


def failed_per_s(before: Counts | None, now: Counts, elapsed_s: float) -> float | None:
    """5xx answers and connect failures per second.

    Envoy counts its own 503 for a failed connect, and for a shed request, among upstream_rq_5xx (verified with
    1.40): the shed ones are taken off, and connects count by themselves only where they are more (TCP, retries).
    """
    answers = per_second(before, now, ("upstream_rq_5xx",), elapsed_s)
    connects = per_second(before, now, ("upstream_cx_connect_fail",), elapsed_s)
    if answers is None:
        return connects
    refused = per_second(before, now, _REFUSED, elapsed_s) or 0.0
    return max(answers - refused, connects or 0.0, 0.0)


def headroom(status: ClusterStatus, now: Counts) -> float | None:
    """The smallest share left of a limit of requests, pending requests or retries that Envoy tracks."""
    shares: list[float] = []
    for limits in status.circuit_breakers.thresholds:
        for gauge, field in _TRACKED.items():
            limit = integer(getattr(limits, field))
            left = now.get(f"circuit_breakers.{limits.priority.lower()}.{gauge}")
            if left is not None:  # a limit of 0 is left out like any other zero
                shares.append(min(left / limit, 1.0) if limit > 0 else 0.0)
    return min(shares, default=None)


def cluster(
    status: ClusterStatus, now: Counts, before: Counts | None, elapsed_s: float, *, proxy: str, panic_ratio: float
) -> Cluster:
    """The record of one cluster. Hosts are sorted: Envoy's order changes from answer to answer."""
    hosts = tuple(sorted((host(one) for one in status.host_statuses), key=lambda one: one.address))
    return Cluster(
        name=neutralise_name(status.name),
        proxy=proxy,
        hosts=hosts,
        members=len(hosts),
        healthy=sum(one.healthy for one in hosts),
        ejected=sum(_EJECTED in one.flags for one in hosts),
        panic_ratio=panic_ratio,
        overflow_per_s=shed_per_s(before, now, elapsed_s),
        failed_per_s=failed_per_s(before, now, elapsed_s),
        headroom=headroom(status, now),
        at_limit=tuple(what for gauge, what in _HELD.items() if _open(now, gauge)),
    )


def breaker(status: ClusterStatus, now: Counts, shed: float | None, *, caller: str) -> Breaker:
    """The limits of one cluster as a breaker; unknown where Envoy keeps no such statistics (a stats_matcher can)."""
    name = neutralise_name(status.name)
    if shed or any(_open(now, gauge) for gauge in _REQUEST_GAUGES):
        state = BreakerState.OPEN
    elif tells_of_limits(now):
        state = BreakerState.CLOSED
    else:
        state = BreakerState.UNKNOWN
    return Breaker(name=name, caller=caller, callee=name, state=state, shed_per_s=shed)


def tells_of_limits(now: Counts) -> bool:
    """Whether the statistics of a cluster can show that it sheds."""
    return "upstream_rq_pending_overflow" in now or "circuit_breakers.default.rq_pending_open" in now


def _open(now: Counts, gauge: str) -> bool:
    return any(now.get(f"circuit_breakers.{priority}.{gauge}", 0) > 0 for priority in _PRIORITIES)
