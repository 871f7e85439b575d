"""Envoy's answers to records: the pure part."""

from __future__ import annotations

import pytest

from prodtui.model.records import BreakerState, Host
from prodtui.sources.breakers.envoy_answers import (
    Address,
    CircuitBreakers,
    ClusterStatus,
    HostStatus,
    Pipe,
    SocketAddress,
    Statistic,
    Thresholds,
    by_cluster,
    per_second,
)
from prodtui.sources.breakers.envoy_clusters import breaker, cluster, failed_per_s, headroom, host

PENDING = "circuit_breakers.default.remaining_pending"


def at(address: str = "10.0.0.1", port: int | str = 80) -> Address:
    return Address(socket_address=SocketAddress(address, port))


@pytest.mark.parametrize(
    ("flags", "healthy", "shown"),
    [
        ({}, True, ()),
        ({"eds_health_status": "HEALTHY"}, True, ()),
        ({"eds_health_status": "UNKNOWN"}, True, ()),
        ({"eds_health_status": "HEALTHY", "failed_outlier_check": True}, False, ("failed_outlier_check",)),
        ({"failed_active_health_check": True, "active_hc_timeout": True}, False, None),
        ({"failed_active_health_check": False}, True, ()),
        ({"eds_health_status": "DRAINING"}, False, ("eds_draining",)),
        ({"excluded_via_immediate_hc_fail": True}, False, ("excluded_via_immediate_hc_fail",)),
        ({"pending_dynamic_removal": True}, True, ("pending_dynamic_removal",)),
    ],
)
def test_a_host_is_healthy_only_where_nothing_takes_it_out(
    flags: dict[str, bool | str], healthy: bool, shown: tuple[str, ...] | None
) -> None:
    found = host(HostStatus(at(), flags))
    assert found.healthy is healthy
    assert shown is None or found.flags == shown


@pytest.mark.parametrize(
    ("address", "text"),
    [(at(), "10.0.0.1:80"), (at("::1", "8080"), "[::1]:8080"), (Address(pipe=Pipe("/run/app.sock")), "/run/app.sock")],
)
def test_an_address_is_written_as_one_connects_to_it(address: Address, text: str) -> None:
    assert host(HostStatus(address)) == Host(address=text, healthy=True)


def test_escape_sequences_in_names_are_inert() -> None:
    status = ClusterStatus("or\x1b[31mders", host_statuses=[HostStatus(Address(pipe=Pipe("\x1b]0;x\x07")))])
    record = cluster(status, {}, None, 0, proxy="edge", panic_ratio=0.5)
    assert "\x1b" not in record.name + record.hosts[0].address


def test_statistics_are_found_under_names_with_dots_and_colons() -> None:
    found = by_cluster(
        [
            Statistic("cluster.a.b_80.upstream_rq_5xx", 3),
            Statistic("cluster.a.b_80.circuit_breakers.default.remaining_rq", 2**64 - 2),
            Statistic("cluster.a.b_80.circuit_breakers.high.rq_open", 1),
            Statistic("cluster.a.b_80.upstream_rq_total", 9),
            Statistic(),
        ]
    )
    assert found == {"a.b_80": {"upstream_rq_5xx": 3, "circuit_breakers.high.rq_open": 1}}
    assert ClusterStatus("x", observability_name="a.b:80").statistics_name == "a.b_80"


@pytest.mark.parametrize(
    ("before", "now", "rate"),
    [
        (None, {"n": 5}, None),
        ({}, {}, None),
        ({"n": 5}, {"n": 9}, 2.0),
        ({"n": 5}, {"n": 3}, 1.5),  # a new process: it has counted 3 since
        ({}, {"n": 4}, 2.0),
        ({"n": 5}, {"n": 5}, 0.0),
    ],
)
def test_rates_survive_a_counter_that_begins_anew(
    before: dict[str, int] | None, now: dict[str, int], rate: float | None
) -> None:
    assert per_second(before, now, ("n",), 2.0) == rate


def test_headroom_is_the_smallest_share_of_what_is_tracked() -> None:
    thresholds = [Thresholds(max_pending_requests="8", max_requests=10, max_retries=3)]
    status = ClusterStatus("x", circuit_breakers=CircuitBreakers(thresholds))
    assert headroom(status, {PENDING: 2, "circuit_breakers.default.remaining_rq": 9}) == 0.25
    assert headroom(status, {}) is None
    assert headroom(status, {"circuit_breakers.high.remaining_rq": 0}) is None


def test_a_limit_of_zero_leaves_no_headroom() -> None:
    status = ClusterStatus("x", circuit_breakers=CircuitBreakers([Thresholds()]))
    assert headroom(status, {PENDING: 0}) == 0


def test_shed_requests_are_no_failures_of_the_upstream() -> None:
    before = {"upstream_rq_5xx": 0, "upstream_rq_pending_overflow": 0, "upstream_cx_connect_fail": 0}
    now = {"upstream_rq_5xx": 10, "upstream_rq_pending_overflow": 8, "upstream_cx_connect_fail": 1}
    assert failed_per_s(before, now, 1.0) == 2
    assert failed_per_s(before, {"upstream_cx_connect_fail": 3}, 1.0) == 3


def test_a_breaker_without_statistics_is_unknown_not_closed() -> None:
    assert breaker(ClusterStatus("x"), {"upstream_rq_5xx": 1}, None, caller="c").state is BreakerState.UNKNOWN
    assert breaker(ClusterStatus("x"), {"upstream_rq_pending_overflow": 4}, 0, caller="c").state is BreakerState.CLOSED
