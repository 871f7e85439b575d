"""Rows of the console, of several versions, to pools."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from prodtui.sources.pools.pgbouncer import Waits, pools

DATABASE: dict[str, Any] = {
    "name": "shop-db",
    "host": "db",
    "port": 5432,
    "database": "shop",
    "force_user": None,
    "pool_size": 20,
    "paused": 0,
    "disabled": 0,
}
POOL: dict[str, Any] = {
    "database": "shop-db",
    "user": "app",
    "cl_active": 4,
    "cl_waiting": 2,
    "sv_active": 3,
    "sv_idle": 1,
    "sv_used": 2,
    "sv_tested": 1,
    "sv_login": 5,
    "maxwait": 1,
    "maxwait_us": 250_000,
}


def test_a_connection_that_logs_in_is_neither_used_nor_idle() -> None:
    (pool,) = pools([POOL], [DATABASE], {})
    assert (pool.used, pool.idle) == (4, 3)
    assert (pool.waiting, pool.clients, pool.max_wait_s) == (2, 6, 1.25)


def test_connections_being_cancelled_are_used() -> None:
    (pool,) = pools([{**POOL, "sv_active_cancel": 1, "sv_being_canceled": 1}], [DATABASE], {})
    assert pool.used == 6


def test_an_old_version_without_microseconds_gives_whole_seconds() -> None:
    row = {name: value for name, value in POOL.items() if name != "maxwait_us"}
    assert pools([row], [DATABASE], {})[0].max_wait_s == 1.0


def test_a_version_without_a_column_leaves_the_number_unknown() -> None:
    (pool,) = pools([{"database": "shop-db", "user": "app"}], [{"name": "shop-db"}], {})
    assert (pool.used, pool.idle, pool.waiting, pool.clients, pool.max_wait_s, pool.size) == (None,) * 6


def test_a_value_of_a_wrong_type_is_unknown() -> None:
    (pool,) = pools([{**POOL, "cl_waiting": "many"}], [{**DATABASE, "pool_size": Decimal("NaN")}], {})
    assert (pool.waiting, pool.size) == (None, None)


def test_each_user_of_a_database_has_a_pool() -> None:
    found = pools([POOL, {**POOL, "user": "batch"}], [DATABASE], {"shop-db": 0.5})
    assert [(p.key, p.size, p.wait_ratio) for p in found] == [("shop-db/app", 20, 0.5), ("shop-db/batch", 20, 0.5)]


def test_hostile_names_are_inert() -> None:
    (pool,) = pools([], [{**DATABASE, "name": "shop\x1b[31m", "database": "\x00"}], {})
    assert (pool.name, pool.database) == ("shop␛[31m", "␀")


def test_waits_come_from_two_readings() -> None:
    waits = Waits()
    assert waits.ratios([{"database": "a", "total_wait_time": Decimal(1_000_000)}], 10.0) == {}
    assert waits.ratios([{"database": "a", "total_wait_time": Decimal(4_000_000)}], 12.0) == {"a": 1.5}


def test_a_counter_that_went_down_says_nothing() -> None:
    waits = Waits()
    waits.ratios([{"database": "a", "total_wait_time": 5_000_000}], 10.0)
    assert waits.ratios([{"database": "a", "total_wait_time": 1_000_000}], 12.0) == {}
    assert waits.ratios([{"database": "a", "total_wait_time": 1_000_000}], 14.0) == {"a": 0.0}


def test_a_database_first_used_between_two_readings_counts_from_zero() -> None:
    waits = Waits()
    waits.ratios([], 10.0)
    assert waits.ratios([{"database": "a", "total_wait_time": 1_000_000}], 12.0) == {"a": 0.5}


def test_a_version_without_the_counter_gives_no_ratio() -> None:
    waits = Waits()
    waits.ratios([{"database": "a"}], 10.0)
    assert waits.ratios([{"database": "a"}], 12.0) == {}
