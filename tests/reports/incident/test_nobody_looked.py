"""Stretches in which nobody looked: they say nothing of production, and are told once."""

from __future__ import annotations

from prodtui.model.moment import Event, Moment
from prodtui.reports.incident.incident import Incident, incident
from prodtui.reports.incident.markdown import incident_markdown
from tests.builders import ALL
from tests.timeline.course import Told, healthy

SOURCES = [source.name for source in ALL]


def _stretch(told: Told, silent_s: float) -> list[Moment]:
    """All is well; nobody looks for so long; one source after the other is read again."""
    unseen = [told.moment, told.wait(silent_s).moment]
    return [*unseen, *(told.tell(source).moment for source in told.course.snapshot.sources)]


def _incident(moments: list[Moment], *events: Event) -> Incident:
    return incident(moments, began=moments[0].now, ended=moments[-1].now, events=events)


def test_moments_at_which_nobody_looked_do_not_count() -> None:
    moments = _stretch(healthy().again(), 60)
    assert moments[1].assessment.verdict == "INCONCLUSIVE"
    found = _incident(moments)
    assert "INCONCLUSIVE" not in [turn.assessment.verdict for turn in found.turns]
    assert {one.at for one in found.failed} <= {moments[0].now, moments[-1].now}
    assert found.blind == ()
    assert found.worst is not moments[1]


def test_it_is_told_once_from_when_to_when_nobody_looked() -> None:
    text = incident_markdown(_incident(_stretch(healthy().again(), 60)))
    assert text.count("nobody looked from ") == 1
    assert "lost (no news)" not in text
    assert "`live → lost`" not in text


def test_an_end_that_nobody_saw_is_not_the_end_shown() -> None:
    moments = _stretch(healthy().again(), 60)[:2]
    found = _incident(moments)
    assert found.last is moments[0]
    assert found.gap.startswith("nobody looked from ")


def test_turns_to_unknown_and_back_of_a_stretch_unseen_are_left_out() -> None:
    moments = _stretch(healthy().again(), 60)
    at = moments[1].now
    lost = Event(
        at=at, kind="sli", name="payments latency_p99", before="PASS", after="UNKNOWN", text="prometheus lost (no news)"
    )
    back = Event(at=at + 4, kind="sli", name="payments latency_p99", before="UNKNOWN", after="PASS", text="9 ms")
    worse = Event(at=at + 4, kind="sli", name="payments error_ratio", before="UNKNOWN", after="FAIL", text="60 %")
    other = Event(
        at=at, kind="sli", name="payments error_ratio", before="PASS", after="UNKNOWN", text="prometheus lost (no news)"
    )
    told = [e for e in _incident(moments, lost, other, back, worse).events if e.kind == "sli"]
    assert [(e.name, e.before, e.after) for e in told] == [("payments error_ratio", "PASS", "FAIL")]


def test_sources_that_fail_are_looked_at_and_count() -> None:
    told = healthy().again()
    well = told.moment
    ill = told.lose(*SOURCES).moment
    found = _incident([well, ill])
    assert found.gap == ""
    assert found.last is ill
    assert found.blind


def test_a_source_that_stays_silent_while_others_are_read_counts_after_a_while() -> None:
    told = healthy().again()
    moments = [told.moment, *(told.again("consul").moment for _ in range(40))]
    found = _incident(moments)
    assert found.last is moments[-1]
    assert {spot.source for spot in found.blind} == {"consul"}
