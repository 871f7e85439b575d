"""Failures that somebody answers for, for a while."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.assessment import NoteKind, State, Verdict
from prodtui.readiness.assess import Asking, assess
from prodtui.readiness.policy import Policy
from prodtui.readiness.waiver import DAY_S, Waiver
from prodtui.readiness.waivers import nowhere
from tests.builders import CRITICAL, NOW, registered, sli, well

CHECK = "performance.latency_p99"


def waiver(**fields: Any) -> Waiver:
    return Waiver(
        **{
            "id": "W-1",
            "check": CHECK,
            "service": "payments",
            "environment": "test",
            "reason": "slow partner",
            "ticket": "OPS-1",
            "owner": "ana",
            "approved_by": "ben",
            "created": NOW - DAY_S,
            "expires": NOW + 5 * DAY_S,
            **fields,
        }
    )


def slow(*waivers: Waiver) -> Any:
    """Payments is slow, and these waivers are in the policy."""
    world = well().tell("prometheus", sli("payments", p99_s=0.9), keyframe=False)
    return assess(world.views(), Policy(waivers=waivers), NOW, Asking(environment="test"))


def test_a_waived_failure_scores_half_stays_visible_and_is_a_warning() -> None:
    plain, waived = slow().service("payments"), slow(waiver()).service("payments")
    assert plain.verdict is Verdict.NOT_READY
    assert waived.verdict is Verdict.WARN
    result = next(c for c in waived.checks if c.id == CHECK)
    assert (result.state, result.waived, result.waiver) == (State.FAIL, True, "W-1")
    assert result.points * 2 == pytest.approx(float(result.of), abs=0.1)
    assert "W-1 waives performance.latency_p99" in waived.notes[0].text
    assert plain.score < waived.score < 100


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"expires": NOW - DAY_S}, "expired"),
        ({"expires": NOW + DAY_S}, "ends in 24 h"),
        ({"service": "nobody"}, "matches nothing"),
        ({"check": "security.tls_name"}, "matches nothing"),
    ],
)
def test_a_waiver_that_needs_attention_is_a_finding_of_its_own(fields: dict[str, Any], said: str) -> None:
    judged = slow(waiver(**fields))
    (note,) = judged.notes
    assert note.kind is NoteKind.WAIVER
    assert said in note.text


def test_a_waiver_of_another_environment_says_nothing_here() -> None:
    judged = slow(waiver(environment="staging"))
    assert not judged.notes
    assert judged.service("payments").verdict is Verdict.NOT_READY


def test_an_expired_waiver_waives_nothing() -> None:
    assert slow(waiver(expires=NOW - 1)).service("payments").verdict is Verdict.NOT_READY


def test_no_waiver_excuses_a_lost_source() -> None:
    world = well().fail("prometheus", at=NOW + 16)
    for other in ("consul", "pgbouncer", "postgres", "envoy"):
        world.tell(other, at=NOW + 16, keyframe=False)
    judged = assess(world.views(), Policy(waivers=(waiver(),)), NOW + 16, Asking(environment="test"))
    service = judged.service("payments")
    assert service is not None
    assert service.verdict is Verdict.INCONCLUSIVE
    assert not any(check.waived for check in service.checks)


@given(
    st.sampled_from([CHECK, "availability.passing", "data.pool_waiting", "no.such"]),
    st.sampled_from(["payments", "checkout", "nobody"]),
    st.floats(-10, 10),
    st.booleans(),
)
def test_adding_a_waiver_never_yields_ready(check: str, service: str, days: float, ill: bool) -> None:
    world = well().tell("consul", *registered("payments", 2, CRITICAL), keyframe=False) if ill else well()
    added = waiver(check=check, service=service, expires=NOW + days * DAY_S)
    judged = assess(world.views(), Policy(waivers=(added,)), NOW, Asking(environment="test"))
    assert judged.verdict is not Verdict.READY
    ordered = msgspec.structs.replace(added, id="W-2")
    both = assess(world.views(), Policy(waivers=(added, ordered)), NOW, Asking(environment="test"))
    assert both.verdict is judged.verdict


def test_a_waiver_that_is_not_needed_says_so() -> None:
    judged = assess(well().views(), Policy(waivers=(waiver(),)), NOW, Asking(environment="test"))
    payments = judged.service("payments")
    assert payments is not None
    assert payments.verdict is Verdict.WARN
    assert "the check passes, remove the waiver" in payments.notes[0].text


def test_a_waiver_of_an_environment_that_there_is_not_matches_nothing() -> None:
    (note,) = nowhere(Policy(waivers=(waiver(environment="prod"), waiver())), ["test"])
    assert "there is no environment prod, only test" in note.text
