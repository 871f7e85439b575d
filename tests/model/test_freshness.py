"""live, stale, lost."""

from __future__ import annotations

import pytest

from prodtui.model.cause import Cause, CauseClass
from prodtui.model.freshness import Freshness, SourceState
from tests.builders import CONSUL, NOW

REFUSED = Cause(CauseClass.REFUSED, "refused")


@pytest.mark.parametrize(
    ("age_s", "cause", "expected"),
    [
        (0.0, None, Freshness.LIVE),
        (6.0, None, Freshness.LIVE),
        (6.1, None, Freshness.STALE),
        (0.0, REFUSED, Freshness.STALE),
        (15.0, REFUSED, Freshness.STALE),
        (15.1, None, Freshness.LOST),
        (15.1, REFUSED, Freshness.LOST),
        (None, None, Freshness.LOST),
        (None, REFUSED, Freshness.LOST),
        (-1.0, None, Freshness.LIVE),
    ],
)
def test_freshness_at_two_seconds_interval(age_s: float | None, cause: Cause | None, expected: Freshness) -> None:
    state = SourceState(declared=CONSUL, read_at=None if age_s is None else NOW - age_s, cause=cause)
    assert state.freshness(NOW) is expected


def test_the_age_of_an_answer_from_a_clock_ahead_of_ours_is_nought() -> None:
    assert SourceState(declared=CONSUL, read_at=NOW + 3).age_s(NOW) == 0


@pytest.mark.parametrize(
    ("cause", "again"),
    [
        (CauseClass.REFUSED, True),
        (CauseClass.TIMEOUT, True),
        (CauseClass.OVERLOAD, True),
        (CauseClass.AUTH, False),
        (CauseClass.PERMISSION, False),
        (CauseClass.TLS, False),
    ],
)
def test_only_what_may_mend_itself_is_worth_retrying(cause: CauseClass, *, again: bool) -> None:
    assert Cause(cause, "").worth_retrying is again
