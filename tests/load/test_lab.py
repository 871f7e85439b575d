"""Loads of the lab: what saturates first is named, and what is none of the load's business stops it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prodtui.cli.load_run import Loading
from prodtui.lab.state import Lab
from prodtui.model.load import LoadVerdict
from prodtui.readiness.policy_file.load import load as load_policy
from prodtui.settings.load import load as load_settings
from tests.faults import fault
from tests.load.serving import Told, loaded, until


def of_storefront(lab: Lab, folder: Path, rest: str) -> Loading:
    """A load like the lab's own `storefront-50`, but for this."""
    target = load_policy(lab.policy_path).loads["storefront-50"].target
    rules = folder / "readiness.toml"
    rules.write_text(f'extends = "{lab.policy_path}"\n[load.short]\ntarget = "{target}"\n{rest}')
    policy, config = load_policy(rules), folder / "prodtui.toml"
    config.write_text(f'store = "{folder / "store.db"}"\n{lab.config_path.read_text()}')
    return Loading(load_settings(config, {}).environment(), policy, policy.loads["short"])


async def test_a_pool_without_connections_fails_it_and_is_named(lab: Lab, tmp_path: Path) -> None:
    with fault(lab, "pool-exhausted", alerts=False):
        given = of_storefront(lab, tmp_path, 'users = 10\nduration = "5s"\n')
        run = await loaded(given)
    assert run.verdict is LoadVerdict.NOT_MET
    assert (run.service, run.version) == ("storefront", "2.3.0")
    assert "errors" in run.reason
    first = run.saturated[0]
    assert (first.kind, first.name) == ("pool", "payments-db")
    assert first.what.startswith("10 of 10 used, ")
    assert "saturated first: pool payments-db: 10 of 10 used, " in run.reason


async def test_an_instance_that_dies_stops_it(well_lab: Lab, tmp_path: Path) -> None:
    told = Told()
    task = asyncio.create_task(loaded(of_storefront(well_lab, tmp_path, 'users = 3\nduration = "60s"\n'), told))
    await until(lambda: bool(told.progress and told.progress[-1].ticks))
    with fault(well_lab, "instance-killed", alerts=False):
        run = await task
    assert run.verdict is LoadVerdict.STOPPED
    assert run.reason.startswith("payments is NOT_READY: ")
    assert run.requests > 0
