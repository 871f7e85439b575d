"""When a failure began: what is the same one, and what is another; what was bad before anybody looked."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from prodtui.model.incident import Onset
from prodtui.model.past import Past, Quantity
from prodtui.model.records import AnyRecord, BreakerState, Cluster
from prodtui.ui.rows import onsets
from tests.builders import (
    CHECKOUT,
    CRITICAL,
    PAYMENTS,
    breaker,
    cluster,
    health,
    instance,
    pool,
    registered,
    server,
    sli,
)
from tests.timeline.course import HOLDER, REFUSED, Told, blocked, full, healthy, ill, only, slow


def test_an_instance_that_was_seen_passing_and_is_killed_broke_when_it_was_killed() -> None:
    told = healthy().tell("consul", instance("payments", 3), health("payments", 3, CRITICAL, output=""))
    started = told.now
    told.tell("consul", health("payments", 3)).wait(12)
    told.tell("consul", health("payments", 3, CRITICAL, output=REFUSED)).again()
    cause = only(told)
    assert (cause.cause.what, cause.cause.onset) == ("refused", Onset(started + 1, started + 14))
    (scale,) = (seen for seen in cause.suspects if seen.kind == "scale")
    assert onsets.before(scale.at, cause.cause.onset) == "1 s before"


@pytest.mark.parametrize(
    ("source", "bad", "good"),
    [
        ("consul", health("payments", 1, CRITICAL, output=REFUSED), health("payments", 1)),
        ("pgbouncer", pool(used=20, idle=0, waiting=34, max_wait_s=1.0), pool()),
        ("prometheus", breaker("checkout", "payments", BreakerState.OPEN), breaker("checkout", "payments")),
        ("postgres", server(exhausted=True), server()),
        ("envoy", cluster(healthy=1), cluster()),
    ],
)
def test_what_was_plainly_well_and_fails_again_has_another_onset(source: str, bad: AnyRecord, good: AnyRecord) -> None:
    told = healthy().tell(source, bad).tell(source, good)
    well_at = told.now
    assert only(told.tell(source, bad).again()).cause.onset.not_after >= well_at


def test_a_full_pool_without_a_queue_for_a_moment_has_failed_all_along() -> None:
    told = healthy().tell("pgbouncer", full()).again()
    began = only(told).cause.onset
    told.tell("pgbouncer", pool(used=20, idle=0)).wait(2)
    assert only(told.tell("pgbouncer", full()).again()).cause.onset == began


@pytest.mark.parametrize("bad", [cluster(healthy=1, ejected=1), cluster(overflow_per_s=3.0)])
def test_a_proxy_that_tries_again_has_failed_all_along(bad: Cluster) -> None:
    told = healthy().tell("envoy", bad).again()
    began = only(told).cause.onset
    told.tell("envoy", cluster()).wait(2)
    assert only(told.tell("envoy", bad).again()).cause.onset == began


def test_a_latency_that_dips_for_one_window_has_failed_all_along() -> None:
    told = slow(healthy(), "payments").again()
    began = only(told).cause.onset
    told.tell("prometheus", sli("payments", observed_at=told.now + 1)).moment  # noqa: B018
    assert only(slow(told, "payments").again()).cause.onset == began


def test_a_check_that_leaves_the_registry_for_a_moment_was_not_seen_well() -> None:
    told = ill(healthy(), 1, output=REFUSED).again()
    began = only(told).cause.onset
    told.tell("consul", *registered("payments", 1)[1:2], *registered("checkout", 2), keyframe=True)
    assert only(ill(told, 1, output=REFUSED).again()).cause.onset == began


def test_a_session_that_blocks_again_in_another_transaction_has_another_onset() -> None:
    told = healthy().tell("postgres", HOLDER, blocked(7, 4121)).again()
    told.tell("postgres", server(), keyframe=True).wait(5)
    later = replace(HOLDER, transaction_at=told.now)
    assert only(told.wait(3).tell("postgres", later, blocked(8, 4121, 2.0))).cause.onset.at == later.transaction_at


def test_what_was_bad_when_we_came_has_no_onset_until_the_past_is_read() -> None:
    told = Told(PAYMENTS, CHECKOUT)
    told.tell("consul", *registered("payments", 2), *registered("checkout", 2), keyframe=True)
    told.tell("prometheus", sli("payments", p99_s=2.3, error_ratio=0.4, observed_at=told.now), keyframe=True)
    assert only(told.again()).cause.onset.at is None
    values = (*([0.04] * 300), *([2.3] * 61))
    start = told.now - 3_600
    past = Past(label="payments", quantity=Quantity.P99, start=start, step_s=10.0, window_s=20.0, values=values)
    told.tell("prometheus", past)
    onset = only(told).cause.onset
    assert (onset.at, onset.not_after) == (start + 2_990 - 20, start + 3_000)
    assert len(told.moment.trends["payments"]) == 90
