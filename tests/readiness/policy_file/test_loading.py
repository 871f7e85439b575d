from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from prodtui.model.asks import Language
from prodtui.model.assessment import State
from prodtui.model.declared import Tier
from prodtui.readiness.criteria import Bound, Criteria, Limits
from prodtui.readiness.policy import Place, Policy
from prodtui.readiness.policy_file.load import load
from tests.readiness.policy_file.policies import example, loaded

OF_THE_FILE = ("path", "digest", "places")


def test_the_documented_example_says_what_its_comments_say(tmp_path: Path) -> None:
    policy = loaded(tmp_path, example(), CI_COMMIT_TAG="v2")
    assert (policy.name, policy.version, policy.override) == ("payments", "v2", True)
    assert policy.pillar_weights["security"] == 15
    assert policy.required[Tier.A] == ("availability", "performance", "observability", "data")
    rule = policy.checks["performance.latency_p99"]
    assert rule.limits == Limits(
        passes=Criteria(((Bound("<", 0.25),), (Bound("<=", 0.1, "share"),))),
        warns=Criteria(((Bound("<", 0.5),), (Bound("<=", 0.25, "share"),))),
        floor=0.02,
    )
    assert (rule.weight, rule.blocking, rule.freshness_s) == (Fraction(3), True, 30.0)
    assert policy.checks["resilience.ejected"].not_applicable == "outlier detection is off on purpose"
    public = policy.applied("shop", Tier.A, frozenset({"public"}))
    assert public.checks["performance.error_ratio"].limits == Limits.of("< 0.5%", "< 1%")
    assert policy.applied("shop", Tier.B, frozenset({"public"})).checks.get("performance.error_ratio") is None
    slo = policy.applied("payments", Tier.B, frozenset()).slo
    assert slo is not None
    assert (slo.objective, slo.period_s) == (0.999, 30 * 86_400)
    assert [(custom.id, custom.language, custom.blocking) for custom in policy.customs] == [
        ("performance.queue_depth", Language.PROMQL, False),
        ("data.stuck_jobs", Language.SQL, True),
    ]
    (waiver,) = policy.waivers
    assert waiver.created == datetime(2026, 11, 20, tzinfo=UTC).timestamp()
    assert waiver.expires == datetime(2026, 12, 2, tzinfo=UTC).timestamp()
    part = policy.services["payments"]
    assert part.asks.tls is not None
    assert part.asks.tls.ca_file == str(tmp_path / "ca.pem")
    assert part.asks.keys == ("DATABASE_URL", "PORT", "WEB_CONCURRENCY", "STATEMENT_TIMEOUT")
    assert part.asks.limited == ("WEB_CONCURRENCY", "STATEMENT_TIMEOUT")
    assert part.asks.migration_files == str(tmp_path / "migrations/*.sql")
    assert part.asks.code is not None
    assert part.asks.code.paths == (str(tmp_path),)
    assert part.migrations == ("payments", "SELECT version FROM schema_migrations")


def test_a_file_of_comments_means_the_defaults(tmp_path: Path) -> None:
    for text in ("", "# nothing\n\n# at all\n"):
        policy = loaded(tmp_path, text)
        default = Policy()
        assert all(
            getattr(policy, field) == getattr(default, field)
            for field in Policy.__struct_fields__
            if field not in OF_THE_FILE
        )


def test_the_digest_follows_every_byte_of_every_file(tmp_path: Path) -> None:
    (tmp_path / "shared.toml").write_text("name = 'a'")
    first = loaded(tmp_path, 'extends = "shared.toml"').digest
    assert loaded(tmp_path, 'extends = "shared.toml"').digest == first
    assert loaded(tmp_path, 'extends = "shared.toml" ').digest != first
    (tmp_path / "shared.toml").write_text("name = 'b'")
    assert loaded(tmp_path, 'extends = "shared.toml"').digest != first


def test_later_files_win_tables_merge_and_rules_are_appended(tmp_path: Path) -> None:
    (tmp_path / "org").mkdir()
    (tmp_path / "org" / "base.toml").write_text(
        "retired = ['a']\n[verdict]\nfails_below = 60\nwarns_below = 95\n[services.pay]\ntls = { ca_file = 'ca.pem' }\n"
        "[checks.performance.latency_p99]\npass = ['< 1s']\nwarn = ['< 2s']\n[[rules]]\nservices = ['x']\n"
    )
    (tmp_path / "team.toml").write_text("name = 'team'\nextends = 'org/base.toml'\n[verdict]\nfails_below = 70\n")
    policy = loaded(
        tmp_path,
        "extends = ['org/base.toml', 'team.toml']\nretired = ['b']\n[services.pay]\ndatabase_tls = true\n"
        "[checks.performance.latency_p99]\nweight = 5\n[[rules]]\nservices = ['y']\n",
    )
    assert (policy.name, policy.fails_below, policy.warns_below) == ("team", Fraction(70), Fraction(95))
    assert policy.retired == {"b"}
    assert [rule.selector.services for rule in policy.rules] == [("x",), ("y",)]
    rule = policy.checks["performance.latency_p99"]
    assert (rule.limits, rule.weight) == (Limits.of("< 1s", "< 2s"), Fraction(5))
    part = policy.services["pay"]
    assert part.database_tls
    assert part.asks.tls is not None
    assert part.asks.tls.ca_file == str(tmp_path / "org" / "ca.pem")
    assert policy.places["rules[1].services"] == Place(str(tmp_path / "readiness.toml"), 8)


def test_each_check_custom_and_waiver_knows_its_last_place(tmp_path: Path) -> None:
    policy = loaded(tmp_path, example())
    lines = example().split("\n")
    assert policy.places["performance.latency_p99"].line == _line(lines, "[checks.performance.latency_p99]")
    assert policy.places["data.stuck_jobs"].line == _line(lines, 'id = "data.stuck_jobs"') - 1
    assert policy.places["waiver:W-12"].line == _line(lines, "[[waivers]]")
    (tmp_path / "over.toml").write_text('extends = "readiness.toml"\n[checks.performance.latency_p99]\nweight = 1\n')
    over = load(tmp_path / "over.toml", env={})
    assert over.places["performance.latency_p99"] == Place(str(tmp_path / "over.toml"), 2)


def test_pass_replaces_the_criteria_and_warn_alone_keeps_pass(tmp_path: Path) -> None:
    check = "[checks.performance.latency_p99]\n"
    assert loaded(tmp_path, check + "pass = ['< 9s']").checks["performance.latency_p99"].limits == Limits.of("< 9s")
    assert loaded(tmp_path, check + "warn = ['< 9s']").checks["performance.latency_p99"].limits == Limits.of(
        "< 250ms", "< 9s"
    )
    policy = loaded(
        tmp_path,
        check + "pass = ['< 1s']\n[[rules]]\nservices = ['a']\n[rules.checks.performance.latency_p99]\nwarn = ['< 2s']",
    )
    assert policy.rules[0].checks["performance.latency_p99"].limits == Limits.of("< 1s", "< 2s")


def test_a_warn_that_takes_all_that_pass_leaves_over_is_fine(tmp_path: Path) -> None:
    policy = loaded(tmp_path, "[checks.data.deadlocks]\npass = ['<= 1']\nwarn = ['> 1']")
    assert policy.checks["data.deadlocks"].limits == Limits.of("<= 1", "> 1")


def test_not_knowing_may_fail_but_never_pass(tmp_path: Path) -> None:
    policy = loaded(tmp_path, "[checks.performance.error_ratio]\non_unknown = 'fail'")
    assert policy.checks["performance.error_ratio"].on_unknown is State.FAIL


def test_a_waiver_of_a_check_that_a_rule_unblocks_may_last_a_month(tmp_path: Path) -> None:
    text = (
        "[[rules]]\nservices = ['pay']\n[rules.checks.performance.latency_p99]\nblocking = false\n"
        "[[waivers]]\nid = 'W'\ncheck = 'performance.latency_p99'\nservice = 'pay'\nenvironment = 'prod'\n"
        "reason = 'r'\nticket = 't'\nowner = 'o'\ncreated = 2026-11-01\nexpires = 2026-12-01\n"
    )
    assert len(loaded(tmp_path, text).waivers) == 1


def test_the_version_comes_from_a_file_or_a_variable(tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("1.4.2\n")
    assert loaded(tmp_path, "[release]\nversion_file = 'VERSION'").version == "1.4.2"
    assert loaded(tmp_path, "[release]\nversion = '7'").version == "7"
    assert loaded(tmp_path, "[release]\nversion_variable = 'TAG'", TAG="8").version == "8"
    assert loaded(tmp_path, "[release]\nversion_variable = 'TAG'").version is None


def test_tls_may_be_just_true(tmp_path: Path) -> None:
    services = loaded(tmp_path, "[services.a]\ntls = true\n[services.b]\ntls = false\n").services
    assert services["a"].asks.tls is not None
    assert services["b"].asks.tls is None


def _line(lines: list[str], begins: str) -> int:
    return next(number for number, line in enumerate(lines, 1) if line.startswith(begins))
