"""A plan says everything that is wrong with it at once, each with its place, before anything acts."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from prodtui.model.rollout import Hook, Stage
from prodtui.rollout.criteria import BURNS_HARD, requests_needed, with_objective
from prodtui.rollout.plan_file.load import load
from prodtui.rollout.plan_file.schema import schema
from tests.rollout.plans import PLAN, complaint, loaded


def stage(percent: str, lasts: str = '"5m"', more: str = "") -> str:
    return f"[[stages]]\npercent = {percent}\nfor = {lasts}\n{more}\n"


def test_a_plan_that_names_no_stages_has_the_usual_ones(tmp_path: Path) -> None:
    plan = loaded(tmp_path)
    assert plan.stages == (
        Stage(percent=1, duration_s=300, every_s=30),
        Stage(percent=10, duration_s=1_800, every_s=60),
        Stage(percent=50, duration_s=3_600, every_s=120),
        Stage(percent=100, duration_s=300, every_s=30),
    )
    assert (plan.name, plan.watched_after_s, plan.observes) == ("rollout", 3_600, False)
    assert plan.groups.label == ("version", "2.0", "1.0")
    assert plan.hooks["advance"] == Hook(command=("./shift", "{percent}"))
    assert [rule.id for rule in plan.criteria] == ["error_ratio", "latency_p99", "latency_p95", "passing", "breaker"]


def test_a_plan_knows_where_it_lies_for_who_goes_on_with_it_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded(tmp_path)
    monkeypatch.chdir(tmp_path)
    plan = load(Path("rollout.toml"))
    assert (plan.path, plan.directory) == ("rollout.toml", str(tmp_path))


def test_short_stages_are_sampled_ten_times_unless_they_say_how_often(tmp_path: Path) -> None:
    text = PLAN + stage("10", '"20s"', 'every = "2s"') + stage("50", '"30s"') + "[[stages]]\npercent = 100\n"
    assert [(each.duration_s, each.every_s) for each in loaded(tmp_path, text).stages] == [(20, 2), (30, 3), (300, 30)]


def test_the_candidate_of_the_command_line_goes_first(tmp_path: Path) -> None:
    plan = loaded(tmp_path, PLAN, candidate="2.1")
    assert (plan.candidate, plan.groups.label) == ("2.1", ("version", "2.1", "1.0"))


def test_without_hooks_it_only_observes(tmp_path: Path) -> None:
    assert loaded(tmp_path, PLAN.partition("[hooks")[0]).observes


def test_criteria_are_changed_skipped_and_added(tmp_path: Path) -> None:
    text = PLAN + (
        '[criteria.error_ratio]\nmost = "0.5%"\n[criteria.latency_p95]\nskip = true\n'
        "[criteria.queue]\npromql = 'sum(queue{$group})'\nmost = 40\nblocking = false\n"
    )
    rules = {rule.id: rule for rule in loaded(tmp_path, text).criteria}
    assert rules["error_ratio"].most == 0.005
    assert rules["error_ratio"].over_stable == 0.1
    assert "latency_p95" not in rules
    assert (rules["queue"].query, rules["queue"].most, rules["queue"].blocking) == ("sum(queue{$group})", 40, False)


def test_the_hard_error_ratio_follows_from_the_objective(tmp_path: Path) -> None:
    plan = loaded(tmp_path)
    assert with_objective(plan, 0.9995).criteria[0].hard == pytest.approx(BURNS_HARD * 0.0005)
    own = loaded(tmp_path, PLAN + '[criteria.error_ratio]\nhard = "5%"\n')
    assert with_objective(own, 0.9995).criteria[0].hard == 0.05


def test_a_stage_needs_three_requests_for_each_that_may_fail(tmp_path: Path) -> None:
    assert requests_needed(loaded(tmp_path)) == pytest.approx(300)
    assert requests_needed(loaded(tmp_path, PLAN + '[criteria.error_ratio]\nmost = "0.1%"\n')) == pytest.approx(3_000)


WRONG = [
    (stage("10") + stage("10") + stage("100"), "expected more than the stage before has (10), got 10"),
    (stage("50") + stage("10") + stage("100"), "rollout.toml:20: stages[1].percent: expected more than"),
    (stage("101"), "stages[0].percent: expected a share of the traffic above 0 and up to 100"),
    (stage("0") + stage("100"), "stages[0].percent: expected a share of the traffic above 0 and up to 100"),
    (stage("-1") + stage("100"), "got -1"),
    (stage("true") + stage("100"), "got true"),
    (stage("50"), "expected 100 in the last stage, got 50"),
    (stage("100", '"0s"'), "stages[0].for: expected a duration"),
    (stage("100", '"1m"', 'every = "30s"'), "expected at most a third of the stage (60 s)"),
    (stage("100", '"1m"', 'every = "0s"'), "stages[0].every: expected a duration"),
    ("[[stages]]\npercent = 1\n" + stage("100"), "stages[0].for: required"),
    ("stages = []\n", "expected at least one stage"),
    ('[hooks.advence]\ncommand = ["x"]\n', 'unknown hook "advence"; did you mean "advance"? Hooks: advance, rollback'),
    ('[hooks.migrate]\ncommand = "make migrate"\n', "hooks.migrate.command: expected a list"),
    ("[hooks.migrate]\ncommand = []\n", "expected a program and its arguments"),
    ('[hooks.migrate]\ncommand = ["x"]\ntimeout = "0s"\n', "hooks.migrate.timeout: expected a duration"),
    ('[criteria.latency_p98]\nmost = "1s"\n', 'unknown criterion "latency_p98"; did you mean "latency_p99"?'),
    ('[criteria.latency_p99]\nmost = "1%"\n', "expected a number in s"),
    ("[criteria.latency_p99]\nmost = 250\n", "expected a number in s"),
    ('[criteria.error_ratio]\nmost = "1s"\n', "expected a number in ratio"),
    ('[criteria.error_ratio]\nmost = "120%"\n', "expected a ratio up to 100%"),
    ('[criteria.error_ratio]\nhard = "0.1%"\n', "expected at least most"),
    ('[criteria.error_ratio]\npromql = "x{$group}"\n', "error_ratio has a query of its own"),
    ('[criteria.queue]\npromql = "sum(queue)"\nmost = 1\n', "expected $group"),
    ('[criteria.queue]\npromql = "sum(queue{$group}"\nmost = 1\n', "not PromQL"),
    ('[criteria.queue]\npromql = "sum(queue{$group})"\n', "required: most, least or over_stable"),
    ('[watch_after]\nfor = "0s"\n', "watch_after.for: expected a duration"),
    ("stagez = 1\n", 'unknown key "stagez"; did you mean "stages"?'),
]


@pytest.mark.parametrize(("more", "said"), WRONG)
def test_what_cannot_be_meant_is_named_with_its_place(tmp_path: Path, more: str, said: str) -> None:
    before, after = ("", more) if more.startswith("[") else (more, "")
    text = before + PLAN + after
    told = complaint(tmp_path, text)
    assert said in told
    assert told.startswith("rollout.toml:")


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ("", "groups: required"),
        ("[groups]\n", "required: tag, label or cluster"),
        ('[groups.tag]\ncanary = "a"\nstable = "a"\n', '"a" matches both groups'),
        ('[groups.label]\nname = "version"\ncanary = "{version}"\nstable = "2.0"\n', "matches both groups"),
        ('[groups.cluster]\ncanary = ""\nstable = "b"\n', "groups.cluster.canary: expected some text"),
        ('[groups.label]\nname = "a-b"\ncanary = "2"\n', "groups.label.name: expected"),
        ('[groups.tag]\ncanary = "a"\nstable = "{rollback_to}"\n', "that rollback_to does not give"),
    ],
)
def test_selectors_that_select_the_same_or_nothing_are_refused(tmp_path: Path, groups: str, said: str) -> None:
    assert said in complaint(tmp_path, f'service = "payments"\ncandidate = "2.0"\n{groups}')


def test_everything_wrong_is_said_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        'service = "payments"\n'
        + stage("200")
        + '[groups.tag]\ncanary = "a"\nstable = "a"\n[hooks.undo]\ncommand = ["x"]\n'
    )
    lines = complaint(tmp_path, text).splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "candidate",
        "stages[0].percent",
        "groups.tag.stable",
        "hooks.undo",
    ]


def test_advance_alone_is_refused_as_nobody_could_go_back(tmp_path: Path) -> None:
    assert "rollback: required with advance" in complaint(tmp_path, PLAN.partition("[hooks.rollback]")[0])


def test_a_file_that_is_not_there_or_no_toml_is_said_so(tmp_path: Path) -> None:
    assert "not valid TOML" in complaint(tmp_path, "service = \n")


def test_the_schema_takes_a_plan_and_refuses_an_unknown_hook() -> None:
    import tomllib

    jsonschema.validate(tomllib.loads(PLAN), schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(PLAN + '[hooks.undo]\ncommand = ["x"]\n'), schema())
