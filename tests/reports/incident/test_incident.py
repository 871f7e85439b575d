"""An incident: gathered from moments, told whole, bounded, and inert whatever systems say."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import example, given, settings
from markdown_it import MarkdownIt

from prodtui.model.moment import Event, Moment
from prodtui.model.rollout import Phase
from prodtui.reports.handover import handover
from prodtui.reports.incident.incident import MOST_EVENTS, Incident, Picture, incident
from prodtui.reports.incident.incident_json import incident_json
from prodtui.reports.incident.markdown import incident_markdown
from tests import rollouts
from tests.reports.incident.stretches import hostile_stretches, stretch
from tests.ui import moments

SCHEMA = jsonschema.Draft202012Validator(
    json.loads((Path(__file__).parents[3] / "docs" / "incident.schema.json").read_text())
)
BEGAN, ENDED = moments.START, moments.START + 3_600


def _incident(found: list[Moment], *events: Event) -> Incident:
    return incident(found, began=BEGAN, ended=ENDED, events=events)


def test_an_incident_remembers_what_is_over_by_its_end() -> None:
    found = _incident(stretch())
    assert found.last.assessment.verdict == "READY"
    assert found.worst.assessment.verdict == "NOT_READY"
    assert found.first[0].cause.name == "pid 4121"
    assert {one.worst.name for one in found.failed} >= {"payments", "checkout"}
    assert all(one.over is not None for one in found.failed)
    assert [turn.assessment.verdict for turn in found.turns][:2] == ["READY", "NOT_READY"]


def test_events_of_overlapping_moments_are_told_once_and_oldest_first() -> None:
    found = _incident([*stretch(), *stretch()])
    assert len(set(found.events)) == len(found.events) > 0
    assert [event.at for event in found.events] == sorted(event.at for event in found.events)
    assert all(BEGAN <= event.at <= ENDED for event in found.events)


def test_what_broke_first_stands_above_everything_else_with_its_times() -> None:
    text = incident_markdown(_incident(stretch()))
    head, _, rest = text.partition("## First cause")
    assert "session pid 4121 holds a lock" in head
    assert head.count("\n") < 15
    cause, _, rest = rest.partition("## What failed")
    tree = cause[cause.index("```text") :]
    assert re.search(r"^\d\d:\d\d:\d\dZ session pid 4121 holds a lock$", tree, re.M)
    assert re.search(r"^└ \S+Z–\S+Z pool payments-db 34 waiting$", tree, re.M)
    assert re.search(r"^  └ before \S+Z sli checkout p99 2.4 s$", tree, re.M)
    assert "deploy of payments: 1.4.1 → 1.4.2" in cause
    failed, _, rest = rest.partition("## Timeline")
    assert "### `payments` NOT READY" in failed
    assert "payments-db 34 clients waiting" in failed
    assert failed.count("payments-2: critical: ready") == 1
    assert "payments-1: passing" not in failed
    assert "killing the session" in rest
    assert "`envoy`, since" in rest


def test_more_events_than_anybody_reads_are_left_out_in_the_middle_and_counted() -> None:
    many = [Event(at=BEGAN + n / 10, kind="health", name=f"check {n}", before="a", after="b") for n in range(5_000)]
    found = _incident([moments.well()], *many)
    assert len(found.events) == MOST_EVENTS
    assert found.events[0] == many[0]
    assert found.events[-1] == many[-1]
    assert found.events_left_out == 4_000
    text = incident_markdown(found)
    assert "left out" in text
    assert len(text) < 100_000
    assert json.loads(incident_json(found))["left_out"]["events"] == 4_000


def test_what_does_not_fit_is_named() -> None:
    found = _incident(stretch())
    cut = incident_markdown(found, largest_bytes=4_000)
    assert len(cut.encode()) <= 4_000
    assert "Too long to be shown here: " in cut
    assert "session pid 4121" in cut


def test_a_picture_is_shown_as_it_is() -> None:
    lines = ("Services 5", "```", "  payments  <b>34</b> waiting", "````` x")
    text = incident_markdown(_incident(stretch()), [Picture(title="Overview", at=BEGAN, lines=lines)])
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert tokens[-1].type == "fence"
    assert tokens[-1].content.splitlines() == list(lines)


def test_no_moment_is_no_incident() -> None:
    with pytest.raises(ValueError, match="moment"):
        _incident([])


hostile = given(hostile_stretches())


@settings(max_examples=30)
@hostile
@example(stretch())
def test_json_holds_to_its_schema_whatever_systems_say(found: list[Moment]) -> None:
    document = json.loads(incident_json(_incident(found)))
    assert [error.message for error in SCHEMA.iter_errors(document)] == []


INLINE = {"text", "code_inline", "strong_open", "strong_close", "softbreak"}
BLOCKS = {
    "heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "fence", "bullet_list_open",
    "bullet_list_close", "list_item_open", "list_item_close", "table_open", "table_close", "thead_open", "thead_close",
    "tbody_open", "tbody_close", "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close",
}  # fmt: skip


def _is_ours_and_nothing_of_theirs(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert {token.type for token in tokens} <= BLOCKS
    inline = [child for token in tokens for child in token.children or ()]
    assert {token.type for token in inline} <= INLINE
    said = "".join(token.content for token in inline if token.type == "text")
    assert not re.search(r"[@#<]|://|www\.", said)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", text)
    headings = [tokens[n + 1].content for n, token in enumerate(tokens) if token.type == "heading_open"]
    assert "owned" not in headings


@settings(max_examples=30)
@hostile
@example(stretch())
def test_markdown_is_ours_and_nothing_of_theirs(found: list[Moment]) -> None:
    lines = tuple(event.text for moment in found for event in moment.events)
    _is_ours_and_nothing_of_theirs(
        incident_markdown(_incident(found), [Picture(title="Overview", at=BEGAN, lines=lines)])
    )


@settings(max_examples=30)
@hostile
@example(stretch())
def test_a_handover_is_ours_and_nothing_of_theirs(found: list[Moment]) -> None:
    _is_ours_and_nothing_of_theirs(handover(found[-1]))


def test_a_handover_says_what_is_open_since_when_and_what_was_tried() -> None:
    ill = stretch()[1]
    text = handover(ill)
    opened, _, rest = text.partition("## First causes")
    row = next(line for line in opened.splitlines() if "`payments`" in line and line.startswith("|"))
    assert "NOT READY" in row
    assert "since" in row
    assert "`ana`" in row
    assert "session pid 4121 holds a lock" in rest
    assert "killing the session" in rest[rest.index("## What was tried") :]
    assert "`envoy`" in rest[rest.index("## Blind spots") :]


def test_a_handover_of_a_quiet_night_is_short() -> None:
    text = handover(msgspec.structs.replace(moments.well(), events=()))
    assert "Every service is READY." in text
    assert len(text.splitlines()) < 15


def test_a_handover_says_where_rollouts_are_and_how_they_ended() -> None:
    paused, now = rollouts.steady()
    paused = msgspec.structs.replace(paused, phase=Phase.PAUSED, held_at=now - 30.0)
    back, _ = rollouts.rolled_back()
    quiet = msgspec.structs.replace(moments.well(), events=(), now=now + 120.0)
    text = handover(quiet, (paused, back), "`it` broke first; all was well again.")
    assert "Every service is READY." in text
    lines = text[text.index("## Rollouts") : text.index("## Ended last")].splitlines()
    assert lines[2].startswith("- `payments 1.4.2 → 1.5.0`, begun 2026-11-22 ")
    assert "**PAUSED** since " in lines[2]
    assert (
        "(2 min 30 s), 10 % of traffic, stage 10 %; WAIT: `12 samples: 11 OK, 1 BAD`; waits for `240 more" in lines[2]
    )
    assert "**ROLLED BACK** at " in lines[3]
    assert "ago), in the stage of 10 %: `one sample is enough: " in lines[3]
    assert "all was well again" in text[text.index("## Ended last") : text.index("## What was tried")]


def test_a_handover_says_which_acknowledgement_is_over() -> None:
    _, ill, *_, over = stretch()
    assert "on `payments`: `killing the session`\n" in handover(ill)
    text = handover(msgspec.structs.replace(over, acknowledged=ill.acknowledged))
    assert "on `payments`: `killing the session`; that is over\n" in text


def test_what_was_not_judged_yet_at_the_start_did_not_fail_and_is_not_the_worst() -> None:
    shop = moments.Shop()
    start = [shop.moment(1.0) for _ in range(3)]
    assert start[0].assessment.verdict == "INCONCLUSIVE"
    ill = stretch()[1:]
    found = _incident([*start, *ill])
    assert {one.worst.name for one in found.failed} == {one.worst.name for one in _incident(ill).failed}
    assert found.worst.now >= ill[0].now
    text = incident_markdown(found)
    assert "- not ready: `" in text
    assert "- not known" not in text
    assert {one.worst.name for one in _incident(start).failed} == {one.name for one in start[0].assessment.services}
    assert "- not known: `" in incident_markdown(_incident(start))


def test_at_its_worst_most_is_lost_for_certain() -> None:
    ill = stretch()[1]
    less = msgspec.structs.replace(ill.assessment, score=Fraction(1), score_max=ill.assessment.score_max + 1)
    unknown = msgspec.structs.replace(ill, now=ill.now - 1.0, assessment=less)
    assert _incident([unknown, ill]).worst is ill
