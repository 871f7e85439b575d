"""Since when, by series from before we looked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.incident import Onset
from prodtui.model.past import Past, Quantity
from prodtui.timeline.earlier import earlier, onset_of


def _past(*values: float | None, quantity: Quantity = Quantity.P99, **fields: object) -> Past:
    return Past(label="pay", quantity=quantity, start=100.0, step_s=10.0, values=values, **fields)  # type: ignore[arg-type]


def _onset(*values: float | None, window_s: float = 0.0) -> Onset | None:
    return onset_of(_past(*values, window_s=window_s), lambda value: value >= 1)


def test_it_is_bad_since_the_first_bad_point_after_the_last_good_one() -> None:
    assert _onset(0, 1, 0, 1, 1) == Onset(120.0, 130.0)


def test_a_window_moves_the_last_good_point_back() -> None:
    assert _onset(0, 0, 1, window_s=20.0) == Onset(90.0, 120.0)


def test_gaps_widen_the_interval_and_say_nothing_else() -> None:
    assert _onset(0, None, None, 1, None) == Onset(100.0, 130.0)


def test_what_was_always_bad_began_before_the_series() -> None:
    assert _onset(1, 1, 1) == Onset(None, 100.0)


def test_what_is_well_at_the_end_or_unknown_has_no_onset() -> None:
    assert _onset(1, 0) is None
    assert _onset(None, None) is None


def test_the_earliest_of_latency_and_errors_dates_the_service_and_an_alert_only_what_they_do_not() -> None:
    pasts = [
        ("prometheus", _past(0, 0, 1)),
        ("prometheus", _past(0, 1, 1, quantity=Quantity.ERRORS)),
        ("prometheus", _past(1, quantity=Quantity.ALERT)),
    ]
    told = earlier(pasts, lambda label, quantity: 1.0, lambda label: f"service-{label}")  # noqa: ARG005
    assert told == {"check:service-pay:performance": Onset(100.0, 110.0)}
    told = earlier(pasts, lambda label, quantity: None, lambda label: label)  # noqa: ARG005
    assert told == {"check:pay:performance": Onset(None, 100.0)}


def test_breakers_and_targets_go_by_their_records() -> None:
    pasts = [
        ("prometheus", _past(0, 1, quantity=Quantity.BREAKER, of="a/b/1")),
        ("prometheus", _past(1, 0, quantity=Quantity.UP, of="job/1")),
    ]
    told = earlier(pasts, lambda label, quantity: None, lambda label: label)  # noqa: ARG005
    assert told == dict.fromkeys(("breaker:prometheus:a/b/1", "target:prometheus:job/1"), Onset(100.0, 110.0))


@given(st.lists(st.one_of(st.none(), st.floats(0, 2)), max_size=20))
def test_an_onset_lies_in_the_series_and_ends_bad(values: list[float | None]) -> None:
    onset = _onset(*values)
    known = [value for value in values if value is not None]
    assert (onset is not None) is bool(known and known[-1] >= 1)
    if onset is not None:
        assert values[int((onset.not_after - 100) / 10)] is not None
        assert onset.at is None or onset.at < onset.not_after
