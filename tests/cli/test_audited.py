"""What prodtui writes down of its own acts: who, on what, with what result, and never a secret."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from prodtui.cli.actor import actor
from prodtui.cli.audit_trail import LONGEST, Done, auditing, require_written, trail_in, written
from prodtui.cli.decided import decided
from prodtui.model.assessment import CheckResult, PillarResult, ServiceAssessment, State, Verdict
from prodtui.model.audited import Act, Entry
from prodtui.model.declared import Tier
from prodtui.model.errors import UsageError
from prodtui.model.evaluation import Override
from prodtui.readiness.policy import Policy
from prodtui.readiness.waiver import Waiver
from prodtui.settings.load import load
from prodtui.settings.loaded import Environment
from tests.reports.reports import of, report
from tests.ui import moments


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """One with a store and heads of its own."""
    return _environment(tmp_path, f"{tmp_path / 'store.db'}")


def _environment(folder: Path, store: str) -> Environment:
    config = folder / "prodtui.toml"
    config.write_text(
        f'store = "{store}"\naudit = {{ heads = "heads" }}\n'
        '[environments.test.sources.registry]\nkind = "consul"\nurl = "http://127.0.0.1:1"\n'
    )
    return load(config, {}).environment()


async def _entries(environment: Environment) -> list[Entry]:
    trail = trail_in(environment.store, environment.heads)
    try:
        return [entry async for entry in trail.entries(since=0, until=4e9)]
    finally:
        await trail.close()


@pytest.mark.parametrize(
    ("variables", "client"),
    [
        ({"SSH_CONNECTION": "10.1.2.3 50022 10.9.9.9 22"}, "10.1.2.3"),
        ({"SSH_CLIENT": "2001:db8::7 50022 22"}, "2001:db8::7"),
        ({"SSH_CONNECTION": "10.1.2.3 50022 10.9.9.9 22", "SSH_CLIENT": "10.4.4.4 1 22"}, "10.1.2.3"),
        ({"SSH_CONNECTION": "fe80::1%eth\x1b0 50022 ::1 22"}, "fe80::1%eth\u241b0"),
        ({"SSH_CONNECTION": "ana\x1b[2J 50022"}, ""),
        ({"SSH_CONNECTION": "1.2.3.4.5"}, ""),
        ({}, ""),
    ],
)
def test_where_an_ssh_session_came_from_is_an_address_or_nothing(variables: dict[str, str], client: str) -> None:
    assert actor(variables).client == client


def test_the_account_is_the_systems_whatever_variables_say() -> None:
    said = actor({"PRODTUI_BY": "somebody else", "LOGNAME": "mallory", "USER": "mallory"})
    assert said.user == "somebody else"
    assert said.account not in ("", "mallory")
    assert said.host


async def test_an_act_is_kept_without_its_secrets_and_without_what_moves_a_terminal(environment: Environment) -> None:
    details = {
        "answer": "refused by https://bot:hunter2@hooks/x?token=hunter2 \x1b[2J",
        "smtp_password": "hunter2",
        "long": "x" * 9_000,
    }
    about, result = "mail\x1b]0;x\x07", "refused: smtp://bot:hunter2@mail"
    assert await written(environment, Act.NOTIFICATION, about, result, details) is None
    (entry,) = await _entries(environment)
    deed = entry.deed
    assert (deed.environment, deed.act, deed.about) == ("test", Act.NOTIFICATION, "mail\u241b]0;x\u2407")
    assert deed.result == "refused: smtp://bot:********@mail"
    assert "hunter2" not in str(deed)
    assert "\x1b" not in str(deed)
    assert len(deed.details["long"]) < LONGEST + 100
    assert "hunter2" not in (Path(environment.store or "")).read_bytes().decode(errors="replace")


async def test_acts_of_one_scribe_are_one_after_the_other_and_all_or_none(environment: Environment) -> None:
    async with auditing(environment) as scribe:
        assert await scribe.written(Act.LOAD, "payments", "MET", {}) is None
        done = [Done(Act.DECISION, "payments", "READY, exit 0"), Done(Act.WAIVER, "payments", "W-1 excuses x")]
        assert await scribe.all_written(*done) is None
    assert [(e.number, e.deed.act) for e in await _entries(environment)] == [
        (3, Act.WAIVER),
        (2, Act.DECISION),
        (1, Act.LOAD),
    ]


@pytest.mark.parametrize("store", ["{folder}/file/store.db", "mysql://db/prodtui", "postgresql://127.0.0.1:1/x"])
async def test_a_store_that_takes_nothing_is_a_remark_and_refuses_what_must_be_audited(
    tmp_path: Path, store: str
) -> None:
    (tmp_path / "file").touch()
    environment = _environment(tmp_path, store.format(folder=tmp_path))
    remark = await written(environment, Act.LOAD, "payments", "MET")
    assert remark is not None
    assert remark.endswith("not in the audit trail: load")
    with pytest.raises(UsageError, match="nothing is done, since it could not be audited"):
        await require_written(environment, Act.ROLLOUT, "payments", "starts")


def _judged(*checks: CheckResult) -> ServiceAssessment:
    shares = {"weight": Fraction(1), "points": Fraction(0), "of": Fraction(1)}
    return ServiceAssessment(
        name="payments",
        tier=Tier.B,
        verdict=Verdict.WARN,
        score=Fraction(90),
        score_max=Fraction(95),
        coverage=Fraction(1),
        pillars=(PillarResult(name="performance", required=False, checks=checks, **shares),),
    )


def test_a_decision_is_told_with_each_waiver_that_it_made_use_of() -> None:
    waiver = Waiver(
        id="W-1",
        check="performance.latency_p99",
        service="payments",
        environment="lab",
        reason="the new index comes on Monday",
        ticket="OPS-1",
        owner="ana",
        created=moments.START,
        expires=moments.START + 86_400,
    )
    used = CheckResult(
        id="performance.latency_p99",
        pillar="performance",
        title="",
        state=State.FAIL,
        blocking=True,
        waived=True,
        reason="p99 2 s",
        waiver="W-1",
    )
    unused = CheckResult(
        id="performance.rate", pillar="performance", title="", state=State.PASS, blocking=True, waiver="W-2"
    )
    moment = of((_judged(used, unused),), Verdict.WARN)
    made = report(moment, Policy(name="strict", digest="d" * 64, waivers=(waiver,)))
    decision, use = decided(made, ["payments", "checkout"], "eval000001")
    assert (decision.act, decision.about, decision.result) == (Act.DECISION, "payments, checkout", "WARN, exit 0")
    assert decision.details == {
        "verdict": "WARN",
        "score": "40.0–90.0",
        "policy": "strict",
        "policy_digest": "d" * 64,
        "samples": "1",
        "evaluation": "eval000001",
    }
    assert (use.act, use.about) == (Act.WAIVER, "payments")
    assert use.result == "W-1 excuses performance.latency_p99 (FAIL)"
    assert use.details["owner"] == "ana"
    assert use.details["ticket"] == "OPS-1"
    assert use.details["found"] == "p99 2 s"


@pytest.mark.parametrize(("allowed", "said"), [(True, "allowed"), (False, "refused")])
def test_a_broken_glass_is_told_with_its_reason_and_whether_it_counted(allowed: bool, said: str) -> None:
    moment = of((), Verdict.NOT_READY)
    override = Override(reason="traffic is leaving", ticket="OPS-7")
    (decision,) = decided(report(moment, Policy(override=allowed), override), (), "")
    assert decision.about == "lab"
    assert decision.result == f"OVERRIDDEN, exit {0 if allowed else 1}"
    assert (decision.details["override"], decision.details["reason"]) == (said, "traffic is leaving")
    assert "evaluation" not in decision.details
