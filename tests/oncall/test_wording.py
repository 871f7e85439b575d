"""What a message says."""

from __future__ import annotations

from msgspec.structs import replace

from prodtui.oncall import wording
from prodtui.oncall.wrong import causes
from prodtui.reports.incident.words import clock
from tests.ui import incidents


def test_each_change_before_has_its_time_and_equal_ones_are_one_line() -> None:
    deploy, config = incidents.DEPLOY, incidents.CONFIG
    again = (replace(deploy, at=deploy.at + 20.0), replace(deploy, at=deploy.at + 20.2))
    moment = incidents.told(replace(incidents.CLEAR, suspects=(config, *reversed(again), deploy)))
    (wrong,) = causes(moment, {})
    assert [line for line in wording.lines(wrong, moment, {}) if line.startswith("changed before: ")] == [
        f"changed before: {clock(config.at)} config of checkout: 8df14388 → b1c2a07e",
        f"changed before: {clock(deploy.at)} to {clock(deploy.at + 20.0)} deploy of payments: 2.14.0 → 2.14.1",
    ]
