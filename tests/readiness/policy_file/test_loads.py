"""`[load.NAME]`: what a load is, and what it can't be."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodtui.readiness.load_rule import LoadMetric
from prodtui.readiness.pillars import checks
from prodtui.readiness.policy_file.files import merged
from prodtui.readiness.policy_file.show import effective, show
from tests.readiness.policy_file.policies import complaint, loaded

SHOP = '[load.shop]\ntarget = "https://shop.example/"\nusers = 50\nduration = "30s"\n'
SCRIPT = '[load.own]\nscript = "load/shop.js"\nhosts = ["shop.example"]\n'


def test_a_load_is_read_with_its_defaults(tmp_path: Path) -> None:
    rule = loaded(tmp_path, SHOP).loads["shop"]
    assert (rule.target, rule.method, rule.users, rule.duration_s) == ("https://shop.example/", "GET", 50, 30.0)
    assert [each.expr for each in rule.thresholds] == ["p99 < 1s", "errors < 1%"]
    assert (rule.max_rate_per_s, rule.max_age_s, rule.length_s) == (10_000.0, 7 * 86_400.0, 30.0)


def test_the_loads_in_the_documentation_are_right(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "load.md").read_text(encoding="utf-8")
    text = page.partition("```toml\n")[2].partition("```")[0]
    loads = loaded(tmp_path, text, SHOP_TOKEN="t0ken").loads
    assert list(loads) == ["checkout", "sale", "rush", "journey"]
    assert (loads["checkout"].limit_s, loads["checkout"].timeout_s) == (1_800, 10)


def test_thresholds_are_in_seconds_ratios_and_requests_per_second(tmp_path: Path) -> None:
    text = SHOP + 'thresholds = ["p99 <  250ms", "errors <= 0.5%", "rate >= 100/s"]\n'
    found = loaded(tmp_path, text).loads["shop"].thresholds
    assert [(each.metric, each.bound.value) for each in found] == [
        (LoadMetric.P99, 0.25),
        (LoadMetric.ERRORS, 0.005),
        (LoadMetric.RATE, 100.0),
    ]
    assert [each.expr for each in found] == ["p99 < 250ms", "errors <= 0.5%", "rate >= 100/s"]


def test_files_of_a_load_are_relative_to_the_policy(tmp_path: Path) -> None:
    rule = loaded(tmp_path, SCRIPT).loads["own"]
    assert rule.script == str(tmp_path / "load/shop.js")
    text = SHOP + 'header_files = { Authorization = "token" }\n'
    assert loaded(tmp_path, text).loads["shop"].header_files == {"Authorization": str(tmp_path / "token")}


@pytest.mark.parametrize(
    ("text", "line", "key", "expected"),
    [
        ("[load.shop]\nusers = 5\nduration = '1s'", 1, "load.shop", 'exactly one of "target" and "script"'),
        (SHOP + "script = 'x.js'", 1, "load.shop", 'exactly one of "target" and "script"'),
        (SHOP.replace("https", "ftp"), 2, "load.shop.target", 'a URL such as "https://shop.example/"'),
        (SHOP.replace("shop.example", "ana:pw@shop.example"), 2, "load.shop.target", "credentials in a URL"),
        (SHOP.replace('duration = "30s"', ""), 1, "load.shop", "nothing says how much is sent"),
        (SHOP + "iterations = 3", 4, "load.shop.duration", "got iterations and duration"),
        (SHOP.replace("50", "0"), 3, "load.shop.users", "at least 1, got 0"),
        (SHOP + "rate = '20000/s'", 5, "load.shop.rate", "20000/s is over max_rate (10000/s)"),
        (SHOP + "rate = 'fast'", 5, "load.shop.rate", 'such as "200/s"'),
        (SHOP.replace('duration = "30s"', "iterations = 3\nrate = '5/s'"), 5, "load.shop.rate", 'goes with "duration"'),
        (SHOP + "limit = '5m'", 5, "load.shop.limit", 'goes with "iterations" only'),
        (SHOP + "thresholds = []", 5, "load.shop.thresholds", "at least one"),
        (SHOP + "thresholds = ['p99 < 1%']", 5, "load.shop.thresholds[0]", "a threshold such as"),
        (SHOP + "thresholds = ['p99 < 5']", 5, "load.shop.thresholds[0]", "a threshold such as"),
        (SHOP + "thresholds = ['p90 < 5s']", 5, "load.shop.thresholds[0]", "a threshold such as"),
        (SHOP + "thresholds = ['errors < 5ms']", 5, "load.shop.thresholds[0]", "a threshold such as"),
        (SHOP + "thresholds = ['rate >= 5s']", 5, "load.shop.thresholds[0]", "a threshold such as"),
        (SHOP + "thresholds = ['p99 < +10%']", 5, "load.shop.thresholds[0]", "a threshold such as"),
        (SHOP + "method = 'GTE'", 5, "load.shop.method", 'did you mean "GET"?'),
        (SHOP + "trget = 'x'", 5, "load.shop.trget", 'did you mean "target"?'),
        (SHOP + "headers = { 'a b' = 'x' }", 5, 'load.shop.headers."a b"', "the name of an HTTP header"),
        (SHOP + 'headers = { X = "a\\nb" }', 5, "load.shop.headers.X", "one line"),
        (SHOP + "headers = { X = '${a b}' }", 5, "load.shop.headers.X", "the name of a variable"),
        (SHOP + "headers = { Authorization = 'Bearer x' }", 5, "load.shop.headers.Authorization", "write ${NAME}"),
        (SHOP + "headers = { X-Api-Key = 'x' }", 5, "load.shop.headers.X-Api-Key", "write ${NAME}"),
        (SHOP + "headers = { X = 'x' }\nheader_files = { x = 'f' }", 5, "load.shop.headers.X", "give it once"),
        (SHOP + "hosts = ['x']", 5, "load.shop.hosts", 'goes with "script" only'),
        (SCRIPT + "users = 5", 4, "load.own.users", 'goes with "target" only'),
        ("[load.own]\nscript = 'x.js'", 1, "load.own.hosts", "required with a script"),
        (
            SCRIPT.replace('"shop.example"', '"https://shop.example"'),
            3,
            "load.own.hosts[0]",
            "name or address of a host",
        ),
        (SCRIPT + "variables = ['A B']", 4, "load.own.variables[0]", "the name of a variable"),
        (SHOP.replace("load.shop", "load.'a b'"), 1, 'load."a b"', "a name of letters"),
        (
            SHOP.replace('users = 50\nduration = "30s"', "ramp = [{ duration = '5s', users = 5, rate = '1/s' }]"),
            3,
            "load.shop.ramp[0]",
            'exactly one of "users" and "rate"',
        ),
        (
            SHOP.replace('users = 50\nduration = "30s"', "ramp = [{ duration = '5s', users = 0 }]"),
            3,
            "load.shop.ramp",
            "nothing would be sent",
        ),
        (
            SHOP.replace(
                'users = 50\nduration = "30s"',
                "ramp = [{ duration = '5s', users = 5 }, { duration = '5s', rate = '5/s' }]",
            ),
            3,
            "load.shop.ramp[1]",
            'expected "users" in every stage',
        ),
    ],
)
def test_a_load_that_cannot_be_meant_is_told_with_its_place(
    tmp_path: Path, text: str, line: int, key: str, expected: str
) -> None:
    told = complaint(tmp_path, text)
    assert expected.casefold() in told.casefold()
    assert f"readiness.toml:{line}" in told
    assert key in told


def test_what_is_shown_loads_as_the_same_loads(tmp_path: Path) -> None:
    text = SHOP + SCRIPT + 'max_age = "1d"\n'
    policy = loaded(tmp_path, text)
    shown = show(policy, merged(tmp_path / "readiness.toml"), checks())
    again = tmp_path / "again"
    again.mkdir()
    assert loaded(again, shown).loads == policy.loads
    found = effective(policy, merged(tmp_path / "readiness.toml"), checks())
    assert found["load"]["shop"]["thresholds"] == ["p99 < 1s", "errors < 1%"]
    assert found["load"]["own"]["max_age"] == "1d"


def test_the_variable_of_a_secret_is_shown_and_never_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "s3cret-value")
    policy = loaded(tmp_path, SHOP + "headers = { Authorization = 'Bearer ${SHOP_TOKEN}' }\n")
    shown = show(policy, merged(tmp_path / "readiness.toml"), checks())
    assert "Bearer ${SHOP_TOKEN}" in shown
    assert "s3cret-value" not in shown + repr(policy)
