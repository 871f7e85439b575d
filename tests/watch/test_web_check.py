"""`/check`: the gate's decision on a moment, as Argo Rollouts and Flagger ask for it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from prodtui.model.assessment import Verdict
from prodtui.model.moment import Moment
from prodtui.model.rollout import Decision, Phase, Rollout, Word
from prodtui.readiness.policy import Policy
from prodtui.readiness.selection import select
from prodtui.reports.watching import Watching
from prodtui.reports.web_check import json_schema
from prodtui.watch.http import Reply, Request
from prodtui.watch.web_check import WebCheck, is_check
from tests import rollouts
from tests.ui.moments import ill, well

POLICY = Policy()
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def watched(moment: Moment | None, *, age_s: float | None = 0.4) -> Watching:
    return Watching(
        now=0 if moment is None else moment.now,
        environment="lab",
        version="1",
        interval_s=2.0,
        moment=moment,
        age_s=age_s,
    )


def asked(
    moment: Moment | None,
    path: str = "/check",
    *query: tuple[str, str],
    body: bytes = b"",
    running: tuple[Rollout, ...] = (),
    age_s: float | None = 0.4,
) -> Reply:
    check = WebCheck(POLICY, lambda: running)
    return check.answer(Request(path, query, body), watched(moment, age_s=age_s))


def said(reply: Reply) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(reply.body)
    VALIDATOR.validate(document)
    return document


def webhook(name: str, **metadata: str) -> bytes:
    """As Flagger sends it."""
    fields = {"name": name, "namespace": "shop", "phase": "Progressing", "checksum": "8f", "metadata": metadata}
    return msgspec.json.encode(fields)


def test_what_is_ready_passes_and_what_is_not_fails_with_its_reason_first() -> None:
    ready = asked(well())
    assert ready.status == 200
    assert (said(ready)["decision"], said(ready)["passed"]) == ("READY", True)
    assert said(ready)["reason"] == "all 5 services are ready"
    failing = asked(ill())
    assert failing.status == 412
    assert failing.body.startswith('{"schema":"prodtui.web-check/1","decision":"NOT_READY","passed":false,"reason":')
    assert "\n" not in failing.body[:-1]
    assert "payments NOT READY: " in said(failing)["reason"]


def test_one_service_is_decided_as_the_gate_decides_it() -> None:
    moment = ill()
    for name in moment.views:
        document = said(asked(moment, f"/check/{name}"))
        judged = select(moment.assessment, (name,), moment.views, POLICY)
        assert document["verdict"] == document["decision"] == judged.verdict
        assert [service["name"] for service in document["services"]] == [s.name for s in judged.services]
        assert said(asked(moment, "/check", ("service", name)))["services"] == document["services"]


def test_a_webhook_asks_for_the_service_of_its_metadata_else_for_what_it_is_called() -> None:
    moment = ill()
    one = said(asked(moment, body=webhook("catalog")))
    assert one["services"] == said(asked(moment, "/check/catalog"))["services"]
    other = said(asked(moment, body=webhook("shop-web", service="catalog")))
    assert other["services"] == one["services"]
    # The address is the closer word.
    assert said(asked(moment, "/check/inventory", body=webhook("catalog"))) == said(asked(moment, "/check/inventory"))
    assert len(said(asked(moment, body=webhook("shop-web", service="*")))["services"]) == 5
    assert len(said(asked(moment, body=b""))["services"]) == 5


def test_of_a_whole_fleet_the_worst_are_listed_and_how_many_more_there_are() -> None:
    moment = well()
    one = moment.assessment.services[0]
    fleet = tuple(replace(one, name=f"s{n}") for n in range(10_000))
    reply = asked(replace(moment, assessment=replace(moment.assessment, services=fleet)))
    assert (len(said(reply)["services"]), said(reply)["left_out"]) == (100, 9_900)
    assert said(reply)["reason"] == "all 10000 services are ready"
    assert len(reply.body) < 20_000


def test_an_unknown_service_is_no_pass() -> None:
    reply = asked(well(), body=webhook("paymentz"))
    assert (reply.status, reply.body) == (404, 'no service is called "paymentz"; did you mean "payments"?\n')


def test_whoever_reads_the_body_gets_it_with_200_whatever_is_decided() -> None:
    reply = asked(ill(), "/check", ("status", "200"))
    assert (reply.status, said(reply)["passed"]) == (200, False)


def test_a_warning_fails_where_that_is_asked_for() -> None:
    moment = well()
    warned = replace(moment, assessment=replace(moment.assessment, verdict=Verdict.WARN, blind=True))
    reply = asked(warned)
    assert (reply.status, said(reply)["decision"], said(reply)["passed"]) == (200, "WARN", True)
    assert said(reply)["reason"] == "a source is lost; what is seen is ready"
    strict = asked(warned, "/check", ("fail_on", "warn"))
    assert (strict.status, said(strict)["passed"]) == (412, False)


def test_a_watch_that_is_late_or_has_only_begun_decides_nothing() -> None:
    begun = asked(None, age_s=None)
    assert begun.status == 503
    assert begun.body.startswith("INCONCLUSIVE: no moment yet")
    late = asked(well(), "/check", ("status", "200"), age_s=60.0)
    assert (late.status, late.body.startswith("INCONCLUSIVE: no moment for 60 s")) == (503, True)


def test_an_open_rollout_of_the_service_has_a_say() -> None:
    moment = well()
    _, now = rollouts.steady()
    running, _ = rollouts.steady(at=moment.now - (now - rollouts.START))
    document = said(asked(moment, "/check/payments", running=(running,)))
    assert (document["decision"], document["rollouts"][0]["word"]) == ("READY", "WAIT")
    assert document["rollouts"][0]["waits_for"][0] == "17.9 min more"
    goes_back = replace(running, decision=Decision(word=Word.ROLLBACK, reason="2 bad samples in a row"))
    failing = asked(moment, "/check/payments", running=(goes_back,))
    assert (failing.status, said(failing)["decision"], said(failing)["verdict"]) == (412, "NOT_READY", "READY")
    assert said(failing)["reason"] == "rollout of payments: ROLLBACK 2 bad samples in a row"
    held = replace(running, phase=Phase.HELD, decision=Decision(word=Word.HOLD, reason="no data"))
    assert said(asked(moment, "/check/payments", running=(held,)))["decision"] == "INCONCLUSIVE"
    assert said(asked(moment, running=(held,)))["decision"] == "INCONCLUSIVE"
    assert said(asked(moment, "/check/catalog", running=(held,)))["rollouts"] == []


@pytest.mark.parametrize(
    ("query", "why"),
    [
        (("failon", "warn"), '"failon" is no field; there are service, fail_on, status'),
        (("fail_on", "never"), 'fail_on "never" is neither not-ready nor warn'),
        (("status", "500"), 'status "500" is not 200'),
    ],
)
def test_what_cannot_be_meant_is_told(query: tuple[str, str], why: str) -> None:
    reply = asked(well(), "/check", query)
    assert reply.status == 400
    assert why in reply.body


@given(st.binary(max_size=200))
def test_no_body_makes_it_pass_or_break(body: bytes) -> None:
    reply = asked(ill(), body=body)
    assert reply.status in (400, 404, 412)


@given(st.text(max_size=60))
def test_no_name_makes_it_pass_or_reaches_a_log_raw(name: str) -> None:
    for reply in (asked(ill(), f"/check/{name}"), asked(ill(), body=webhook(name))):
        assert reply.status in (400, 404, 412)
        assert not any(character in reply.body for character in "\x1b\x07\x9b\r")


def test_only_the_page_itself_is_the_page() -> None:
    assert is_check("/check")
    assert is_check("/check/payments")
    assert not is_check("/checked")
    assert not is_check("/healthz")


def rolled(phase: Phase, *, observes: bool, word: Word = Word.ROLLBACK) -> Rollout:
    moment = well()
    rollout, now = rollouts.steady()
    plan = replace(rollout.plan, hooks={}) if observes else rollout.plan
    decided = Decision(word=word, reason="2 bad samples in a row")
    begun = rollouts.steady(at=moment.now - (now - rollouts.START))[0]
    return replace(begun, plan=plan, phase=phase, decision=decided, ended_at=moment.now if phase.ended else None)


def test_who_moves_the_traffic_hears_that_an_observing_rollout_said_to_go_back() -> None:
    observed = asked(well(), running=(rolled(Phase.ROLLED_BACK, observes=True),))
    assert (observed.status, said(observed)["decision"]) == (412, "NOT_READY")
    moved_back = asked(well(), running=(rolled(Phase.ROLLED_BACK, observes=False),))
    assert (moved_back.status, said(moved_back)["decision"]) == (200, "READY")
    assert said(asked(well(), running=(rolled(Phase.FAILED, observes=False),)))["decision"] == "NOT_READY"
    assert said(asked(well(), running=(rolled(Phase.PROMOTED, observes=True, word=Word.PROMOTE),)))["passed"]


def test_a_rollout_that_nobody_looks_at_is_not_known_to_go_well() -> None:
    moment = well()
    left, _ = rollouts.steady(at=moment.now - 3 * 3_600)
    document = said(asked(moment, running=(left,)))
    assert document["decision"] == "INCONCLUSIVE"
    assert document["reason"].endswith("nobody may be looking")
    held = replace(left, phase=Phase.HELD, decision=Decision(word=Word.HOLD, reason="no data"))
    assert said(asked(moment, running=(held,)))["reason"] == "rollout of payments: HOLD no data"
