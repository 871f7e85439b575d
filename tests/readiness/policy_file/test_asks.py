from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.asks import Language
from prodtui.model.declared import DeclaredService, Tier
from prodtui.model.service_view import ServiceView
from prodtui.readiness.asks import asks, filled
from prodtui.readiness.policy import Policy
from tests.readiness.policy_file.policies import example, loaded


def view(name: str, label: str | None = None, tier: Tier | None = None) -> ServiceView:
    return ServiceView(name=name, declared=DeclaredService(name=name, metrics_label=label, tier=tier), is_declared=True)


VIEWS = {"payments": view("payments", "payments-api"), "ledger": view("ledger", tier=Tier.A)}


def test_each_selected_service_is_asked_about_by_its_own_name(tmp_path: Path) -> None:
    wanted = asks(loaded(tmp_path, example(), CI_COMMIT_TAG="1.2"), VIEWS)
    assert [(ask.check, ask.service, ask.query) for ask in wanted.questions] == [
        ("performance.queue_depth", "payments", 'sum(queue_depth{service="payments-api"})'),
        ("data.stuck_jobs", "payments", "SELECT count(*) FROM jobs WHERE owner = 'payments' AND state = 'stuck'"),
        ("data.stuck_jobs", "ledger", "SELECT count(*) FROM jobs WHERE owner = 'ledger' AND state = 'stuck'"),
        ("data.migrations", "payments", "SELECT version FROM schema_migrations"),
    ]
    assert [ask.rows for ask in wanted.questions] == [False, False, False, True]
    assert wanted.questions[0].source == "metrics"
    assert wanted.questions[1].database == "payments"
    assert list(wanted.services) == ["payments"]
    assert wanted.version == "1.2"


def test_windows_are_those_of_burn_rates_only_where_there_is_an_objective(tmp_path: Path) -> None:
    assert asks(Policy(), VIEWS).windows_s == (3_600.0, 86_400.0)
    slo = "[burn]\nscale = '1/60'\n[[rules]]\nslo = { objective = '99%' }\n"
    windows = asks(loaded(tmp_path, slo), VIEWS).windows_s
    assert windows == pytest.approx((5, 30, 60, 120, 360, 1_440, 4_320))


def test_equal_questions_are_made_once(tmp_path: Path) -> None:
    policy = loaded(tmp_path, example())
    assert asks(policy, VIEWS).questions is asks(policy, dict(VIEWS)).questions
    assert asks(policy, {"ledger": VIEWS["ledger"]}).questions != asks(policy, VIEWS).questions


def test_tiers_and_tags_select_who_is_asked_about(tmp_path: Path) -> None:
    text = "[[custom]]\nid = 'data.x'\ntitle = 't'\npromql = 'x'\npass = ['< 1']\ntiers = ['A']\n"
    assert [ask.service for ask in asks(loaded(tmp_path, text), VIEWS).questions] == ["ledger"]
    tagged = loaded(tmp_path, text.replace("tiers = ['A']", "tags = ['public']"))
    assert asks(tagged, VIEWS).questions == ()


@given(st.text())
def test_no_name_ends_the_string_that_it_stands_in(name: str) -> None:
    promql = filled(Language.PROMQL, 'x{a="$service"}', name="", label=name)
    assert re.fullmatch(r'x\{a="[^"`\'\n]*"\}', promql)
    sql = filled(Language.SQL, "SELECT $service", name=name, label="")
    literal = sql.removeprefix("SELECT ")
    assert re.fullmatch(r"'(?:[^']|'')*'", literal)
    assert literal[1:-1].replace("''", "'") == name.replace("\x00", "")


def test_only_the_whole_placeholder_is_filled() -> None:
    assert filled(Language.PROMQL, "$service_x $service", name="", label="a") == "$service_x a"
