"""What is asked about canary and stable, by whatever the environment names them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promql_parser import parse

from prodtui.model.records import Host
from prodtui.model.rollout import Groups, Plan
from prodtui.model.snapshot import Snapshot
from prodtui.rollout.groups import Side, matcher, members
from prodtui.rollout.questions import Interview, called, questions, requests_made, sure_quantile, window_s
from tests.builders import World, cluster, target
from tests.rollout.rollouts import own, plan, stage
from tests.rollout.worlds import HISTOGRAM, groups, world


def asked(of: Plan, snapshot: Snapshot) -> dict[str, str]:
    made = requests_made(of, of.stages[0], snapshot)
    return {one.check: one.query for one in questions(of, of.stages[0], snapshot, made)}


def test_requests_and_failures_are_counted_by_the_service_s_own_histogram() -> None:
    found = asked(plan(), world().snapshot)
    selector = 'http_request_duration_seconds_count{service!="",service="payments",version="2.0"'
    assert found["rollout.canary.requests"] == f"sum(rate({selector}}}[10s]))"
    assert found["rollout.canary.failed"] == (
        f'(sum(rate({selector},code=~"5.."}}[10s])) or 0 * sum(rate({selector},code!=""}}[10s])))'
    )
    assert 'version="1.0"' in found["rollout.stable.requests"]


def test_both_groups_are_asked_the_same() -> None:
    found = {name: query for name, query in asked(plan(), world().snapshot).items() if not name.endswith(".sure")}
    canary = {name.removeprefix("rollout.canary."): query for name, query in found.items() if ".canary." in name}
    stable = {name.removeprefix("rollout.stable."): query for name, query in found.items() if ".stable." in name}
    assert canary.keys() == stable.keys() == {"requests", "failed", "latency_p99", "latency_p95"}
    assert {name: query.replace("2.0", "1.0") for name, query in canary.items()} == stable


def test_every_question_is_promql() -> None:
    for query in asked(plan(criteria=(*plan().criteria, own(most=1.0))), world().snapshot).values():
        parse(query)


def test_where_stable_has_no_value_of_its_own_it_is_all_but_the_canary() -> None:
    of = groups(plan(), label=("version", "2.0", ""))
    assert matcher(of, world().snapshot, Side.STABLE) == 'version!="2.0"'


def test_a_query_of_the_plan_s_own_is_asked_of_each_group() -> None:
    found = asked(plan(criteria=(own("queue", most=10.0),)), world().snapshot)
    assert found["rollout.canary.queue"] == 'sum(queue{version="2.0"})'
    assert found["rollout.stable.queue"] == 'sum(queue{version="1.0"})'


def test_by_tag_the_series_are_those_of_the_tagged_instances() -> None:
    of = groups(plan(), tag=("canary", "stable"))
    seen = world().snapshot
    assert [one.id for one in members(of, seen, Side.CANARY)] == ["payments-3"]
    assert matcher(of, seen, Side.CANARY) == 'instance=~"10\\\\.0\\\\.0\\\\.1:8003|payments\\\\-3"'
    parse(asked(of, seen)["rollout.canary.requests"])


def test_by_tag_nobody_can_be_asked_about_before_somebody_has_it() -> None:
    of = groups(plan(), tag=("new", "stable"))
    assert not [name for name in asked(of, world().snapshot) if ".canary." in name]


def test_by_cluster_envoy_is_asked() -> None:
    of = groups(plan(), cluster=("payments-canary", "payments"))
    found = asked(of, world().snapshot)
    assert found["rollout.canary.requests"] == (
        'sum(rate(envoy_cluster_upstream_rq_xx{envoy_cluster_name="payments-canary"}[10s]))'
    )
    assert found["rollout.canary.latency_p99"].endswith("[10s]))) * 0.001")


def test_the_instances_of_a_cluster_are_those_behind_its_addresses() -> None:
    host = Host(address="10.0.0.1:8003", healthy=True)
    seen = world().tell("envoy", cluster("payments-canary", hosts=(host,)))
    of = groups(plan(), cluster=("payments-canary", "payments"))
    assert [one.id for one in members(of, seen.snapshot, Side.CANARY)] == ["payments-3"]


def test_before_a_histogram_is_known_only_the_plan_s_own_queries_are_asked() -> None:
    assert asked(plan(criteria=(own("queue", most=1.0),)), World().snapshot).keys() == {
        "rollout.canary.queue",
        "rollout.stable.queue",
    }


def test_a_window_is_at_least_four_scrapes_of_the_service() -> None:
    slow = world().tell("prometheus", HISTOGRAM, target("payments", scrape_interval_s=15.0), keyframe=False)
    assert window_s(plan(), stage(10), slow.snapshot) == 60
    assert window_s(plan(), stage(10, every_s=90), slow.snapshot) == 90


def test_by_cluster_the_proxy_s_own_scrapes_count() -> None:
    slow = world().tell("prometheus", HISTOGRAM, target("envoy", job="envoy", scrape_interval_s=30.0), keyframe=False)
    assert window_s(plan(), stage(10), slow.snapshot) == 10
    assert window_s(groups(plan(), cluster=("payments-canary", "payments")), stage(10), slow.snapshot) == 120


@pytest.mark.parametrize(
    ("made", "quantile", "least"),
    [(100, 0.99, 0.95), (30, 0.99, 0.9), (1_000, 0.99, 0.981), (100, 0.95, 0.88), (10, 0.99, 0.8), (1, 0.95, 0.0)],
)
def test_few_requests_show_a_slow_quantile_only_by_a_lower_one(made: float, quantile: float, least: float) -> None:
    assert sure_quantile(quantile, made) == pytest.approx(least)


@given(st.integers(1, 5_000), st.sampled_from([0.5, 0.95, 0.99]))
def test_what_is_sure_is_never_more_than_what_is_measured(made: int, quantile: float) -> None:
    assert 0 <= sure_quantile(quantile, made) <= quantile


def test_what_is_sure_of_the_canary_s_latency_is_asked_by_the_requests_it_has() -> None:
    few, many = world({"requests": 4.0}), world({"requests": 200.0})
    query = "histogram_quantile({}, sum by (le) (rate(http_request_duration_seconds_bucket"
    assert asked(plan(), few.snapshot)["rollout.canary.latency_p99.sure"].startswith(query.format("0.925"))
    assert asked(plan(), many.snapshot)["rollout.canary.latency_p99.sure"].startswith(query.format("0.984"))


def test_a_question_stays_the_same_while_there_are_about_as_many_requests() -> None:
    interview = Interview(plan(), lambda: stage(10))

    def least(rate: float) -> str:
        asks = interview(world({"requests": rate}).snapshot)
        return next(one.query for one in asks if one.check == "rollout.canary.latency_p99.sure")

    assert least(6.5) == least(6.3) == least(4.5) == least(20.0)
    assert least(20.0) != least(40.0)
    assert least(40.0) != least(3.0)


@given(st.text(), st.text())
def test_no_value_of_a_label_ends_the_string_that_it_stands_in(canary: str, stable: str) -> None:
    of = plan(groups=Groups(label=("version", canary or "x", stable)))
    for side in Side:
        assert (matcher(of, world().snapshot, side) or "").count('"') == 2


def test_a_question_bears_its_group_and_name() -> None:
    assert called(Side.CANARY, "requests") == "rollout.canary.requests"
