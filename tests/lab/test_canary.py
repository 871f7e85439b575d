"""A candidate of payments beside the stable version: its share of real traffic, and builds that are really bad."""

from __future__ import annotations

import http.client
import subprocess
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest

from prodtui.lab import canary as candidate
from prodtui.lab import envoy, fleet, prometheus, registry
from prodtui.lab.errors import LabError
from prodtui.lab.health import ailments, wait_until_well
from prodtui.lab.network import LOOPBACK, accepts, ask, ask_json
from prodtui.lab.processes import alive, marked
from prodtui.lab.state import Lab
from prodtui.lab.topology import CANARY_CLUSTER, CANARY_INSTANCE, REQUESTS_PER_S
from prodtui.model.rollout import Plan
from prodtui.rollout.plan_file.load import load
from tests.lab.observe import state_of, until

REQUESTS = 400


@pytest.fixture(scope="module")
def canary(lab: Lab) -> Iterator[Lab]:
    """The session's lab with a good canary, and without it afterwards."""
    candidate.up(lab, "good")
    try:
        yield lab
    finally:
        candidate.down(lab)
        wait_until_well(lab, timeout=45)


@pytest.fixture
def plan(lab: Lab) -> Plan:
    return load(lab.rollout_path)


def authorise(port: int) -> tuple[int, str, float]:
    """Status, text and seconds of one authorisation; status 0 where the connection is lost."""
    began = time.monotonic()
    try:
        status, body = ask(f"http://{LOOPBACK}:{port}/authorisations", method="POST", timeout=10)
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error), time.monotonic() - began
    return status, body.decode(), time.monotonic() - began


def completed(lab: Lab) -> dict[str, int]:
    """Requests that each of payments' two clusters has answered."""
    names, state = ["upstream_rq_completed"], state_of(lab)
    return {one: sum(envoy.counted(state, one, names).values()) for one in ("payments", CANARY_CLUSTER)}


def share(lab: Lab, requests: int = REQUESTS) -> float:
    """Sends requests through Envoy to payments; the part that its canary answered, the lab's own traffic included."""
    before, port = completed(lab), state_of(lab).ports["to-payments"]
    with ThreadPoolExecutor(8) as pool:
        statuses = [status for status, *_ in pool.map(lambda _: authorise(port), range(requests))]
    grown = {cluster: count - before[cluster] for cluster, count in completed(lab).items()}
    assert set(statuses) == {200}
    assert sum(grown.values()) >= requests
    return grown[CANARY_CLUSTER] / sum(grown.values())


@contextmanager
def running(lab: Lab, build: str, log: Path) -> Iterator[int]:
    """An instance of this build on its own, without Envoy and Prometheus; its port. It writes to the log."""
    state = state_of(lab)
    process, port = fleet.canary(state, build), state.ports[CANARY_INSTANCE]
    with (
        log.open("w") as errors,
        subprocess.Popen(process.argv, env=marked(lab.directory), stderr=errors) as supervisor,
    ):
        try:
            until(lambda: accepts(port), f"the {build} build answers")
            yield port
        finally:
            supervisor.terminate()
            supervisor.wait(10)
            registry.deregister(state, CANARY_INSTANCE)
    assert not accepts(port)


def test_without_a_canary_there_is_no_trace_of_one(lab: Lab) -> None:
    assert CANARY_CLUSTER not in envoy.hosts(state_of(lab))
    assert CANARY_INSTANCE not in registry.registered(state_of(lab))
    assert candidate.percent(lab) is None
    with pytest.raises(LabError, match="no canary is up"):
        candidate.weigh(lab, 10)
    candidate.down(lab)


def test_an_unknown_build_is_refused_with_those_that_there_are(lab: Lab) -> None:
    with pytest.raises(LabError, match="no build 'best'; there are: good, slow, wrong, crashing"):
        candidate.up(lab, "best")


def test_a_wrong_build_is_refused_by_the_real_database_now_and_then(lab: Lab, tmp_path: Path) -> None:
    with running(lab, "wrong", tmp_path / "log") as port:
        answers = [authorise(port) for _ in range(40)]
    failed = {text for status, text, _ in answers if status == 500}
    assert 200 in {status for status, *_ in answers}
    assert len(failed) == 1
    assert 'UndefinedColumnError: column "limit_cents" does not exist' in failed.pop().replace("\\", "")


def test_a_slow_build_is_slow_now_and_then_and_right(lab: Lab, tmp_path: Path) -> None:
    took = [0.0]
    with running(lab, "slow", tmp_path / "log") as port:
        while max(took) < 0.3 and len(took) < 100:
            status, _, seconds = authorise(port)
            assert status == 200
            took.append(seconds)
    assert max(took) > 0.3
    assert median(took) < 0.1


def test_a_crashing_build_is_killed_by_a_real_fault_and_started_again(lab: Lab, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running(lab, "crashing", log) as port:
        answers = [authorise(port)[0] for _ in range(25)]
        assert answers == [200] * 24 + [0]
        until(lambda: "killed by SIGSEGV, started again" in log.read_text(), "its supervisor says what happened")
        until(lambda: authorise(port)[0] == 200, "it is there again")


def test_a_canary_is_told_from_stable_everywhere_and_gets_nothing_yet(canary: Lab) -> None:
    state = state_of(canary)
    services = ask_json(f"{canary.server('consul').url}/v1/agent/services")
    tracks = {name: services[name]["Tags"][-1] for name in ("payments-1", "payments-2", CANARY_INSTANCE)}
    assert tracks == {"payments-1": "stable", "payments-2": "stable", CANARY_INSTANCE: "canary"}
    assert services[CANARY_INSTANCE]["Meta"]["version"] == "1.5.0"
    targets = prometheus.query(state, 'up{service="payments"} == 1')
    assert {one["metric"]["instance"]: one["metric"]["track"] for one in targets} == tracks
    assert envoy.hosts(state)[CANARY_CLUSTER] == {state.ports[CANARY_INSTANCE]: True}
    assert candidate.percent(canary) == 0
    assert completed(canary)[CANARY_CLUSTER] == 0
    assert tomllib.loads(canary.policy_path.read_text())["release"] == {"version": "1.5.0"}
    assert ailments(canary, alerts=False) == []


def test_the_canarys_share_of_the_requests_is_its_weight(canary: Lab) -> None:
    candidate.weigh(canary, 25)
    # Five standard deviations of 400 requests, of which one in four is the canary's.
    assert share(canary) == pytest.approx(0.25, abs=5 * (0.25 * 0.75 / REQUESTS) ** 0.5)
    candidate.weigh(canary, 0.1)
    assert candidate.percent(canary) == 0.1
    candidate.weigh(canary, 100)
    assert share(canary, 50) > 0.95  # what was on its way before may be stable's
    candidate.weigh(canary, 0)
    assert share(canary, 50) < 0.05


@pytest.mark.parametrize("percent", [-1, 101])
def test_no_share_is_beyond_the_whole(canary: Lab, percent: float) -> None:
    with pytest.raises(LabError, match="0 to 100 %"):
        candidate.weigh(canary, percent)
    assert candidate.percent(canary) == 0


def test_the_plan_speaks_of_what_there_is(canary: Lab, plan: Plan) -> None:
    state = state_of(canary)
    assert (plan.service, plan.candidate, plan.rollback_to) == ("payments", "1.5.0", "1.4.2")
    assert [stage.percent for stage in plan.stages] == [10, 50, 100]
    assert plan.groups.cluster == (CANARY_CLUSTER, "payments")
    assert set(plan.groups.cluster) <= envoy.hosts(state).keys()
    assert plan.groups.tag == ("canary", "stable")


def test_the_plans_hooks_shift_the_traffic_and_take_it_back(canary: Lab, plan: Plan) -> None:
    for hook, shifted in (("advance", 10.0), ("rollback", 0.0)):
        words = [word.replace("{percent}", "10") for word in plan.hooks[hook].command]
        subprocess.run(words, check=True, timeout=10, capture_output=True)
        assert candidate.percent(canary) == shifted


def test_there_is_but_one_canary(canary: Lab) -> None:
    with pytest.raises(LabError, match="a canary of build good is up"):
        candidate.up(canary, "slow")
    assert state_of(canary).canary == "good"


def test_the_load_comes_at_the_rate_that_is_asked_for(canary: Lab) -> None:
    visits = 'sum(rate(http_request_duration_seconds_count{service="storefront"}[3s]))'
    before = state_of(canary).process("load")
    fleet.drive(canary, 60)
    try:
        assert not alive(before)
        assert fleet.rate_of(state_of(canary)) == 60
        until(lambda: float(prometheus.query(state_of(canary), visits)[0]["value"][1]) > 45, "60 visits a second come")
    finally:
        fleet.drive(canary, REQUESTS_PER_S)


def test_down_takes_it_away_without_an_error_to_anybody(canary: Lab) -> None:
    process = state_of(canary).process(CANARY_INSTANCE)
    candidate.weigh(canary, 50)
    with ThreadPoolExecutor(1) as pool:
        taken_down = pool.submit(candidate.down, canary)
        statuses = []
        while not taken_down.done():
            statuses.append(authorise(state_of(canary).ports["to-payments"])[0])
        taken_down.result()
    assert set(statuses) == {200}
    assert not alive(process)
    assert CANARY_CLUSTER not in envoy.hosts(state_of(canary))
    assert CANARY_INSTANCE not in registry.registered(state_of(canary))
    assert CANARY_INSTANCE not in {one.name for one in state_of(canary).processes}
    assert "release" not in tomllib.loads(canary.policy_path.read_text())
    assert ailments(canary, alerts=False) == []
