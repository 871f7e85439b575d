"""Bodies of health endpoints: two formats, read without trust."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.ui.line import Line
from prodtui.ui.rows import health_body
from prodtui.ui.rows.sign import BAD, GOOD
from tests.ui.incidents import HEALTH_JSON

ACTUATOR = """{"status":"DOWN","components":{
  "db":{"status":"DOWN","components":{
     "ledger":{"status":"DOWN","details":{"error":"org.postgresql.util.PSQLException: Connection refused"}},
     "audit":{"status":"UP","details":{"database":"PostgreSQL","validationQuery":"isValid()"}}}},
  "diskSpace":{"status":"UP","details":{"total":499963170816,"free":91300069376,"threshold":10485760}}}}"""
BEFORE_2_2 = """{"status":"DOWN","details":{"redis":{"status":"DOWN","details":{"error":"timeout"}}}}"""


def said(text: str) -> str:
    lines: list[Line] = health_body.lines(text)
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)


def test_actuators_failing_component_is_open_and_the_well_ones_are_closed() -> None:
    assert said(ACTUATOR).split("\n") == [
        "components",
        "✖ as a whole  DOWN",
        "├ ✖ db  DOWN",
        "│ ├ ✖ ledger  DOWN",
        "│ │   error  org.postgresql.util.PSQLException: Connection refused",
        "│ └ ● audit  UP",
        "└ ● diskSpace  UP",
    ]


def test_the_older_actuator_says_details_for_components() -> None:
    assert "├ ✖ redis" in said(BEFORE_2_2) or "└ ✖ redis" in said(BEFORE_2_2)
    assert "error  timeout" in said(BEFORE_2_2)


def test_health_json_is_found_behind_the_registrys_words() -> None:
    told = said(HEALTH_JSON)
    assert "✖ payments-2  fail" in told
    assert "✖ payments-db:connectivity  fail" in told
    assert "output  no answer within 400 ms" in told
    assert "● cpu:utilization  pass" in told
    assert "observed" not in told


def test_what_was_observed_is_told_with_its_unit_where_it_fails() -> None:
    body = {"status": "warn", "checks": {"disk:used": [{"status": "warn", "observedValue": 91, "observedUnit": "%"}]}}
    assert "observed  91 %" in said(json.dumps(body))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ready",
        "OK {",
        '{"status": "UP"',
        '{"status": 3, "checks": {}}',
        '[{"status": "UP"}]',
        '{"error": "status"}',
    ],
)
def test_what_is_no_tree_is_left_as_it_is(text: str) -> None:
    assert health_body.lines(text) == []


def test_escapes_that_a_body_hides_are_made_inert() -> None:
    hidden = '{"\\u001b]0;owned\\u0007":{"status":"DOWN","details":{"e":"\\u001b[31m"}},"b":{"status":"\\u202eUP"}}'
    told = said(f'{{"status":"DOWN","components":{hidden}}}')
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "␛[31m" in told


def test_a_body_nested_beyond_reason_is_no_tree_and_no_crash() -> None:
    deep = '{"status":"DOWN","components":{"a":' * 5_000 + "1" + "}}" * 5_000
    assert health_body.lines(deep) == []
    odd = '{"status":"DOWN","x":' + "[" * 900 + "]" * 900 + "}"
    health_body.lines(odd)


STATUS = st.sampled_from(["UP", "DOWN", "pass", "fail", "warn", "OUT_OF_SERVICE", "odd"])
BODY = st.recursive(
    st.fixed_dictionaries({"status": STATUS}),
    lambda inner: st.fixed_dictionaries(
        {"status": STATUS, "components": st.dictionaries(st.text(), inner, max_size=4)}
    ),
    max_leaves=20,
)


@given(BODY)
def test_every_component_that_is_near_enough_is_told_with_its_status(body: dict[str, object]) -> None:
    root = health_body.parsed(json.dumps(body))
    assert root is not None

    def same(part: health_body.Part, given: dict[str, object], depth: int) -> None:
        assert part.status == given["status"]
        inner = given.get("components", {})
        assert isinstance(inner, dict)
        if depth < health_body.DEEPEST:
            assert len(part.parts) == len(inner)
            for one, other in zip(part.parts, inner.values(), strict=True):
                same(one, other, depth + 1)
        assert part.fails is (part.sign.badness > 0 or any(p.fails for p in part.parts))

    same(root, body, 0)


@given(st.text(max_size=400) | st.text(alphabet='{}[]":,status UP\\u001b', max_size=400))
def test_no_text_breaks_it(text: str) -> None:
    for line in health_body.lines(text):
        assert all(character.isprintable() for said, _ in line for character in said)


def test_words_are_read_as_they_are_meant() -> None:
    assert health_body.Part("db", "UP").sign is GOOD
    assert health_body.Part("db", "OUT_OF_SERVICE").sign is BAD
