"""Error budgets and sample sizes over longer windows."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.assessment import CheckResult, State
from prodtui.model.declared import DeclaredService
from prodtui.model.records import AnyRecord
from prodtui.readiness.criteria import Limits
from prodtui.readiness.policy import CheckRule, Policy, Rule, Selector
from prodtui.readiness.slo import Burn, BurnWindow, Slo
from tests.builders import DAY, HOUR, NOW, PROMETHEUS, World, sli, traffic

P, W, F, U = State.PASS, State.WARN, State.FAIL, State.UNKNOWN
NAMED = DeclaredService(name="payments", metrics_label="payments-api")


def found(world: World, check: str, **options: Any) -> CheckResult:
    result = world.result("payments", f"performance.{check}", **options)
    assert result is not None
    return result


SLO = Slo(objective=0.999)
PAGE = (HOUR, 300.0, 6 * HOUR, 1_800.0)
TICKET = (DAY, 2 * HOUR, 3 * DAY, 6 * HOUR)


def objective(**fields: Any) -> Policy:
    return Policy(rules=(Rule(selector=Selector(services=("payments",)), slo=SLO),), **fields)


def burning(ratios: dict[float, float], *more: AnyRecord, **fields: Any) -> World:
    """Every window, with these error ratios by length; 0 in the others."""
    windows = [
        traffic(length, "payments-api", error_ratio=ratios.get(length, 0.0), **fields)
        for length in (*PAGE, *TICKET[:-1])
    ]
    world = World(NAMED, sources=(PROMETHEUS,))
    return world.tell("prometheus", sli("payments-api"), *windows, *more)


@pytest.mark.parametrize(
    ("ratios", "page", "ticket"),
    [
        ({}, P, P),
        ({HOUR: 0.0145, 300.0: 0.0145}, F, P),
        ({HOUR: 0.0143, 300.0: 0.5}, P, P),
        ({HOUR: 0.5, 300.0: 0.0143}, P, P),  # over: the short window no longer burns
        ({6 * HOUR: 0.0061, 1_800.0: 0.0061}, F, P),
        ({DAY: 0.0031, 2 * HOUR: 0.0031}, P, F),
        ({3 * DAY: 0.0011, 6 * HOUR: 0.0011}, P, F),
    ],
)
def test_the_budget_burns_where_both_windows_do(ratios: dict[float, float], page: State, ticket: State) -> None:
    assert found(burning(ratios), "burn_page", policy=objective()).state is page
    assert found(burning(ratios), "burn_ticket", policy=objective()).state is ticket


@given(
    long=st.floats(0, 1),
    short=st.floats(0, 1),
    share=st.floats(0.001, 0.5),
    days=st.integers(1, 90),
    target=st.sampled_from([0.9, 0.99, 0.999, 0.9999]),
)
def test_the_factor_follows_from_the_period(long: float, short: float, share: float, days: int, target: float) -> None:
    window = BurnWindow(long_s=HOUR, short_s=300.0, budget=share)
    slo = Slo(objective=target, period_s=days * DAY)
    policy = Policy(burn=Burn(page=(window,), ticket=()), rules=(Rule(selector=Selector(), slo=slo),))
    judged = found(burning({HOUR: long, 300.0: short}), "burn_page", policy=policy)
    factor = share * days * 24
    assert judged.limit == pytest.approx(factor)
    assert judged.state is (F if min(long, short) / slo.budget > window.factor(slo.period_s) else P)
    assert burning({}).result("payments", "performance.burn_ticket", policy) is None


def test_the_windows_are_scaled_and_the_factors_are_not() -> None:
    scaled = objective(burn=msgspec.structs.replace(Policy().burn, scale=1 / 60))
    windows = [traffic(length / 60, "payments-api", error_ratio=0.02) for length in PAGE]
    world = World(NAMED, sources=(PROMETHEUS,)).tell("prometheus", sli("payments-api"), *windows)
    page = found(world, "burn_page", policy=scaled)
    assert page.reason == "budget of 0.1 % burns 20× over 6 min and 20× over 30 s, at most 6× (and 1 more)"
    assert page.threshold == "FAIL > 14.4× over 60 s and 5 s or > 6× over 6 min and 30 s, else PASS"


@pytest.mark.parametrize(
    ("fields", "state", "reason"),
    [
        ({"history_s": 3 * HOUR}, U, "burn rate over 6 h: history of 3 h is shorter than 6 h"),
        ({"history_s": 6 * HOUR - 1}, P, ""),  # a scrape is wanting
        ({"history_s": None}, U, "burn rate over 6 h: how far back its history goes is not known"),
        ({"error_ratio": None}, U, "burn rate over 6 h: no error ratio"),
        ({"error_ratio": float("nan")}, U, "burn rate over 6 h: no error ratio"),
        ({"requests": 0.0, "error_ratio": None}, P, ""),
        ({"requests": None}, U, "burn rate over 6 h: requests not counted"),
        ({"trouble": "the query timed out"}, U, "burn rate over 6 h: the query timed out"),
        ({"observed_at": None}, U, "burn rate over 6 h: the age of the sample is not known"),
        ({"observed_at": NOW - 700}, P, ""),  # asked anew every six minutes
        ({"observed_at": NOW - 800}, U, "burn rate over 6 h: the newest sample is older than 12.2 min"),
    ],
)
def test_a_window_that_can_not_be_trusted_is_unknown(fields: dict[str, Any], state: State, reason: str) -> None:
    world = burning({}, traffic(6 * HOUR, "payments-api", **fields))
    judged = found(world, "burn_page", policy=objective())
    assert judged.state is state
    assert not reason or judged.reason == reason


def test_without_an_objective_nothing_burns_and_without_windows_it_is_unknown() -> None:
    assert burning({}).result("payments", "performance.burn_page") is None
    assert found(widened(300.0), "burn_page", policy=objective()).state is U
    one = World(NAMED, sources=(PROMETHEUS,)).tell("prometheus", traffic(HOUR, "payments-api"))
    assert found(one, "burn_page", policy=objective()).reason == (
        "burn rate over 6 h: the window was not read (and 1 more)"
    )
    assert found(burning({HOUR: 0.5, 300.0: 0.5}), "burn_page", policy=objective(), now=NOW + 60).state is U


def widened(requests: float, *windows: tuple[float, float, float]) -> World:
    """So many requests in the SLI's window; longer windows as (length, requests, history)."""
    records = [traffic(length, "payments-api", requests=made, history_s=back) for length, made, back in windows]
    return World(NAMED, sources=(PROMETHEUS,)).tell("prometheus", sli("payments-api", requests=requests), *records)


@pytest.mark.parametrize(
    ("world", "state", "reason"),
    [
        (widened(300.0), P, "300 requests in 20 s, wants 300"),
        (widened(299.0), W, "299 requests in 20 s, wants 300"),
        (widened(20.0, (HOUR, 400.0, HOUR), (DAY, 900.0, DAY)), P, "400 requests in 60 min, wants 300"),
        (widened(20.0, (HOUR, 400.0, 600.0)), P, "400 requests in 60 min, wants 300"),
        (widened(0.0, (HOUR, 40.0, HOUR), (DAY, 90.0, DAY)), W, "90 requests in 24 h, wants 300"),
        (
            widened(0.0, (HOUR, 40.0, HOUR), (DAY, 90.0, 2 * HOUR)),
            U,
            "90 requests in 24 h (history of 2 h is shorter than 24 h), wants 300",
        ),
        (widened(0.0, (HOUR, 4.0, 60.0), (DAY, 90.0, DAY)), W, "90 requests in 24 h, wants 300"),
        (widened(20.0, (3 * DAY, 900.0, 3 * DAY)), W, "20 requests in 20 s, wants 300"),
    ],
)
def test_the_window_widens_until_there_are_enough_requests(world: World, state: State, reason: str) -> None:
    judged = found(world, "min_requests")
    assert (judged.state, judged.reason) == (state, reason)


def test_how_many_requests_are_wanted_follows_from_what_they_must_show() -> None:
    assert found(widened(300.0), "min_requests", policy=objective()).limit == 3_000
    stricter = {"performance.error_ratio": CheckRule(limits=Limits.of("< 0.5%"))}
    assert found(widened(300.0), "min_requests", policy=Policy(checks=stricter)).limit == 600


def test_the_widest_window_makes_up_for_an_sli_that_can_not_be_trusted() -> None:
    world = widened(20.0, (DAY, 900.0, DAY))
    world.tell("prometheus", sli("payments-api", trouble="NaN"), keyframe=False)
    assert found(world, "min_requests").state is P
    untrusted = World(NAMED, sources=(PROMETHEUS,)).tell("prometheus", sli("payments-api", trouble="NaN"))
    assert found(untrusted, "min_requests").state is U
    assert found(widened(300.0), "min_requests", now=NOW + 60).state is U
