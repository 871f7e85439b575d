"""A rollout as text and as JSON: the same as its screen shows, held to its schema, whatever its texts are."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from prodtui.model.rollout import Decision, Driver, Phase, Rollout, Step, Word
from prodtui.reports.rollout_document import json_schema
from prodtui.reports.rollout_json import rollout_json
from prodtui.reports.rollout_text import MOST_STEPS, rollout_text, rollouts_text
from tests import rollouts

MOMENTS = [rollouts.steady, rollouts.held, rollouts.rolled_back, rollouts.watching]
VALIDATOR = jsonschema.Draft202012Validator(json_schema())
ANA = Driver("ana@ops pid 1", drives=True)
Made = Callable[[], tuple[Rollout, float]]


@pytest.mark.parametrize("made", MOMENTS, ids=lambda made: made.__name__)
def test_the_json_holds_to_its_schema(made: Made) -> None:
    VALIDATOR.check_schema(json_schema())
    document = json.loads(rollout_json(*made(), ANA))
    VALIDATOR.validate(document)
    assert document["schema"] == "prodtui.rollout-status/1"


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_has_a_name_in_the_json(phase: Phase) -> None:
    rollout, now = rollouts.steady()
    document = json.loads(rollout_json(replace(rollout, phase=phase), now, ANA))
    VALIDATOR.validate(document)
    assert document["phase"] == phase.name


def test_the_json_says_what_the_screen_shows() -> None:
    rollout, now = rollouts.steady()
    document = json.loads(rollout_json(rollout, now, ANA))
    assert (document["phase"], document["decision"]["word"], document["stage"]) == ("RUNNING", "WAIT", 2)
    assert document["left_s"] == pytest.approx(1_072)
    assert [stage["state"] for stage in document["stages"]] == ["over", "now", "ahead", "ahead"]
    assert [(stage["ok"], stage["bad"], stage["nodata"]) for stage in document["stages"][:2]] == [
        (10, 0, 0),
        (11, 1, 0),
    ]
    assert document["decision"]["waits_for"][0] == "17.9 min more"
    assert document["criteria"][0]["id"] == "error_ratio"


def test_what_nobody_knows_is_null_and_no_number() -> None:
    rollout, now = rollouts.held()
    document = json.loads(rollout_json(rollout, now, ANA))
    assert document["criteria"][0]["canary"] is None
    assert document["left_s"] is None
    odd = replace(rollouts.WELL[0], canary=math.nan, stable=math.inf)
    strange = replace(rollout, samples=(*rollout.samples, rollouts.sample(now, 1, (odd,))))
    assert "NaN" not in rollout_json(strange, now, ANA)
    assert "Infinity" not in rollout_json(strange, now, ANA)


def test_the_text_says_what_is_decided_first() -> None:
    rollout, now = rollouts.steady()
    told = rollout_text(rollout, now, ANA)
    head, _, decided, waits, *_ = told.splitlines()
    assert head.startswith("prod-eu  payments 1.4.2 → 1.5.0  RUNNING  traffic at 10 %")
    assert decided == "WAIT      12 samples: 11 OK, 1 BAD"
    assert waits == "waits for 17.9 min more"
    assert "›  10 %     30 min  ●●●●●●✖●●●●●  11 OK, 1 BAD, 17.9 min left" in told


def test_it_is_told_who_drives_it_and_no_guess_is_made_of_it() -> None:
    rollout, now = rollouts.steady()
    told, late = rollout_text(rollout, now, ANA), rollout_text(rollout, now + 600, ANA)
    assert "\ndriven by ana@ops pid 1\n" in told
    assert "\ndriven by ana@ops pid 1\nno sample for 10.1 min: a hook runs, or its driver hangs\n" in late
    left = rollout_text(rollout, now, ANA._replace(drives=False))
    assert "\ndriven by nobody, last by ana@ops pid 1: `prodtui rollout resume` goes on\n" in left
    assert "driven by" not in rollout_text(*rollouts.rolled_back(), ANA)
    assert json.loads(rollout_json(rollout, now, ANA))["driven"]


def test_very_many_steps_are_told_from_the_end() -> None:
    rollout, now = rollouts.steady()
    many = replace(rollout, steps=tuple(Step(at=now, what=f"step{n}", result="") for n in range(40)))
    told = rollout_text(many, now, ANA)
    assert f"the last {MOST_STEPS} of 40" in told
    assert "step39" in told
    assert "step27" not in told


def test_the_history_is_a_table_with_why_each_ended() -> None:
    told = rollouts_text([rollouts.rolled_back()[0], rollouts.held()[0]])
    head, first, second = told.splitlines()
    assert head.split() == ["id", "started", "what", "phase", "reached", "took", "by", "why"]
    assert "rolled back" in first
    assert first.endswith("one sample is enough: error_ratio 31 %, wants <= 1.2 %")
    assert "held" in second
    assert rollouts_text([]).startswith("No rollout is kept.")


@given(st.text(max_size=60))
def test_no_text_of_a_rollout_breaks_a_line_or_reaches_the_terminal_raw(hostile: str) -> None:
    rollout, now = rollouts.steady()
    criteria = tuple(replace(one, reason=hostile) for one in rollouts.WELL)
    spoilt = replace(
        rollout,
        by=hostile,
        steps=(Step(at=now, what=hostile, result=hostile, by=hostile),),
        samples=(rollouts.sample(now, 1, criteria),),
        decision=Decision(word=Word.WAIT, reason=hostile, waits_for=(hostile,)),
    )
    plain = rollout_text(replace(spoilt, by="x"), now, ANA)
    told = rollout_text(spoilt, now, ANA)
    assert len(told.split("\n")) == len(plain.split("\n"))
    assert not any(character in told for character in "\x1b\x07\x9b\r")
    VALIDATOR.validate(json.loads(rollout_json(spoilt, now, ANA)))
