"""The script of a load says what the policy says, and nothing of the policy is ever code."""

from __future__ import annotations

import ipaddress
import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.load.scenario import arguments, ceiling, file_variable, options, refused, script, variables
from prodtui.load.target import Address, Pinned
from prodtui.readiness.load_rule import LoadRule, LoadStage, thresholds
from tests.load.loads import HERE, LOOPBACK, rule

HOSTILE = st.text(
    st.one_of(st.sampled_from("\"'`\\${}()/*;\n\r\t\u2028\u2029</"), st.characters(exclude_categories=["Cs"])),
    max_size=40,
)


def literal(text: str) -> Any:
    """What the script holds of the policy: the one literal in it."""
    start = text.index("const load = ") + len("const load = ")
    value, _ = json.JSONDecoder().raw_decode(text[start:])
    return value


def around(text: str) -> tuple[str, str]:
    """The script's code: what stands before the literal and behind it."""
    before, _, rest = text.partition("const load = ")
    _, end = json.JSONDecoder().raw_decode(rest)
    return before, rest[end:]


PLAIN = script(rule(), HERE)


@given(target=HOSTILE, method=HOSTILE, body=HOSTILE, header=HOSTILE, value=HOSTILE, path=HOSTILE)
def test_whatever_a_policy_says_stays_in_its_literal(
    target: str, method: str, body: str, header: str, value: str, path: str
) -> None:
    made = script(rule(target=target, method=method, body=body, headers={header: value}), HERE, policy=path)
    assert around(made)[1] == around(PLAIN)[1]
    assert around(made)[0].split("\n", 1)[1] == around(PLAIN)[0].split("\n", 1)[1]
    assert made.startswith("// Written by prodtui from [load.shop] of ")
    assert made.isascii()
    assert "</script" not in around(made)[0]
    found = literal(made)
    assert (found["target"], found["method"], found["body"] or "") == (target, method, body)


def test_a_secret_is_never_in_the_script() -> None:
    given = rule(headers={"Authorization": "Bearer ${TOKEN}!"}, header_files={"X-Api-Key": "/run/secrets/key"})
    found = literal(script(given, HERE))["headers"]
    assert found == [
        ["Authorization", ["Bearer ", {"variable": "TOKEN"}, "!"]],
        ["X-Api-Key", [{"variable": "PRODTUI_LOAD_HEADER_X_API_KEY"}]],
    ]
    assert variables(given) == ("TOKEN",)
    assert file_variable("X-Api-Key") == "PRODTUI_LOAD_HEADER_X_API_KEY"


@pytest.mark.parametrize(
    ("given", "scenario"),
    [
        (
            rule(users=1_000, iterations=100, duration_s=None),
            {"executor": "per-vu-iterations", "vus": 1_000, "iterations": 100, "maxDuration": "600000ms"},
        ),
        (rule(), {"executor": "constant-vus", "vus": 50, "duration": "30000ms"}),
        (
            rule(users=None, rate_per_s=200.0),
            {
                "executor": "constant-arrival-rate",
                "rate": 12_000,
                "timeUnit": "1m",
                "duration": "30000ms",
                "preAllocatedVUs": 200,
            },
        ),
        (
            rule(
                users=None, duration_s=None, ramp=(LoadStage(duration_s=10, users=50), LoadStage(duration_s=5, users=0))
            ),
            {
                "executor": "ramping-vus",
                "startVUs": 0,
                "stages": [{"duration": "10000ms", "target": 50}, {"duration": "5000ms", "target": 0}],
            },
        ),
        (
            rule(users=300, duration_s=None, ramp=(LoadStage(duration_s=10, rate_per_s=0.5),)),
            {
                "executor": "ramping-arrival-rate",
                "startRate": 0,
                "timeUnit": "1m",
                "preAllocatedVUs": 300,
                "stages": [{"duration": "10000ms", "target": 30}],
            },
        ),
    ],
)
def test_how_much_is_sent(given: LoadRule, scenario: dict[str, Any]) -> None:
    assert options(given, HERE)["scenarios"] == {"load": scenario}


def test_thresholds_are_k6s_own_in_its_units() -> None:
    given = rule(thresholds=thresholds(["p99 < 250ms", "p95<1s", "errors < 1%", "rate >= 100/s", "avg < 0.1s"]))
    assert options(given, HERE)["thresholds"] == {
        "http_req_duration": ["p(99)<250", "p(95)<1000", "avg<100"],
        "http_req_failed": ["rate<0.01"],
        "http_reqs": ["rate>=100"],
    }


def test_nothing_is_redirected_and_nothing_goes_over_the_ceiling() -> None:
    found = options(rule(max_rate_per_s=250.5), HERE)
    assert (found["maxRedirects"], found["rps"]) == (0, 250)
    assert ceiling(rule(max_rate_per_s=0.1)) == 1


def test_a_name_is_pinned_to_its_address_and_several_are_used_in_turn() -> None:
    one, two = ipaddress.ip_address("10.0.0.7"), ipaddress.ip_address("10.0.0.8")
    assert options(rule(), Pinned({"shop.example": (one,)}))["hosts"] == {"shop.example": "10.0.0.7"}
    found = options(rule(), Pinned({"shop.example": (one, two)}))
    assert "hosts" not in found
    assert found["dns"] == {"ttl": "inf", "select": "roundRobin"}
    assert "hosts" not in options(rule(), HERE)


addresses = st.lists(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), min_size=1, max_size=4)


@given(allowed=addresses, other=st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_every_address_is_refused_but_those_that_were_resolved(allowed: list[Address], other: Address) -> None:
    networks = [ipaddress.ip_network(text) for text in refused(allowed)]
    for address in (*allowed, other):
        held = [network for network in networks if network.version == address.version and address in network]
        assert bool(held) is (address not in allowed)


def test_a_script_of_the_users_is_held_to_its_hosts_and_ceiling_on_the_command_line() -> None:
    given = LoadRule(name="own", script="/srv/shop.js", hosts=("127.0.0.1",), max_rate_per_s=100)
    words = arguments(given, HERE)
    assert words[:2] == ["--rps", "100"]
    assert words[2::2] == ["--blacklist-ip"] * len(refused([LOOPBACK]))
    assert arguments(rule(), HERE) == []


def test_the_words_of_the_header_are_one_comment() -> None:
    first = script(rule(), HERE, policy="/srv/a\nb\u2028c.toml").splitlines()[0]
    assert first == "// Written by prodtui from [load.shop] of /srv/a\\nb\\u2028c.toml."
    assert set(first) <= set(string.printable)
