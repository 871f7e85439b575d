"""What was told as an incident is told as over, once, as a store has it too."""

from __future__ import annotations

from contextlib import closing

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from prodtui.model.notice import Severity
from prodtui.oncall.state import adopted
from tests.oncall.hearing import Ear, Keeper
from tests.oncall.ills import all_well, caller_too, exhausted, one_of_each, shop


def test_two_incidents_that_grow_together_end_each_by_itself() -> None:
    with closing(Keeper()) as keeper:
        course = shop()
        warned = keeper.after(one_of_each(course), 60)
        worse = keeper.after(caller_too(course), 60)
        over = keeper.after(all_well(course), 1200, every_s=20)
        assert keeper.lasting == ()
    assert [one.severity for one in (*warned, *worse)] == [Severity.WARNING] * 2 + [Severity.CRITICAL] * 2
    incidents = {one.incident for one in warned}
    assert len(incidents) == 2
    assert {one.incident for one in worse} == incidents
    assert sorted(one.incident for one in over) == sorted(incidents)


def test_a_second_incident_does_not_take_the_name_of_the_first_though_another_one_sees_both_as_one() -> None:
    ear, course = Ear(), shop()
    first, second = ear.after(one_of_each(course), 60)
    other = msgspec.structs.replace(
        first, id=f"{first.incident}.3", severity=Severity.CRITICAL, entities=(*first.entities, *second.entities)
    )
    assert adopted(ear.state, second, [other]) == (ear.state, second)


bad_spells = st.lists(
    st.tuples(st.sampled_from(["pool", "one of each", "caller", "source"]), st.integers(5, 400)), max_size=5
)


@settings(max_examples=15)
@given(bad_spells, st.booleans())
@example([("one of each", 60), ("caller", 60)], False)
def test_every_incident_that_is_told_gets_one_recovery(spells: list[tuple[str, int]], between: bool) -> None:
    with closing(Keeper()) as keeper:
        course = shop()
        for kind, lasts_s in spells:
            if kind == "source":
                keeper.after(course, lasts_s, "prometheus", every_s=10)
                continue
            {"pool": exhausted, "one of each": one_of_each, "caller": caller_too}[kind](course)
            keeper.after(course, lasts_s, every_s=10)
            if between:
                keeper.after(all_well(course), 30, every_s=10)
        keeper.after(all_well(course), 2 * 3600, every_s=60)
        assert keeper.state.open == ()
        assert keeper.lasting == ()
    opened = {one.incident for one in keeper.heard if not one.recovered}
    over = [one.incident for one in keeper.heard if one.recovered]
    assert sorted(over) == sorted(opened)
