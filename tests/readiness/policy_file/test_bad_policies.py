from __future__ import annotations

from pathlib import Path

import pytest

from tests.readiness.policy_file.policies import complaint, example

P99 = "[checks.performance.latency_p99]\n"
CUSTOM = '[[custom]]\nid = "performance.queue"\ntitle = "Short"\npromql = "sum(q)"\npass = ["< 1"]\n'
WAIVER = (
    '[[waivers]]\nid = "W"\ncheck = "performance.latency_p95"\nservice = "pay"\nenvironment = "prod"\nreason = "r"\n'
    'ticket = "T-1"\nowner = "ana"\ncreated = 2026-11-20\nexpires = 2026-12-01\n'
)
BLOCKING = WAIVER.replace("p95", "p99").replace("2026-12-01", "2026-11-27")


@pytest.mark.parametrize(
    ("text", "line", "key", "expected"),
    [
        ("nme = 'x'", 1, "nme", 'unknown key "nme"; did you mean "name"?'),
        ("name = 3", 1, "name", "expected text, got 3"),
        ("schema = 'prodtui.readiness/2'", 1, "schema", 'expected "prodtui.readiness/1", got "prodtui.readiness/2"'),
        ("[verdict]\nfails_below = 101", 2, "verdict.fails_below", "a score from 0 to 100, got 101"),
        ("[verdict]\nfails_below = 95", 2, "verdict.fails_below", "(95) is above warns_below (90)"),
        ("[verdict]\ncoverage = '120%'", 2, "verdict.coverage", 'a share such as "90%" or 0.9, got "120%"'),
        ("[verdict]\noverride = 1", 2, "verdict.override", "expected true or false, got 1"),
        ("[pillars]\navailabilty = 3", 2, "pillars.availabilty", 'unknown pillar "availabilty"; did you mean'),
        ("[pillars]\ndata = -1", 2, "pillars.data", "expected a number from 0 on, got -1"),
        ("[tiers.D]\nminimum = 1", 1, "tiers.D", 'expected one of "A", "B", "C", got "D"'),
        ("[tiers.A]\nrequired = ['date']", 2, "tiers.A.required[0]", 'unknown pillar "date"; did you mean "data"?'),
        ("[tiers.A]\nminimum = 1.5", 2, "tiers.A.minimum", "expected a whole number, got 1.5"),
        ("[defaults]\nstarting = 'soon'", 2, "defaults.starting", 'such as "500ms", "2s"'),
        ("[burn]\nscale = '1/0'", 2, "burn.scale", 'a factor above 0, such as 0.5 or "1/60"'),
        (
            "[burn]\npage = [{ long = '5m', short = '1h', budget = '2%' }]",
            2,
            "burn.page[0].short",
            "less than the long window (300 s), got 3600 s",
        ),
        ("[checks.performance.latency_p9]\nweight = 1", 1, "checks.performance.latency_p9", '"performance.latency_p9'),
        ("[checks.performnce.x]\nweight = 1", 1, "checks.performnce", 'did you mean "performance"?'),
        (P99 + "weight = -0.5", 2, "checks.performance.latency_p99.weight", "a number from 0 on, got -0.5"),
        (P99 + "pass = ['soon']", 2, "checks.performance.latency_p99.pass[0]", "expected an operator (< <= = >= >)"),
        (P99 + "pass = ['< 5 apples']", 2, "checks.performance.latency_p99.pass[0]", 'got "< 5 apples"'),
        (P99 + "pass = [\n['< 1s'],\n[3]]", 4, "checks.performance.latency_p99.pass[1][0]", "as text"),
        (P99 + "pass = '< 1s'", 2, "checks.performance.latency_p99.pass", "expected a list of criteria"),
        (P99 + "pass = ['< 100']", 2, "checks.performance.latency_p99.pass[0]", "expected a number in s (units: ms, s"),
        (P99 + "pass = ['< 5%']", 2, "checks.performance.latency_p99.pass[0]", "expected a number in s (units: ms, s"),
        (P99 + "pass = ['< 1s', '> 2s']", 2, "checks.performance.latency_p99.pass", "no value is within"),
        (P99 + "pass = ['<= +10%']", 1, "checks.performance.latency_p99.floor", "required with relative criteria"),
        (P99 + "pass = ['< 1s']\nwarn = ['< 500ms']", 3, "checks.performance.latency_p99.warn", "stricter than pass"),
        (P99 + "warn = ['< 100ms']", 2, "checks.performance.latency_p99.warn", "stricter than pass"),
        (
            P99 + "pass = ['<= +10%']\nwarn = ['<= +5%']\nfloor = '1ms'",
            3,
            "checks.performance.latency_p99.warn",
            "stricter than pass",
        ),
        (P99 + "on_unknown = 'pass'", 2, "checks.performance.latency_p99.on_unknown", 'one of "unknown", "fail"'),
        ("[checks.availability.present]\npass = ['> 0']", 2, "checks.availability.present.pass", "takes no criteria"),
        ("[[rules]]\ntiers = ['X']", 2, "rules[0].tiers[0]", 'expected one of "A", "B", "C", got "X"'),
        ("[[rules]]\nservice = ['x']", 2, "rules[0].service", 'did you mean "services"?'),
        ("[[rules]]\nslo = { objective = 1 }", 2, "rules[0].slo.objective", "both excluded"),
        ("[[rules]]\nslo = { objective = 0.9, period = 0 }", 2, "rules[0].slo.period", "expected a duration"),
        ("[[rules]]\n[rules.checks.data.blokced]\nweight = 1", 2, "rules[0].checks.data.blokced", '"data.blocked"'),
        (CUSTOM.replace('id = "performance.queue"\n', ""), 1, "custom[0].id", "required"),
        (CUSTOM.replace("performance.queue", "Queue"), 2, "custom[0].id", '"pillar.name"'),
        (CUSTOM.replace("performance.queue", "speed.queue"), 2, "custom[0].id", 'unknown pillar "speed"'),
        (CUSTOM.replace("queue", "latency_p99"), 2, "custom[0].id", "is a built-in check"),
        (CUSTOM + CUSTOM, 7, "custom[1].id", "declared twice"),
        (CUSTOM + "sql = 'SELECT 1'", 1, "custom[0]", 'exactly one of "promql" and "sql"'),
        (CUSTOM.replace("sum(q)", "sum(q{s='$env'})"), 4, "custom[0].promql", 'unknown placeholder "$env"'),
        (
            CUSTOM.replace('promql = "sum(q)"', "sql = \"SELECT 1 WHERE x = '$service'\""),
            4,
            "custom[0].sql",
            "write it bare",
        ),
        (CUSTOM + "database = 'x'", 6, "custom[0].database", 'goes with "sql" only'),
        (WAIVER.replace("expires = 2026-12-01\n", ""), 1, "waivers[0].expires", "required"),
        (WAIVER.replace("2026-12-01", "2026-12-21"), 10, "waivers[0].expires", "at most 30 days"),
        (WAIVER.replace("2026-12-01", "2026-11-19"), 10, "waivers[0].expires", "before created"),
        (WAIVER.replace("2026-12-01", "2026-11-20T10:00:00Z"), 10, "waivers[0].expires", "a day such as"),
        (WAIVER.replace("pay", "pay*"), 4, "waivers[0].service", "no wildcards"),
        (WAIVER.replace("_p95", "_p98"), 3, "waivers[0].check", "did you mean"),
        (WAIVER + WAIVER, 12, "waivers[1].id", "declared twice"),
        (BLOCKING, 1, "waivers[0].approved_by", "required: performance.latency_p99 blocks"),
        (BLOCKING + "approved_by = 'Ana '", 11, "waivers[0].approved_by", "somebody else than the owner"),
        (BLOCKING.replace("11-27", "11-28") + "approved_by = 'ben'", 10, "waivers[0].expires", "at most 7 days"),
        ("[release]\nversion = '1'\nversion_file = 'V'", 3, "release.version_file", "besides version"),
        ("[release]\nversion_file = 'V'", 2, "release.version_file", "cannot be read: No such file"),
        ("[services.pay]\nadmin = ['debug']", 2, "services.pay.admin[0]", 'begins with "/"'),
        ("[services.pay]\ntls = 3", 2, "services.pay.tls", "expected a table, got 3"),
        ("[services.pay]\nlimits = { X = ['<= +1%'] }", 2, "services.pay.limits.X", "absolute criteria"),
        ("[services.pay]\ncode = { exclude = ['x'] }", 2, "services.pay.code", 'one of "paths" and "report"'),
        (
            "[services.pay]\nmigrations = { database = 'd', applied = 'SELECT 1' }",
            2,
            "services.pay.migrations",
            'exactly one of "expected" and "files"',
        ),
        ("retired = 'x'", 1, "retired", 'expected a list, got "x"'),
        ("rules = 3", 1, "rules", "expected a list, got 3"),
    ],
)
def test_a_mistake_is_named_by_file_line_key_and_what_was_expected(
    tmp_path: Path, text: str, line: int, key: str, expected: str
) -> None:
    message = complaint(tmp_path, text)
    assert message.startswith(f"readiness.toml:{line}: {key}: ")
    assert expected in message
    assert "\n" not in message


def test_all_mistakes_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        "[verdict]\nfails_below = 'x'\n[checks.performance.nonsense]\nweight = 1\n"
        f"{P99}pass = ['< 1s']\nwarn = ['< 1ms']\n{CUSTOM}pss = 1\n{CUSTOM}{WAIVER}expirs = 1\n{BLOCKING}"
    )
    keys = [line.split(": ")[1] for line in complaint(tmp_path, text).split("\n")]
    assert keys == [
        "verdict.fails_below",
        "checks.performance.nonsense",
        "checks.performance.latency_p99.warn",
        "custom[0].pss",
        "waivers[0].expirs",
        "waivers[1].approved_by",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = [1,\n", "readiness.toml:"),
        ("name = 'x'\nname = 'y'\n", "readiness.toml:2: name: declared twice, first on line 1"),
        ("a == 1", "readiness.toml:1:4: not valid TOML"),
    ],
)
def test_what_is_no_toml_is_named_by_its_place(tmp_path: Path, text: str, message: str) -> None:
    assert complaint(tmp_path, text).startswith(message)


def test_a_policy_that_checks_nothing_is_refused(tmp_path: Path) -> None:
    text = "[defaults]\nblocking_weight = 0\nother_weight = 0\n"
    assert complaint(tmp_path, text).startswith("readiness.toml: no checks at all")
    assert "no checks at all" not in complaint(tmp_path, text + "x = 1")


def test_a_missing_file_names_the_chain_that_asked_for_it(tmp_path: Path) -> None:
    (tmp_path / "team.toml").write_text('extends = "gone.toml"')
    message = complaint(tmp_path, 'extends = ["team.toml"]')
    assert message == (
        "gone.toml: cannot be read: No such file or directory (through readiness.toml → team.toml → gone.toml)"
    )


def test_files_that_extend_each_other_are_refused_by_their_chain(tmp_path: Path) -> None:
    (tmp_path / "team.toml").write_text('extends = "readiness.toml"')
    message = complaint(tmp_path, 'extends = "team.toml"')
    assert message == ("team.toml: extends: comes back to itself: readiness.toml → team.toml → readiness.toml")


def test_a_mistake_in_a_file_that_is_extended_is_named_there(tmp_path: Path) -> None:
    (tmp_path / "shared.toml").write_text("\n[[rules]]\ntiers = ['D']\n")
    message = complaint(tmp_path, 'extends = "shared.toml"\n[[rules]]\ntiers = ["E"]\n')
    assert [line.split(": ")[:2] for line in message.split("\n")] == [
        ["shared.toml:3", "rules[0].tiers[0]"],
        ["readiness.toml:3", "rules[1].tiers[0]"],
    ]


def test_escapes_are_shown_inert(tmp_path: Path) -> None:
    message = complaint(tmp_path, '"\\u001b[31m" = 1\nname = ["\\u001b"]\n[[rules]]\ntiers = ["\\u001b]0;x"]')
    assert "\x1b" not in message


def test_the_documented_example_is_full_of_lines_that_a_mistake_can_be_found_on(tmp_path: Path) -> None:
    text = example().replace('tiers = ["A"]', 'tiers = ["Z"]')
    line = text.split("\n").index('tiers = ["Z"]') + 1
    assert complaint(tmp_path, text).startswith(f"readiness.toml:{line}: rules[1].tiers[0]: ")
