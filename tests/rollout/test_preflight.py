"""Before anything acts it is said whether it may, and with numbers whether its stages can show what they must."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from prodtui.model.records import Host
from prodtui.model.rollout import CriterionRule, Plan
from prodtui.readiness.policy import Policy, Rule, Selector
from prodtui.readiness.slo import Slo
from prodtui.rollout.plan_file.load import load
from prodtui.rollout.preflight import Cleared, Point, preflight, with_migration
from prodtui.rollout.questions import SPENT, questions_before
from tests.builders import CRITICAL, DAY, NOW, RELEASE, World, cluster, expected, health, measurement, traffic
from tests.rollout.rollouts import plan, stage
from tests.rollout.worlds import groups, metrics, moment, registry, world

YES, NO, UNKNOWN = Cleared.YES, Cleared.NO, Cleared.UNKNOWN
OBJECTIVE = Policy(rules=(Rule(selector=Selector(), slo=Slo(objective=0.999)),))
BUSY: dict[str, Any] = {"sli": {"rate_per_s": 40.0}}


def looked(seen: World, of: Plan | None = None, policy: Policy | None = None) -> dict[str, Point]:
    found = preflight(of or plan(), moment(seen), policy or Policy())
    return {point.name: point for point in found}


def test_everything_well_may_start() -> None:
    found = looked(world(**BUSY))
    assert [(name, point.cleared) for name, point in found.items()] == [
        (name, YES)
        for name in ("check", "budget", "pages", "migrations", "way back", "canary", "stable", "stage 1", "stage 2")
    ], found
    assert found["canary"].text == '1 instance, 2 series (version="2.0")'
    assert found["way back"].text == "to 1.0"
    assert found["budget"].text == (
        "no objective is declared: no budget to look at; "
        "99.9 % is assumed, so one sample beyond 1.44 % errors goes back"
    )


def test_a_limit_of_the_plan_s_own_stands_in_an_objective_s_place() -> None:
    strict = plan(criteria=(CriterionRule(id="error_ratio", unit="ratio", most=0.01, hard=0.05),))
    assert looked(world(**BUSY), strict)["budget"].text.endswith(
        "the plan has a limit, so one sample beyond 5 % errors goes back"
    )


def test_a_service_that_is_not_ready_may_not_start() -> None:
    down = world(**BUSY).tell(
        "consul", health("payments", 1, CRITICAL), health("payments", 2, CRITICAL), keyframe=False
    )
    found = looked(down)["check"]
    assert found.cleared is NO
    assert found.text.startswith("NOT_READY: ")


def test_nobody_who_knows_the_service_is_a_mistake_of_the_plan() -> None:
    found = looked(world(), plan(service="paymants"))
    assert (found["service"].cleared, found["service"].of_plan) == (NO, True)


@pytest.mark.parametrize(("rate", "lacks"), [(40.0, YES), (29.0, NO)])
def test_each_stage_must_send_enough_requests(rate: float, lacks: Cleared) -> None:
    found = looked(world(sli={"rate_per_s": rate}))
    assert found["stage 1"].cleared is lacks
    assert found["stage 2"].cleared is YES


def test_too_little_traffic_is_said_with_its_numbers() -> None:
    found = looked(world(sli={"rate_per_s": 10.0}), plan(stages=(stage(1, 300, 30), stage(100))))["stage 1"]
    assert found.text == (
        "10/s × 1 % × 5 min = 30 requests, needs 300 (3/0.01, so that error_ratio up to 1 % shows): "
        "let the stage last 50 min, or send 100/s"
    )
    assert found.of_plan


def test_the_rate_that_the_plan_promises_counts() -> None:
    assert looked(world(sli={"rate_per_s": 1.0}), plan(rate_per_s=100.0))["stage 1"].cleared is YES


def test_the_plan_in_the_documentation_may_start(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "rollout.md").read_text()
    file = tmp_path / "rollout.toml"
    file.write_text(page.partition("```toml\n")[2].partition("```")[0])
    read = load(file)
    assert read.watched_after_s == 3_600
    assert [rule.id for rule in read.criteria[-2:]] == ["cache_hits", "queue_depth"]
    found = looked(world(), read)
    assert [found[f"stage {number}"].cleared for number in range(1, 5)] == [YES] * 4


def test_without_a_rate_nothing_can_be_said_of_traffic() -> None:
    assert looked(world(sli={"rate_per_s": None}))["traffic"].cleared is UNKNOWN


def test_a_group_that_matches_nothing_is_named() -> None:
    gone = well_without_canary()
    found = looked(gone)["canary"]
    assert (found.cleared, found.of_plan) == (NO, True)
    assert found.text == 'version="2.0" matches nothing of payments: start the candidate first, without traffic'


def well_without_canary() -> World:
    return world(**BUSY).tell("consul", *registry()).tell("prometheus", *metrics({"series": "no series"}, **BUSY))


def test_with_a_lost_source_a_missing_group_is_not_known() -> None:
    lost = well_without_canary().fail("consul", at=NOW)
    replaced = msgspec.structs.replace(lost.snapshot.sources["consul"], read_at=NOW - 100)
    lost.snapshot = msgspec.structs.replace(lost.snapshot, sources={**lost.snapshot.sources, "consul": replaced})
    assert looked(lost)["canary"].cleared is UNKNOWN


def test_an_instance_with_both_tags_matches_both_groups() -> None:
    both = world(**BUSY)
    for key, one in list(both.snapshot.of(type(registry()[0])).items()):
        if one.key.endswith("payments-3"):
            both.tell(key[0], msgspec.structs.replace(one, tags=("canary", "stable")), keyframe=False)
    found = looked(both, groups(plan(), tag=("canary", "stable")))["groups"]
    assert (found.cleared, found.text) == (NO, "payments-3 match both canary and stable")


def test_a_host_in_both_clusters_matches_both_groups() -> None:
    host = Host(address="10.9.9.9:80", healthy=True)
    seen = world(**BUSY).tell("envoy", cluster("payments-canary", hosts=(host,)), cluster("payments", hosts=(host,)))
    found = looked(seen, groups(plan(), cluster=("payments-canary", "payments")))
    assert found["groups"].text == "10.9.9.9:80 match both canary and stable"


def test_a_pending_migration_must_be_the_one_that_the_plan_brings() -> None:
    seen = pending("0007", "0008", applied=("0007",))
    assert looked(seen)["migrations"].cleared is NO
    assert "pending: 0008" in looked(seen)["migrations"].text
    assert looked(seen, plan(migration="0008"))["migrations"].cleared is YES
    assert (
        looked(pending("0007", "0008", "0009", applied=("0007",)), plan(migration="0008"))["migrations"].cleared is NO
    )


def pending(*wanted: str, applied: tuple[str, ...]) -> World:
    seen = World(*world().snapshot.declared.services, sources=(*world().snapshot.declared.sources, RELEASE))
    for source in ("consul", "prometheus", "pgbouncer", "envoy"):
        seen.tell(
            source,
            *(
                one
                for table in world(**BUSY).snapshot.tables.values()
                for key, one in table.items()
                if key[0] == source
            ),
        )
    seen.tell("postgres", measurement("data.migrations", rows=applied, observed_at=NOW))
    return seen.tell("release", expected(*wanted))


def test_the_migration_that_the_rollout_brings_is_no_reason_against_it() -> None:
    of = plan(migration="0008")
    rule = with_migration(Policy(), of).rules[-1]
    assert rule.selector.services == ("payments",)
    assert rule.checks["data.migrations"].not_applicable == "the rollout brings 0008"
    assert with_migration(Policy(), plan()) == Policy()


@pytest.mark.parametrize(("spent", "cleared", "left"), [(0.0004, YES, "60 %"), (0.0012, NO, "0 %")])
def test_what_is_left_of_the_error_budget_is_said(spent: float, cleared: Cleared, left: str) -> None:
    seen = world(**BUSY).tell("prometheus", *metrics(**BUSY), measurement(SPENT, spent))
    found = looked(seen, policy=OBJECTIVE)["budget"]
    assert (found.cleared, found.text) == (cleared, f"{left} of the error budget left, by the last 30 d")


def test_without_the_whole_period_the_longest_window_tells_of_the_budget() -> None:
    seen = world(**BUSY).tell("prometheus", *metrics(**BUSY), traffic(3 * DAY, error_ratio=0.002), traffic(3_600))
    assert looked(seen, policy=OBJECTIVE)["budget"].text == "80 % of the error budget left, by the last 3 d"
    assert looked(world(**BUSY), policy=OBJECTIVE)["budget"].cleared is UNKNOWN


def test_without_one_version_to_go_back_to_only_observing_may_start() -> None:
    mixed = world(**BUSY).tell("consul", *registry(True))
    of = plan(rollback_to="", candidate="3.0")
    assert looked(mixed, of)["way back"].cleared is NO
    assert looked(mixed, plan(rollback_to=""))["way back"].text == "to 1.0"
    assert looked(mixed, msgspec.structs.replace(of, hooks={}))["way back"].cleared is YES


def test_before_it_starts_the_whole_period_is_asked_about_once() -> None:
    asked = {one.check: one.query for one in questions_before(plan(), world().snapshot, 30 * 86_400.0)}
    selector = 'http_request_duration_seconds_count{service!="",service="payments"'
    assert asked[SPENT].endswith(f"/ sum(rate({selector}}}[2592000s]))")
    assert asked["rollout.canary.series"] == f'count({selector},version="2.0"}})'
