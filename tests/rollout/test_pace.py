"""Sources are read as often as a plan's samples need it."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodtui.rollout.pace import interval_s, paced, patient
from prodtui.settings.load import load
from tests.rollout.rollouts import plan, stage


@pytest.mark.parametrize(("every_s", "interval"), [(30, 10), (120, 10), (6, 3), (1, 1)])
def test_each_sample_has_two_reads_but_a_hold_ends_soon(every_s: float, interval: float) -> None:
    assert interval_s(plan(stages=(stage(100, 1_000, every_s),))) == interval


def test_no_source_is_lost_between_two_reads(tmp_path: Path) -> None:
    path = tmp_path / "prodtui.toml"
    path.write_text(
        '[environments.prod.sources.metrics]\nkind = "prometheus"\nurl = "http://127.0.0.1:1"\nstale_after = "5s"\n'
        '[environments.prod.sources.registry]\nkind = "consul"\nurl = "http://127.0.0.1:1"\ninterval = "1m"\n'
    )
    found = paced(load(path).environment("prod"), plan(stages=(stage(100, 1_000, 60),)))
    assert [(one.interval_s, one.stale_after_s) for one in found.declared.sources] == [(10, 30), (10, 180)]
    assert [(source.settings.interval, source.settings.timeout) for source in found.sources] == [(10, 5), (10, 5)]


def test_one_look_may_take_its_time(tmp_path: Path) -> None:
    path = tmp_path / "prodtui.toml"
    path.write_text('[environments.prod.sources.metrics]\nkind = "prometheus"\nurl = "http://127.0.0.1:1"\n')
    assert patient(load(path).environment("prod"), 10).sources[0].settings.timeout == 10
