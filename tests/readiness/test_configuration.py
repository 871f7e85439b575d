"""Required keys, limits, and instances that run the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.asks import ServiceAsks
from prodtui.model.assessment import CheckResult, State, Streak
from prodtui.model.declared import DeclaredService
from prodtui.model.evidence import ConfigurationKey
from prodtui.model.records import Instance, Phase
from prodtui.readiness.assess import Asking
from prodtui.readiness.criteria import criteria
from prodtui.readiness.history import History
from prodtui.readiness.policy import Policy, ServicePart
from tests.builders import (
    CONSUL,
    NOW,
    PAYMENTS,
    PGBOUNCER,
    POSTGRES,
    RELEASE,
    World,
    configuration,
    instance,
    pool,
    registered,
    server,
)

P, W, F, U = State.PASS, State.WARN, State.FAIL, State.UNKNOWN
FROM_FILE = ServiceAsks(environment_file="/srv/payments.env")
REQUIRED = Policy(services={"payments": ServicePart(asks=FROM_FILE, required=("DATABASE_URL", "PORT"))})


def limited(**limits: list[str]) -> Policy:
    held = {name: criteria([texts]) for name, texts in limits.items()}
    return Policy(services={"payments": ServicePart(asks=FROM_FILE, limits=held)})


def key(name: str, value: str | None = None, **fields: Any) -> ConfigurationKey:
    return ConfigurationKey(**{"name": name, "present": True, "value": value, **fields})


def told(*keys: ConfigurationKey, **fields: Any) -> World:
    world = World(DeclaredService(name="payments"), sources=(CONSUL, RELEASE)).tell(
        "consul", *registered("payments", 2)
    )
    return world.tell("release", configuration(*keys, **fields))


def found(world: World, check: str, policy: Policy | None = None, **options: Any) -> CheckResult:
    result = world.result("payments", f"configuration.{check}", policy, **options)
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("world", "state", "reason"),
    [
        (told(key("DATABASE_URL"), key("PORT")), P, "payments.env: 2 keys present"),
        (told(key("DATABASE_URL"), key("PORT", present=False)), F, "payments.env: PORT missing"),
        (
            told(key("DATABASE_URL", placeholder=True), key("PORT", present=False)),
            F,
            "payments.env: DATABASE_URL a placeholder, PORT missing",
        ),
        (told(key("DATABASE_URL")), U, "payments.env: PORT not looked for"),
        (told(trouble="no such file"), U, "payments.env: no such file"),
    ],
)
def test_required_keys(world: World, state: State, reason: str) -> None:
    judged = found(world, "required", REQUIRED)
    assert (judged.state, judged.reason, judged.blocking) == (state, reason, True)


def test_keys_that_nobody_read_are_unknown_and_undeclared_ones_absent() -> None:
    world = World(DeclaredService(name="payments"), sources=(RELEASE,)).tell("release")
    assert found(world, "required", REQUIRED).reason == "configuration of payments: not reported by release"
    assert told().result("payments", "configuration.required") is None
    assert found(told(key("DATABASE_URL"), key("PORT")), "required", REQUIRED, now=NOW + 60).state is U


def test_metadata_must_have_the_keys_on_every_instance() -> None:
    policy = Policy(services={"payments": ServicePart(required=("PORT",))})
    world = told(key("PORT"), origin="metadata of payments-1")
    silent = found(world, "required", policy)
    assert (silent.state, silent.reason) == (U, "metadata of payments-2: not reported by release")
    kept = [configuration(key("PORT"), origin=f"metadata of payments-{number}") for number in (1, 2)]
    assert found(world.tell("release", *kept), "required", policy).state is P


@pytest.mark.parametrize(("version", "state"), [("1.4.2", P), ("1.4.1", U), (None, U)])
def test_configuration_of_another_release_says_nothing_of_the_candidate(version: str | None, state: State) -> None:
    asking = Asking(candidates={"payments": "1.4.2"})
    world = told(key("DATABASE_URL"), key("PORT"), key("WORKERS", "4"), version=version)
    assert found(world, "required", REQUIRED, asking=asking).state is state
    assert found(world, "limits", limited(WORKERS=["<= 8"]), asking=asking).state is state


def test_metadata_is_of_the_version_that_runs() -> None:
    policy = Policy(services={"payments": ServicePart(required=("PORT",))})
    world = told(key("PORT"), origin="metadata of payments-1")
    world.tell("consul", instance("payments", 1, version="1.4.2"))
    for candidate, state in (("1.4.2", P), ("1.4.3", U)):
        assert found(world, "required", policy, asking=Asking(candidates={"payments": candidate})).state is state


@pytest.mark.parametrize(
    ("value", "bounds", "state"),
    [
        ("8", ["<= 8"], P),
        ("9", ["<= 8"], F),
        ("30s", ["> 0s", "<= 30s"], P),
        ("30000ms", ["> 0s", "<= 30s"], P),
        ("0", ["> 0s", "<= 30s"], F),
        ("1h", ["> 0s", "<= 30s"], F),
        ("512MiB", ["<= 1GiB"], P),
        ("-1", ["<= 8"], U),
        ("lots", ["<= 8"], U),
        ("", ["<= 8"], U),
        (None, ["<= 8"], U),
    ],
)
def test_limits(value: str | None, bounds: list[str], state: State) -> None:
    assert found(told(key("LIMIT", value)), "limits", limited(LIMIT=bounds)).state is state


@given(st.floats(0, 1e9, allow_nan=False), st.sampled_from(["", "s", "ms", "min", "h", "MB", "GiB", "%"]))
def test_a_limit_holds_for_the_very_number_it_names(number: float, unit: str) -> None:
    text = f"{number:.3f}{unit}"
    assert found(told(key("LIMIT", text)), "limits", limited(LIMIT=[f"<= {text}"])).state is P
    assert found(told(key("LIMIT", text)), "limits", limited(LIMIT=[f"< {text}"])).state is F


def test_a_limit_that_is_not_set_fails() -> None:
    for missing in (key("LIMIT", present=False), key("LIMIT", "changeme", placeholder=True)):
        judged = found(told(missing), "limits", limited(LIMIT=["<= 8"]))
        assert (judged.state, judged.reason) == (F, "payments.env: LIMIT not set")


@pytest.mark.parametrize(
    ("sizes", "usable", "state"),
    [((20, 30), 97, P), ((50, 46), 97, P), ((50, 47), 97, F), ((50, 60), 97, F)],
)
def test_pools_promise_less_than_their_server_has(sizes: tuple[int, ...], usable: int, state: State) -> None:
    world = World(PAYMENTS, sources=(PGBOUNCER, POSTGRES)).tell("postgres", server(usable=usable))
    world.tell("pgbouncer", *(pool(user=f"user{place}", size=size) for place, size in enumerate(sizes)))
    judged = found(world, "limits")
    assert (judged.state, judged.value, judged.limit) == (state, float(sum(sizes)), float(usable))
    assert found(world, "limits", now=NOW + 60).state is U


def test_pools_elsewhere_or_of_unknown_size_say_nothing_of_the_server() -> None:
    world = World(PAYMENTS, sources=(PGBOUNCER, POSTGRES)).tell("postgres", server())
    for fields in ({"size": None}, {"upstream": "10.0.0.9:5432"}, {"upstream": ""}):
        assert world.tell("pgbouncer", pool(**fields)).result("payments", "configuration.limits") is None


def running(*fields: Mapping[str, Any]) -> World:
    world = World(DeclaredService(name="payments"), sources=(CONSUL,))
    told: list[Instance] = [instance("payments", number, **of) for number, of in enumerate(fields, 1)]
    return world.tell("consul", *told)


OLD, NEW = {"version": "1.4.1"}, {"version": "1.4.2"}
HASHED = {"version": "1.4.1", "meta": {"config_hash": "abc"}}
OTHER = {"version": "1.4.1", "meta": {"config_hash": "def"}}


@pytest.mark.parametrize(
    ("instances", "state", "reason"),
    [
        ((OLD, OLD), P, "1.4.1 ×2"),
        ((OLD,), P, "1.4.1 ×1"),
        ((OLD, OLD, NEW), W, "1.4.1 ×2, 1.4.2 ×1"),
        ((OLD, OLD, NEW, {"version": "1.5.0"}), F, "1.4.1 ×2, 1.4.2 ×1, 1.5.0 ×1"),
        ((HASHED, HASHED), P, "1.4.1 config abc ×2"),
        ((HASHED, HASHED, OTHER), W, "1.4.1 config abc ×2, 1.4.1 config def ×1"),
        ((OLD, OLD, {}), U, "1.4.1 ×2, unknown ×1: some instance says no version"),
        ((HASHED, HASHED, OLD), U, "1.4.1 config abc ×2, 1.4.1 ×1: some instance says no config_hash"),
        ((OLD, OLD, {**NEW, "phase": Phase.DRAINING}), P, "1.4.1 ×2"),
    ],
)
def test_instances_run_the_same(instances: tuple[dict[str, Any], ...], state: State, reason: str) -> None:
    judged = found(running(*instances), "uniform")
    assert (judged.state, judged.reason) == (state, reason)


def test_where_no_instance_says_what_it_runs_there_is_nothing_to_compare() -> None:
    assert running({}, {}).result("payments", "configuration.uniform") is None
    assert found(running(OLD, OLD), "uniform", now=NOW + 60).state is U


def test_a_finished_rollout_passes_at_its_second_observation() -> None:
    for good, state in ((0, W), (1, P)):
        streaks = {"payments/configuration.uniform": Streak(state=W, good=good, observed_at=NOW - 5)}
        asking = Asking(history=History(streaks=streaks))
        assert found(running(NEW, NEW), "uniform", asking=asking).state is state
