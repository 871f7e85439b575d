"""Connection pools and the database servers behind them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from prodtui.model.assessment import CheckResult, State
from prodtui.model.declared import DeclaredService
from prodtui.model.records import Session
from prodtui.readiness.assess import Asking
from prodtui.readiness.criteria import Limits
from prodtui.readiness.policy import CheckRule, Policy, ServicePart
from tests.builders import (
    NOW,
    PAYMENTS,
    PGBOUNCER,
    POSTGRES,
    RELEASE,
    World,
    expected,
    measurement,
    pool,
    registered,
    server,
)

P, W, F, U = State.PASS, State.WARN, State.FAIL, State.UNKNOWN


def found(world: World, check: str, **options: Any) -> CheckResult:
    result = world.result("payments", f"data.{check}", **options)
    assert result is not None
    return result


def pooled(**fields: Any) -> World:
    return World(PAYMENTS, sources=(PGBOUNCER, POSTGRES)).tell("pgbouncer", pool(**fields)).tell("postgres", server())


def served(*sessions: Session, **fields: Any) -> World:
    world = World(PAYMENTS, sources=(PGBOUNCER, POSTGRES)).tell("pgbouncer", pool())
    return world.tell("postgres", server(**fields), *sessions)


def session(pid: int, **fields: Any) -> Session:
    return Session(**{"server": "postgres", "pid": pid, "database": "payments", **fields})


@pytest.mark.parametrize(
    ("fields", "check", "state"),
    [
        ({}, "pool_waiting", P),
        ({"waiting": 1}, "pool_waiting", W),
        ({"waiting": None}, "pool_waiting", U),
        ({"max_wait_s": 0.999}, "pool_max_wait", P),
        ({"max_wait_s": 1.0}, "pool_max_wait", W),
        ({"max_wait_s": 5.0}, "pool_max_wait", F),
        ({"max_wait_s": None}, "pool_max_wait", U),
        ({"max_wait_s": float("nan")}, "pool_max_wait", U),
        ({"waiting": 3, "used": 0, "idle": 0}, "pool_max_wait", U),
        ({"waiting": 3, "used": 0, "idle": 0}, "pool_upstream", F),
        ({"waiting": 0, "used": 0, "idle": 0}, "pool_upstream", P),
        ({"waiting": 3, "used": 1, "idle": 0}, "pool_upstream", P),
        ({"waiting": 3, "used": None}, "pool_upstream", U),
        ({"waiting": 3, "used": 0, "idle": 0, "paused": True}, "pool_upstream", U),
        ({"waiting": 3, "used": 0, "idle": 0, "paused": True, "max_wait_s": 7.0}, "pool_max_wait", F),
        ({"used": 13}, "pool_saturation", P),
        ({"used": 14}, "pool_saturation", W),
        ({"used": 18}, "pool_saturation", F),
        ({"size": None}, "pool_saturation", U),
        ({"size": 0}, "pool_saturation", U),
        ({}, "pool_not_paused", P),
        ({"paused": True}, "pool_not_paused", F),
        ({"disabled": True}, "pool_not_paused", F),
    ],
)
def test_pools(fields: dict[str, Any], check: str, state: State) -> None:
    assert found(pooled(**fields), check).state is state


def test_a_saturated_pool_names_its_waiters() -> None:
    waiting = found(pooled(waiting=34, used=20, idle=0, max_wait_s=4.1), "pool_max_wait")
    assert waiting.reason == "payments-db 4.1 s, passes < 1 s"
    assert waiting.threshold == "PASS < 1 s, WARN < 5 s, else FAIL"
    assert waiting.subjects == ("pool:pgbouncer:payments-db/app",)
    assert waiting.evidence["waiting"] == "34"


def test_a_dead_database_behind_the_pool_is_named_with_its_address() -> None:
    dead = found(pooled(waiting=3, used=0, idle=0), "pool_upstream")
    assert dead.reason == "payments-db 3 clients waiting, no connection to 127.0.0.1:5433"


def test_the_worst_pool_speaks_for_all() -> None:
    world = pooled().tell("pgbouncer", pool(), pool(user="batch", waiting=9), pool(user="cron", waiting=2))
    waiting = found(world, "pool_waiting")
    assert waiting.reason == "payments-db 9 clients waiting (and 1 more)"
    assert waiting.subjects[0] == "pool:pgbouncer:payments-db/batch"
    assert len(waiting.subjects) == 3


def test_a_declared_pool_that_nobody_reports_is_unknown() -> None:
    world = World(PAYMENTS, sources=(PGBOUNCER,)).tell("pgbouncer", pool(name="other"))
    assert found(world, "pool_max_wait").reason == "payments-db: not reported by pgbouncer"
    assert found(world, "pool_max_wait").state is U


def test_a_pooler_never_read_leaves_declared_pools_unknown() -> None:
    world = World(PAYMENTS, sources=(PGBOUNCER,))
    assert found(world, "pool_waiting").reason == "pgbouncer lost (never read)"


def test_a_service_without_pools_has_no_data_pillar() -> None:
    world = World(DeclaredService(name="payments"), sources=(PGBOUNCER, POSTGRES))
    world.tell("pgbouncer", pool()).tell("postgres", server())
    assert not [c for c in world.judged("payments").checks if c.pillar == "data"]


@pytest.mark.parametrize(
    ("fields", "check", "state"),
    [
        ({"used": 67, "usable": 97}, "connections", P),
        ({"used": 68, "usable": 97}, "connections", W),
        ({"used": 88, "usable": 97}, "connections", F),
        ({"used": None}, "connections", U),
        ({"used": None, "usable": None, "exhausted": True}, "connections", F),
        ({"exhausted": True}, "blocked", U),
        ({}, "blocked", P),
        ({"restricted": True}, "blocked", U),
        ({"restricted": True, "idle_in_transaction_s": None}, "idle_in_transaction", U),
        ({"idle_in_transaction_s": 59.0}, "idle_in_transaction", P),
        ({"in_recovery": True, "receiver_streaming": True, "lag_s": 3.0}, "replication_lag", P),
        ({"in_recovery": True, "receiver_streaming": False, "lag_s": 0.0}, "replication_lag", U),
        ({"in_recovery": True, "receiver_streaming": None, "lag_s": 0.0}, "replication_lag", U),
        ({"replicas": 1, "lag_s": 10.0}, "replication_lag", W),
        ({"replicas": 1, "lag_s": 60.0}, "replication_lag", F),
        ({"replicas": 1, "lag_s": None}, "replication_lag", U),
        ({"xid_age": 399_999_999}, "xid_age", P),
        ({"xid_age": 400_000_000}, "xid_age", W),
        ({"xid_age": 1_200_000_000}, "xid_age", F),
        ({"xid_age": 90_000_000, "freeze_max_age": 40_000_000}, "xid_age", W),
        ({"xid_age": None}, "xid_age", U),
        ({}, "deadlocks", P),
        ({"deadlocks_per_s": 0.5}, "deadlocks", W),
        ({"deadlocks_per_s": None}, "deadlocks", U),
    ],
)
def test_servers(fields: dict[str, Any], check: str, state: State) -> None:
    assert found(served(**fields), check).state is state


def test_a_blocked_session_is_named_with_who_blocks_it() -> None:
    waiting = session(4130, blocked_by=(4121,), blocked_s=38.0, query="update ledger")
    blocked = found(served(waiting, session(4121, state="idle in transaction")), "blocked")
    assert blocked.state is F
    assert blocked.reason == "pid 4130 blocked 38 s by pid 4121, passes <= 30 s"
    assert blocked.subjects[:2] == ("session:postgres:postgres/4130", "session:postgres:postgres/4121")
    assert blocked.evidence["query"] == "update ledger"


def test_a_session_blocked_for_moments_passes_and_is_shown() -> None:
    blocked = found(served(session(1, blocked_by=(2,), blocked_s=3.0)), "blocked")
    assert (blocked.state, blocked.value) == (P, 3.0)


def stalled(*waits: float, held: float, **fields: Any) -> World:
    """Sessions that each wait so long for pid 9, whose transaction has been open for `held` seconds."""
    waiting = [session(pid, blocked_by=(9,), blocked_s=wait) for pid, wait in enumerate(waits, 10)]
    root = {"state": "idle in transaction", "query": "lock table ledger", "transaction_at": NOW - held, **fields}
    return served(*waiting, session(9, **root))


@pytest.mark.parametrize(
    ("waits", "held", "fields", "state"),
    [
        ((1.0,), 31.0, {}, F),
        ((0.2, 4.0), 31.0, {}, F),
        ((4.0,), 30.0, {}, P),
        ((0.9,), 3_600.0, {}, P),  # a long transaction with ordinary contention
        ((4.0,), 3_600.0, {"transaction_at": None}, P),
        ((4.0,), 3_600.0, {"blocked_s": 5.0, "blocked_by": (8,)}, P),  # it is a victim itself
        ((31.0,), 5.0, {}, F),
        ((), 3_600.0, {}, P),
    ],
)
def test_a_transaction_that_stalls_everybody_fails_though_each_client_gives_up_early(
    waits: tuple[float, ...], held: float, fields: dict[str, Any], state: State
) -> None:
    assert found(stalled(*waits, held=held, **fields), "blocked").state is state


def test_who_stalls_everybody_is_named_with_how_many_wait() -> None:
    blocked = found(stalled(2.0, 4.0, 0.1, held=180.0), "blocked")
    assert blocked.reason == "pid 9 blocks 2 sessions, in a transaction for 3 min, passes <= 30 s"
    assert blocked.subjects[0] == "session:postgres:postgres/9"
    assert blocked.evidence["query"] == "lock table ledger"


def test_a_transaction_left_open_in_another_database_is_not_this_services() -> None:
    other = session(7, database="catalog", state="idle in transaction")
    assert found(served(other, idle_in_transaction_s=400.0), "idle_in_transaction").state is P
    own = session(8, state="idle in transaction")
    assert found(served(other, own, idle_in_transaction_s=400.0), "idle_in_transaction").state is F


def test_without_replication_its_check_is_absent_also_when_the_server_is_lost() -> None:
    assert served().result("payments", "data.replication_lag") is None
    assert served().result("payments", "data.replication_lag", now=NOW + 60) is None
    assert found(served(replicas=1, lag_s=0.0), "replication_lag", now=NOW + 60).state is U


def test_a_database_that_no_server_reports_is_unknown() -> None:
    world = World(PAYMENTS, sources=(PGBOUNCER, POSTGRES)).tell("pgbouncer", pool())
    assert found(world, "connections").reason == "postgres lost (never read)"
    world.tell("postgres", server(databases=("other",)))
    assert found(world, "connections").reason == "database payments: not reported by postgres"


def test_a_pools_database_on_a_server_that_nobody_reads_is_absent() -> None:
    world = World(DeclaredService(name="payments", pools=("payments-db",)), sources=(PGBOUNCER, POSTGRES))
    world.tell("pgbouncer", pool()).tell("postgres", server(databases=("other",)))
    assert world.result("payments", "data.connections") is None


def test_rates_that_need_two_readings_are_only_shown_after_one() -> None:
    assert found(served(deadlocks_per_s=None), "deadlocks", single_reading=True).state is State.INFO


def test_a_lost_server_says_nothing_of_sessions() -> None:
    assert found(served(), "blocked", now=NOW + 60).state is U


def test_a_policy_sets_threshold_weight_and_whether_it_blocks() -> None:
    rule = CheckRule(limits=Limits.of("< 10%"), blocking=True)
    policy = Policy(checks={"data.pool_saturation": rule})
    saturation = found(pooled(used=3), "pool_saturation", policy=policy)
    assert (saturation.state, saturation.blocking, saturation.weight) == (F, True, Fraction(2))
    assert saturation.threshold == "PASS < 10 %, else FAIL"


def test_only_a_policy_makes_a_check_not_applicable_and_says_why() -> None:
    policy = Policy(checks={"data.pool_not_paused": CheckRule(not_applicable="paused nightly, #12")})
    paused = found(pooled(paused=True), "pool_not_paused", policy=policy)
    assert (paused.state, paused.reason, paused.of) == (State.NOT_APPLICABLE, "paused nightly, #12", Fraction(0))


def test_the_registry_alone_says_nothing_of_pools() -> None:
    world = World(PAYMENTS).tell("consul", *registered("payments", 2))
    assert found(world, "pool_waiting").state is U


DECLARED = Policy(services={"payments": ServicePart(migrations=("payments", "SELECT version FROM schema_migrations"))})


def migrated(*rows: str, wanted: tuple[str, ...] = ("0001", "0002"), trouble: str = "", **fields: Any) -> World:
    world = World(PAYMENTS, sources=(POSTGRES, RELEASE))
    world.tell("postgres", server(), measurement("data.migrations", rows=rows, trouble=trouble))
    return world.tell("release", expected(*wanted, **fields))


@pytest.mark.parametrize(
    ("world", "state", "reason"),
    [
        (migrated("0001", "0002"), P, "2 migrations applied, 0002 the last expected"),
        (migrated("0000", "0001", "0002", "0003"), P, "2 migrations applied, 0002 the last expected"),
        (migrated("0001"), F, "1 migration pending: 0002"),
        (migrated(), F, "2 migrations pending: 0001, 0002"),
        (migrated("0001", wanted=()), U, "migrations: the release expects none"),
        (migrated("0001", "0002", trouble="42P01: no such table"), U, "migrations: 42P01: no such table"),
        (migrated("0001", "0002", wanted=(), trouble="no file"), U, "migrations: no file"),
    ],
)
def test_pending_migrations_are_named(world: World, state: State, reason: str) -> None:
    judged = found(world, "migrations", policy=DECLARED)
    assert (judged.state, judged.reason) == (state, reason)


def test_migrations_that_nobody_reports_are_unknown_and_undeclared_ones_absent() -> None:
    world = World(PAYMENTS, sources=(POSTGRES, RELEASE)).tell("postgres", server()).tell("release")
    assert found(world, "migrations", policy=DECLARED).reason == "migrations of payments: not reported by release"
    world.tell("release", expected("0001"))
    judged = found(world, "migrations", policy=DECLARED)
    assert (judged.state, judged.reason) == (U, "applied migrations of payments: not reported by postgres")
    assert world.result("payments", "data.migrations") is None
    assert found(migrated("0001", "0002"), "migrations", policy=DECLARED, now=NOW + 60).state is U


def test_migrations_of_another_release_say_nothing_of_the_candidate() -> None:
    asking = Asking(candidates={"payments": "1.4.2"})
    for version, state in (("1.4.2", P), ("1.4.1", U), (None, U)):
        world = migrated("0001", "0002", version=version)
        assert found(world, "migrations", policy=DECLARED, asking=asking).state is state
