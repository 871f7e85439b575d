"""The timeline's rows, and text cut to what says something."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.incident import Acknowledgement
from prodtui.model.moment import Event
from prodtui.reports.handover import handover
from prodtui.reports.incident.incident import incident
from prodtui.reports.incident.markdown import incident_markdown
from prodtui.reports.incident.rows import rows
from prodtui.reports.incident.shown import cut, rounded, told
from tests.reports.incident.stretches import CHAIN, LOCK, SEEN, stretch
from tests.ui import moments

START = moments.START


def _rows(*events: Event) -> list[tuple[str, ...]]:
    found = incident([moments.well()], began=START, ended=START + 3_600, events=events)
    return [row.cells for row in rows(msgspec.structs.replace(found, events=events))]


def _breaker(at: float, before: str, after: str, instance: str = "checkout-1") -> Event:
    return Event(
        at=START + at, kind="breaker", name="checkout→payments", before=before, after=after, bad=after == "open",
        source="envoy", key=f"breaker:envoy:checkout/payments/{instance}",
    )  # fmt: skip


def test_a_breaker_that_goes_to_and_fro_is_one_row_of_its_instance() -> None:
    turns = [
        _breaker(4 * n + shift, *turn)
        for n in range(7)
        for shift, turn in ((0, ("open", "half_open")), (2, ("half_open", "open")))
    ]
    (row,) = [row for row in _rows(*turns) if "breaker" in row[1]]
    assert row[2] == "`checkout→payments at checkout-1`"
    assert row[3].startswith("`half_open↔open` 14 times until ")
    assert row[3].endswith("last `open`")


def test_what_rests_and_breaks_again_is_not_one_row() -> None:
    found = _rows(_breaker(0, "closed", "open"), _breaker(5, "open", "closed"), _breaker(120, "closed", "open"))
    assert len([row for row in found if "breaker" in row[1]]) == 3


def test_a_turn_told_twice_is_told_once() -> None:
    one = Event(at=START + 1, kind="sli", name="payments burn_page", before="PASS", after="FAIL", key="check:x:y")
    twice = msgspec.structs.replace(one, at=START + 1.05)
    found = incident([moments.well()], began=START, ended=START + 9, events=(one, twice))
    assert [event for event in found.events if event.kind == "sli"] == [one]


def test_sessions_behind_one_lock_are_one_row() -> None:
    blocked = [
        Event(at=START + 1, kind="session", name=f"pid {pid} on payments", before=None, after="blocked", bad=True)
        for pid in range(10)
    ]
    (row,) = [row for row in _rows(*blocked) if "session" in row[1]]
    assert row[2] == "`10 sessions on payments`"


def test_numbers_have_three_digits_and_names_stay() -> None:
    assert rounded("error ratio 0.2721311475409836, 411.6557173913044 requests") == "error ratio 0.272, 412 requests"
    assert rounded("history 25.709814310073853 s, 25.709814310073853s") == "history 25.7 s, 25.7s"
    assert rounded("127.0.0.1:26459 version 1.4.20231 at 1.5") == "127.0.0.1:26459 version 1.4.20231 at 1.5"


@given(st.text(max_size=500), st.integers(20, 200))
def test_a_cut_line_is_no_longer_than_asked(text: str, longest: int) -> None:
    line = cut(text, longest)
    assert len(line) <= longest + 2
    assert line == cut(line, longest + 2)


def test_a_line_is_cut_at_a_word() -> None:
    assert cut("the quick brown fox jumps over", 18) == "the quick brown …"


def test_what_an_instance_that_passes_says_is_no_evidence() -> None:
    evidence = {"payments-1": 'passing: ready: 200 OK Output: {"status": "pass"}', "payments-2": "critical: ready: 503"}
    assert told(evidence) == ["payments-2: critical: ready: 503"]


def test_an_incident_begins_with_one_sentence() -> None:
    found = incident(stretch(), began=START, ended=START + 3_600)
    line = incident_markdown(found).splitlines()[2]
    assert line.startswith("**`session pid 4121 holds a lock` broke first at ")
    assert "reached `payments`, `checkout`" in line
    assert "all was well again at " in line
    assert ", after " in line


def _seen_by(about: str, service: str, at: float = START + 660) -> str:
    shop = stretch()[1]
    by = Acknowledgement(at=at, by="ana", about=about, note="on it")
    text = handover(msgspec.structs.replace(shop, first=(CHAIN,), acknowledged=(by,)))
    return next(line for line in text.splitlines() if line.startswith("|") and f"`{service}`" in line)


def test_who_acknowledges_a_cause_or_what_follows_has_seen_the_services_of_its_chain() -> None:
    assert "`ana`" in _seen_by(LOCK.key, "checkout")
    assert "`ana`" in _seen_by("pool:payments-db", "payments")
    assert "nobody" in _seen_by("payments", "checkout")


def test_one_session_more_or_less_is_the_same_trouble() -> None:
    cause = msgspec.structs.replace(LOCK, name="9 sessions of report", what="hold payments-db")
    seen = Acknowledgement(at=START + 660, by="ana", about="session:10 sessions of report", note="killing them")
    chain = msgspec.structs.replace(CHAIN, cause=cause)
    text = handover(msgspec.structs.replace(stretch()[1], first=(chain,), acknowledged=(seen,)))
    row = next(line for line in text.splitlines() if line.startswith("|") and "`payments`" in line)
    assert "`ana`" in row
    assert "on `session 10 sessions of report`" in text
    assert "session:10" not in text


def test_an_old_acknowledgement_is_told_of_its_own_incident_only() -> None:
    old = Acknowledgement(at=START - 600, by="ana", about="payments", note="restarting it")
    shop = [msgspec.structs.replace(moment, acknowledged=(SEEN, old)) for moment in stretch()]
    assert incident(shop, began=START, ended=START + 3_600).acknowledged == (SEEN,)
    assert incident(shop, began=START - 700, ended=START + 3_600).acknowledged == (old, SEEN)
    assert "nobody" in _seen_by("payments", "payments", at=START + 580)
