"""What broke first, in lines and as a tree: pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from prodtui.model.assessment import Verdict
from prodtui.model.incident import ChangeSeen, Confidence, Consequence, EntityKind, Failing, FirstCause, Onset
from prodtui.model.records import HealthCheck, HealthStatus
from prodtui.ui import format as fmt
from prodtui.ui.line import Line, line_length
from prodtui.ui.rows import acknowledged, chain, first, onsets, services
from tests.ui import incidents
from tests.ui.moments import Shop, ill, registry, well

NOW = incidents.BROKE + 30


def plain(lines: tuple[Line, ...]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def at(second: float) -> str:
    return fmt.clock(incidents.BROKE + second)


def test_the_chain_is_told_from_cause_to_consequence_with_its_times() -> None:
    (line, changed) = plain(first.lines(incidents.clear(), 200, 5))
    assert line.split(" → ") == [
        f"FIRST    pid 4121 payments holds a lock {at(-13)}",
        f"payments-db 34 waiting {at(0)}",
        f"payments p99 2.4 s {at(6)}",
        f"checkout→payments open {at(8)}",
        f"checkout fails 4.1 % {at(10)}",
    ]
    assert changed == f"CHANGED  payments 2.14.0 → 2.14.1 {at(-740)}, 12 min before"


def test_a_cause_that_was_seen_bad_after_what_follows_from_it_is_said_to_be_seen_late() -> None:
    late = replace(incidents.SLOW, onset=Onset(incidents.BROKE + 9, incidents.BROKE + 10))
    moment = incidents.told(FirstCause(cause=late, chain=(Consequence(incidents.BREAKER, late.key),)))
    assert plain(first.lines(moment, 120, 5))[0].split(" → ")[0].endswith(f"{at(10)} seen late")
    assert "seen late" in plain((chain.lead(moment),))[0]
    assert [row.cells[2].whole for row in chain.rows(moment) if row.key.startswith("0 ")] == [
        "p99 2.4 s  seen late",
        "open",
    ]


@pytest.mark.parametrize("width", [78, 118, 138])
def test_what_has_no_room_is_counted_and_opened_by_f(width: int) -> None:
    line = first.lines(incidents.clear(), width, 5)[0]
    said = plain((line,))[0]
    assert line_length(line) <= width
    assert said.startswith("FIRST    pid 4121 payments holds a lock")
    # More of what follows is worth more than when it did.
    told = sum(what in said for what in ("34 waiting", "p99 2.4 s", "checkout→payments open", "fails 4.1 %"))
    assert said.endswith(f" → {4 - told} more f")
    assert told >= 2 or width == 78


def test_one_line_tells_the_cause_and_that_something_changed() -> None:
    (line,) = plain(first.lines(incidents.clear(), 78, 1))
    assert "pid 4121 payments holds a lock" in line
    assert line.endswith(f"CHANGED {at(-740)[:-3]}")
    assert len(line) == 78


def test_chains_suspects_blind_spots_and_what_was_broken_already_stand_apart() -> None:
    labels = [line.split()[0] for line in plain(first.lines(incidents.whole(), 120, 5))]
    assert labels == ["FIRST", "ALSO", "CHANGED", "BLIND", "ALREADY"]
    labels = [line.split()[0] for line in plain(first.lines(incidents.whole(), 120, 2))]
    assert labels == ["FIRST", "CHANGED"]


def test_where_it_is_unclear_candidates_are_named_and_none_is_chosen() -> None:
    moment = incidents.unclear()
    (line,) = plain(first.lines(moment, 120, 5))
    assert line.startswith("FIRST    unclear: 2 candidates  payments-db 34 waiting")
    assert "payments p99 2.4 s" in line
    assert first.top(moment) == ""


def test_nothing_failing_says_since_when_and_a_blind_spot_keeps_it_company() -> None:
    assert "nothing failing since" in plain(first.lines(well(), 120, 5))[0]
    blind = replace(well(), blind=(incidents.BLIND,))
    lines = plain(first.lines(blind, 120, 5))
    assert lines[1].startswith("BLIND    envoy lost since")
    assert "ejections and overflow" in lines[1]


def test_an_old_failure_is_never_called_the_first() -> None:
    lines = plain(first.lines(incidents.told(incidents.OLD), 120, 5))
    assert lines[0] == "FIRST    2 failing or unknown: it was broken long before"
    assert lines[1].startswith("ALREADY  inventory-1 critical before ")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Onset(incidents.BROKE - 1, incidents.BROKE), "{0}"),
        (Onset(None, incidents.BROKE), "before {0}"),
        (Onset(incidents.BROKE - 6, incidents.BROKE), "{-6}–{tail}"),
        (Onset(incidents.BROKE - 660, incidents.BROKE), "{-660}–{0}"),
    ],
)
def test_onsets_are_intervals(told: Onset, said: str) -> None:
    for second in (0, -6, -660):
        said = said.replace(f"{{{second}}}", at(second))
    assert onsets.onset(told, NOW) == said.replace("{tail}", at(0)[-2:])


def test_the_service_that_broke_first_is_on_top_of_the_services() -> None:
    cause = replace(incidents.SESSION, service="catalog")
    assert services.rows(incidents.told(FirstCause(cause=cause)))[0].key == "catalog"
    assert services.rows(ill())[0].key == "payments"
    assert services.rows(incidents.told(replace(incidents.UNCLEAR, cause=cause)))[0].key == "payments"


def test_a_problem_that_somebody_has_seen_bears_a_mark() -> None:
    marked = {row.key for row in services.rows(incidents.whole()) if acknowledged.MARK in row.cells[1].whole}
    assert marked == {"payments"}


def test_what_fails_after_an_acknowledgement_bears_no_mark() -> None:
    seen = replace(incidents.SEEN, at=incidents.SESSION.onset.not_after - 1.0)
    told = replace(incidents.whole(), acknowledged=(seen,))
    assert not [row.key for row in services.rows(told) if acknowledged.MARK in row.cells[1].whole]
    assert not [row.key for row in chain.rows(told) if acknowledged.MARK in row.cells[1].whole]
    assert acknowledged.MARK not in "".join(run[0] for line in first.lines(told, 120, 9) for run in line)


def test_the_tree_has_every_consequence_below_what_it_follows_from() -> None:
    rows = [row for row in chain.rows(incidents.clear()) if row.key.startswith("0 ")]
    names = [row.cells[1].whole for row in rows]
    assert names == [
        "session pid 4121 payments",
        "└ pool payments-db",
        "  └ payments",
        "    └ breaker checkout→payments",
        "      └ checkout",
    ]
    assert rows[2].cells[-1].text == f"{at(-4)}–{at(6)[-2:]}"


def test_every_row_of_the_tree_is_found_again_by_its_key() -> None:
    moment = incidents.whole()
    for row in chain.rows(moment):
        if row.heading:
            continue
        found = (chain.failing_of(row.key, moment), chain.suspect_of(row.key, moment), row.key.startswith("source:"))
        assert sum(map(bool, found)) == 1


NAMES = st.sampled_from("abcdefgh")
FAILING = st.builds(
    lambda name, start, width: Failing(
        kind=EntityKind.SERVICE, name=name, what="fails", onset=Onset(start, start + width), service=name
    ),
    NAMES,
    st.floats(incidents.BROKE, incidents.BROKE + 60),
    st.floats(0, 60),
)


@given(
    cause=FAILING,
    links=st.lists(st.tuples(FAILING, NAMES), max_size=12),
    candidates=st.lists(FAILING, max_size=4),
    width=st.integers(20, 200),
    most=st.integers(1, 5),
)
def test_whatever_is_handed_in_fits_and_names_each_entity_once(
    cause: Failing, links: list[tuple[Failing, str]], candidates: list[Failing], width: int, most: int
) -> None:
    consequences = tuple(Consequence(failing, f"service:{of}") for failing, of in links)
    suspect = ChangeSeen(at=incidents.BROKE - 60, kind="deploy", service="a", before="1", after="2")
    told = FirstCause(
        cause=cause,
        chain=consequences,
        candidates=tuple(candidates),
        confidence=Confidence.UNCLEAR if candidates else Confidence.CLEAR,
        suspects=(suspect,),
    )
    moment = incidents.told(told)
    lines = first.lines(moment, width, most)
    assert 1 <= len(lines) <= most
    assert all(line_length(line) <= width for line in lines)
    keys = [row.key for row in chain.rows(moment) if row.key.startswith("0 ")]
    assert len(keys) == len(set(keys))
    wanted = {cause.key} | {f.key for f in candidates}
    assert wanted <= {key.partition(" ")[2] for key in keys}


def test_of_a_time_at_which_nobody_looked_it_is_said_since_when() -> None:
    world = Shop()
    world.well()
    gap = world.moment(3_600.0)
    (line, *_) = plain(first.lines(gap, 118, 5))
    assert line.startswith("FIRST    nobody looked since ")


def test_what_only_recovers_is_said_to_fail_no_more() -> None:
    shop = Shop()
    shop.well()
    shop.moment()
    down = (replace(r, status=HealthStatus.CRITICAL) if isinstance(r, HealthCheck) else r for r in registry())
    shop.tell("consul", *down)
    shop.moment()
    shop.well()
    moment = replace(shop.moment(), first=())
    assert moment.assessment.verdict is Verdict.NOT_READY
    (line, *_) = plain(first.lines(moment, 118, 5))
    assert line.startswith("FIRST    nothing fails any more, one more good look is wanted of ")
