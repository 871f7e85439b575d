"""Each fault is a real act: its effect is read from the servers themselves, and healing takes it away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from prodtui.lab import environment, envoy, faults, fleet, prometheus, registry
from prodtui.lab.database import Database, Unavailable
from prodtui.lab.errors import LabError, UnknownFault
from prodtui.lab.health import wait_until_well
from prodtui.lab.network import accepts, answers
from prodtui.lab.processes import alive, run_state
from prodtui.lab.state import Lab
from prodtui.lab.work import settle
from tests.lab.observe import answer_of, payments_pool, port_of, sql, state_of, until


@pytest.fixture(scope="module", autouse=True)
def _well_afterwards(lab: Lab) -> Iterator[None]:
    """Faults follow one another here without a pause; whoever has the lab next finds it well."""
    yield
    faults.heal(lab)
    wait_until_well(lab, timeout=45)


@contextmanager
def injected(lab: Lab, name: str) -> Iterator[None]:
    faults.inject(lab, name)
    try:
        assert name in faults.active(lab)
        yield
    finally:
        faults.heal(lab, name)
    assert name not in faults.active(lab)


def status_of_payments_2(lab: Lab) -> str | None:
    return registry.registered(state_of(lab)).get("payments-2")


def payments_hosts(lab: Lab) -> list[bool]:
    return sorted(envoy.hosts(state_of(lab))["payments"].values())


def test_a_killed_instance_stays_registered_as_critical_until_it_is_back(lab: Lab) -> None:
    before = state_of(lab).process("payments-2")
    with injected(lab, "instance-killed"):
        assert not alive(before)
        until(lambda: status_of_payments_2(lab) == "critical", "Consul finds payments-2 critical")
        until(lambda: payments_hosts(lab) == [False, True], "Envoy has one host left")
    after = state_of(lab).process("payments-2")
    assert (after.address, alive(after)) == (before.address, True)
    until(lambda: status_of_payments_2(lab) == "passing", "Consul finds payments-2 passing")


def test_a_hung_instance_accepts_and_does_not_answer(lab: Lab) -> None:
    with injected(lab, "instance-hung"):
        assert run_state(state_of(lab).process("payments-2").pid) == "T"
        assert accepts(port_of(lab, "payments-2"))
        until(lambda: status_of_payments_2(lab) == "critical", "Consul finds payments-2 critical")
        until(lambda: payments_hosts(lab) == [False, True], "Envoy has one host left")
    assert answers(f"{lab.server('payments-2').url}/live")


def test_an_exhausted_pool_has_every_connection_in_a_transaction_and_clients_waiting(lab: Lab) -> None:
    with injected(lab, "pool-exhausted"):
        until(lambda: payments_pool(lab)["cl_waiting"] > 2, "clients wait for payments-db")
        assert payments_pool(lab)["sv_active"] == 10
        status, body = answer_of(lab, "payments-1", "/ready")
        assert status == 503
        assert "payments-db" in body
    until(lambda: payments_pool(lab)["cl_waiting"] == 0, "nobody waits for payments-db")
    assert "month-end-report" not in [process.name for process in state_of(lab).processes]


def test_a_held_lock_blocks_sessions_of_payments(lab: Lab) -> None:
    blockers = """SELECT DISTINCT root.application_name AS name FROM pg_stat_activity AS blocked
        JOIN pg_stat_activity AS root ON root.pid = ANY (pg_blocking_pids(blocked.pid))
        WHERE blocked.datname = 'payments' AND blocked.wait_event_type = 'Lock'"""
    with injected(lab, "lock-held"):
        until(lambda: {"name": "schema-migration"} in sql(lab, blockers), "the migration blocks payments")
        until(lambda: answer_of(lab, "payments-1", "/ready")[0] == 503, "payments says that it isn't ready")
    until(lambda: not sql(lab, blockers), "nobody is blocked")


async def test_a_settlement_stays_in_line_for_a_lock_for_as_long_as_batches_may(lab: Lab) -> None:
    shared = environment.read(fleet.environment_file(lab.directory, "payments"))
    assert shared.seconds("BATCH_TIMEOUT") > 30 > shared.seconds("STATEMENT_TIMEOUT")
    database = Database(shared, "test")
    try:
        await settle(database, 5.0)
        with injected(lab, "lock-held"), pytest.raises(Unavailable, match="no answer from the database within 300 ms"):
            await settle(database, 0.3)
    finally:
        await database.close()


def test_with_the_database_down_services_name_it_and_live_on(lab: Lab) -> None:
    with injected(lab, "database-down"):
        assert not accepts(port_of(lab, "postgresql"))
        status, body = answer_of(lab, "inventory-1", "/ready")
        assert status == 503
        assert "inventory-db" in body
        assert answer_of(lab, "inventory-1", "/live")[0] == 200
    until(lambda: answer_of(lab, "inventory-1", "/ready")[0] == 200, "inventory is ready again")


def test_a_slow_statement_makes_payments_slow_and_right(lab: Lab) -> None:
    with injected(lab, "slow-query"):
        until(lambda: _authorises(lab) >= 0.5, "payments is slow")
    until(lambda: _authorises(lab) < 0.3, "payments is quick")


def _authorises(lab: Lab) -> float:
    """How long an authorisation takes; 0 when it fails."""
    began = time.monotonic()
    status, _ = answer_of(lab, "payments-1", "/authorisations", method="POST")
    return time.monotonic() - began if status == 200 else 0.0


def test_a_revoked_privilege_fails_requests_and_readiness_which_says_why(lab: Lab) -> None:
    with injected(lab, "privilege-revoked"):
        status, body = answer_of(lab, "inventory-1", "/stock/1")
        assert status == 500
        assert "permission denied" in body
        status, body = answer_of(lab, "inventory-1", "/ready")
        assert status == 503
        assert "permission denied for table stock" in body
        assert answer_of(lab, "inventory-1", "/live")[0] == 200
    assert answer_of(lab, "inventory-1", "/stock/1")[0] == 200
    assert answer_of(lab, "inventory-1", "/ready")[0] == 200


def test_a_refused_dependency_fails_through_envoy_while_the_service_is_well(lab: Lab) -> None:
    state = state_of(lab)
    real = {state.ports["payments-1"], state.ports["payments-2"]}
    with injected(lab, "dependency-refused"):
        assert not any(accepts(port) for port in envoy.hosts(state)["payments"])
        assert answer_of(lab, "payments-1", "/authorisations", method="POST")[0] == 200
        until(lambda: answer_of(lab, "checkout-1", "/orders", method="POST")[0] == 503, "checkout fails")
    assert set(envoy.hosts(state)["payments"]) == real


def test_a_registry_that_comes_back_empty_is_filled_by_the_services_themselves(lab: Lab) -> None:
    before = state_of(lab).process("consul")
    with injected(lab, "registry-down"):
        assert not accepts(port_of(lab, "consul"))
    assert state_of(lab).process("consul").pid != before.pid
    assert len(registry.registered(state_of(lab))) == 8


def test_metrics_come_back_with_what_they_knew(lab: Lab) -> None:
    began = time.time()
    with injected(lab, "metrics-down"):
        assert not accepts(port_of(lab, "prometheus"))
    oldest = prometheus.query(state_of(lab), 'min_over_time(timestamp(up{instance="payments-1"})[1h:1s])')
    assert float(oldest[0]["value"][1]) < began


def test_a_paused_pool_serves_nobody(lab: Lab) -> None:
    with injected(lab, "pooler-paused"):
        until(lambda: payments_pool(lab)["cl_waiting"] > 0, "clients wait for payments-db")
        assert payments_pool(lab)["sv_active"] == 0
    until(lambda: payments_pool(lab)["cl_waiting"] == 0, "nobody waits for payments-db")


def test_an_unknown_fault_is_refused_with_the_names_there_are(lab: Lab) -> None:
    with pytest.raises(UnknownFault, match=r"unknown fault 'meteor'; there are: instance-killed, instance-hung"):
        faults.inject(lab, "meteor")


def test_a_fault_can_be_active_but_once_and_only_active_ones_heal(lab: Lab) -> None:
    with pytest.raises(LabError, match="privilege-revoked isn't active"):
        faults.heal(lab, "privilege-revoked")
    with injected(lab, "privilege-revoked"), pytest.raises(LabError, match="privilege-revoked is active already"):
        faults.inject(lab, "privilege-revoked")


def test_healing_all_undoes_the_last_first(lab: Lab) -> None:
    faults.inject(lab, "privilege-revoked")
    faults.inject(lab, "metrics-down")
    assert faults.heal(lab) == ["metrics-down", "privilege-revoked"]
    assert faults.active(lab) == []


def test_a_fault_that_does_not_take_is_undone_and_not_recorded(lab: Lab) -> None:
    with injected(lab, "instance-killed"):
        with pytest.raises(LabError, match="payments-2 doesn't run"):
            faults.inject(lab, "instance-hung")
        assert faults.active(lab) == ["instance-killed"]


def test_every_fault_says_what_it_does_and_what_to_expect() -> None:
    for name, fault in faults.FAULTS.items():
        assert fault.name == name
        assert all((fault.title, fault.does, fault.shows))


def test_hanging_one_instance_stops_no_other_process(lab: Lab) -> None:
    state = state_of(lab)
    running = {process.name: process.pid for process in state.processes}
    with injected(lab, "instance-hung"):
        stopped = [name for name, pid in running.items() if run_state(pid) == "T"]
        assert stopped == ["payments-2"]
