"""baseline, as typed: on evaluations in a real store."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace

from prodtui.cli.store import by, history_of, keep, keep_streaks, remembered
from prodtui.journal.store import store_at
from prodtui.model.assessment import State, Streak, Verdict
from prodtui.model.declared import Tier
from prodtui.model.evaluation import Evaluation
from prodtui.settings.load import load
from prodtui.settings.loaded import Environment
from tests.builders import well
from tests.cli.prodtui import prodtui
from tests.journal.evaluations import AT, DAY_S, P99, accepted, evaluation, judged, service

CONFIGURATION = """\
store = "{store}"
[environments.test.sources.registry]
kind = "consul"
url = "http://127.0.0.1:{port}"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with a store of its own."""
    return _configuration(tmp_path, "prodtui.toml")


def _configuration(place: Path, name: str, port: int = 8500) -> Path:
    path = place / name
    path.write_text(CONFIGURATION.format(store=place / "evaluations.db", port=port))
    return path


def _baseline(config: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return prodtui("baseline", *words, "--config", config, PRODTUI_BY="ben@desk")


def _environment(config: Path) -> Environment:
    return load(config, {}).environment()


def _save(config: Path, evaluations: Iterable[Evaluation]) -> None:
    async def save() -> None:
        store = store_at(_environment(config).store or "")
        for each in evaluations:
            assert await keep(store, each) is None
        await store.close()

    asyncio.run(save())


def test_evaluations_are_listed_accepted_pinned_and_forgotten(config: Path) -> None:
    _save(config, [evaluation(1), evaluation(2, candidate="1.4.2", score=91.0, verdict=Verdict.WARN)])
    assert "accepted eval000002 (test, 1.4.2, WARN 91.0)" in _baseline(config, "accept").stdout
    assert _baseline(config, "accept", "EVAL000001").returncode == 0
    assert "limits drift by 12.5 % at most" in _baseline(config, "pin", "eval000001", "--max-drift", "12.5%").stdout
    newest, oldest = _baseline(config, "list").stdout.splitlines()[1:]
    assert newest.split()[0] == "eval000002"
    assert "1.4.2" in newest
    assert newest.endswith("accepted by ben@desk")
    assert "ana@ci" in oldest
    assert "1.4.1" in oldest
    assert oldest.endswith("accepted by ben@desk, pinned ±12.5 %")
    assert _baseline(config, "forget", "eval000001").returncode == 0
    listed = json.loads(_baseline(config, "list", "--format", "json").stdout)
    assert [(e["id"], e["accepted_by"], e["pinned"]) for e in listed["evaluations"]] == [
        ("eval000002", "ben@desk", False)
    ]


@pytest.mark.parametrize("verdict", [Verdict.NOT_READY, Verdict.INCONCLUSIVE])
def test_what_is_not_ready_is_accepted_by_force_only(config: Path, verdict: Verdict) -> None:
    _save(config, [evaluation(verdict=verdict)])
    refused = _baseline(config, "accept")
    assert refused.returncode == 2
    assert verdict in refused.stderr
    assert "--force" in refused.stderr
    assert _baseline(config, "accept", "--force").returncode == 0


def test_an_unknown_id_names_near_ones(config: Path) -> None:
    _save(config, [evaluation(1), evaluation(2)])
    for command in ("accept", "forget"):
        done = _baseline(config, command, "eval000011")
        assert done.returncode == 2
        assert "eval000001" in done.stderr
        assert done.stdout == ""


def test_what_nobody_accepted_is_not_pinned(config: Path) -> None:
    _save(config, [evaluation()])
    done = _baseline(config, "pin", evaluation().id)
    assert done.returncode == 2
    assert f"prodtui baseline accept {evaluation().id}" in done.stderr
    assert _baseline(config, "pin", evaluation().id, "--max-drift", "much").returncode == 2


def test_without_evaluations_it_says_what_makes_one(config: Path) -> None:
    assert _baseline(config, "list").stdout == "test: no evaluations yet\n"
    done = _baseline(config, "accept")
    assert done.returncode == 2
    assert "prodtui check --env test" in done.stderr


def test_a_store_that_cannot_be_used_is_one_message(config: Path, tmp_path: Path) -> None:
    (tmp_path / "evaluations.db").write_text("no database at all, but long enough to look at\n" * 20)
    done = _baseline(config, "list")
    assert done.returncode == 1
    assert "the file is no database" in done.stderr
    assert "Traceback" not in done.stderr


async def test_the_gate_goes_on_without_its_store(config: Path, tmp_path: Path) -> None:
    (tmp_path / "evaluations.db").write_text("no database at all, but long enough to look at\n" * 20)
    found = await remembered(_environment(config))
    assert found.store is None
    assert not found.history.accepted
    assert found.note is not None
    assert "the file is no database" in found.note


async def test_a_store_that_fails_later_is_a_note(config: Path, tmp_path: Path) -> None:
    found = await remembered(_environment(config))
    assert found.store is not None
    await found.store.save(evaluation())
    other = sqlite3.connect(tmp_path / "evaluations.db")
    other.execute("drop table prodtui_evaluations")
    other.close()
    assert "not kept" in (await keep(found.store, evaluation()) or "")
    await found.store.close()


async def test_what_is_remembered_is_what_the_rules_need(config: Path) -> None:
    environment = _environment(config)
    store = store_at(environment.store or "")
    for number, value in enumerate((0.1, 0.3, 0.2)):
        services = {"payments": service(tier=Tier.A, checks={P99: judged(value=value)}), f"only{number}": service()}
        await store.save(accepted(number, services=services))
    await store.save(evaluation(9, services={"rejected": service()}))
    history = await history_of(store, environment, AT + DAY_S)
    assert history.accepted == {"payments": Tier.A, "only0": None, "only1": None, "only2": None}
    assert history.policy == accepted().policy
    assert history.baselines[f"payments/{P99}"].value == 0.2
    assert history.baselines[f"only1/{P99}"].value is None
    later = await history_of(store, environment, AT + 60 * DAY_S)
    assert later.baselines == {}
    assert set(later.accepted) == {"payments", "only2"}
    await store.close()


async def test_two_environments_of_one_name_share_no_streaks(config: Path, tmp_path: Path) -> None:
    here, there = _environment(config), _environment(_configuration(tmp_path, "other.toml", port=8501))
    streaks = {"payments/data.blocked": Streak(state=State.FAIL)}
    store = store_at(here.store or "")
    assessment = replace(well().assess(), streaks=streaks)
    assert await keep_streaks(store, here, assessment) is None
    assert (await history_of(store, here, assessment.at + 60)).streaks == streaks
    assert (await history_of(store, there, assessment.at + 60)).streaks == {}
    assert (await history_of(store, here, assessment.at + 601)).streaks == {}
    await store.close()


def test_who_asked_is_the_pipeline_where_there_is_one() -> None:
    github = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_RUN_ID": "42",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "shop/payments",
    }
    assert by(github) == "https://github.example/shop/payments/actions/runs/42"
    assert by({"GITLAB_CI": "true", "CI_JOB_URL": "https://gitlab.example/jobs/7"}) == "https://gitlab.example/jobs/7"
    assert by({**github, "PRODTUI_BY": "release\x1bbot"}) == "release␛bot"
    user, _, host = by({}).partition("@")
    assert user
    assert host
