"""What a policy asks in SQL, answered by a real PostgreSQL, or refused."""

from __future__ import annotations

import time

import asyncpg
import pytest

from prodtui.model.asks import Ask, Asks, Language
from prodtui.model.errors import SourceError
from prodtui.model.evidence import Measurement
from prodtui.sources.pools.postgresql import PostgreSQL, PostgreSQLSettings
from prodtui.sources.source import Askable
from tests.sources.pools.conftest import Connect
from tests.sources.pools.servers import PgBouncerServer, PostgresServer
from tests.sources.reading import Reader


def asked(query: str, *, database: str = "", source: str = "pg", rows: bool = False, check: str = "data.jobs") -> Ask:
    return Ask(
        check=check,
        service="payments",
        language=Language.SQL,
        query=query,
        source=source,
        database=database,
        rows=rows,
    )


async def one(postgres: PostgresServer, query: str, *, rows: bool = False, **settings: object) -> Measurement:
    given = {"kind": "postgresql", "url": postgres.url("app"), **settings}
    source = PostgreSQL("pg", PostgreSQLSettings.model_validate(given))
    source.ask(Asks(questions=(asked(query, rows=rows),)))
    async with Reader(source) as reader:
        await reader.read()
    (found,) = reader.of(Measurement).values()
    return found


async def test_a_number_is_a_value_with_its_time(postgres: PostgresServer) -> None:
    for query, value in {
        "select count(*) from stock": 2.0,
        "select 1.25::numeric": 1.25,
        "select avg(item) from stock; ": 1.5,
        "select 0.5::real": 0.5,
    }.items():
        found = await one(postgres, query)
        assert (found.value, found.trouble, found.query) == (value, "", query)
        assert found.observed_at is not None
        assert abs(found.observed_at - time.time()) < 5


@pytest.mark.parametrize(
    ("query", "trouble"),
    [
        ("select 1 where false", "no row where one was asked for"),
        ("select generate_series(1, 100000000)", "several rows where one was asked for"),
        ("select 1, 2, 3", "3 columns where one was asked for"),
        ("select 'five'", "text where a number was asked for"),
        ("select true", "bool where a number was asked for"),
        ("select null::int", "NULL where a number was asked for"),
        ("select 'NaN'::float8", "nan where a number was asked for"),
        ("select 'Infinity'::numeric", "Infinity where a number was asked for"),
        ("selec 1", '42601: syntax error at or near "selec"'),
        ("select count(*) from nowhere", '42P01: relation "nowhere" does not exist'),
        ("select count(*) from pg_authid", "42501: permission denied for table pg_authid"),
        ("select 1; select 2", "42601: cannot insert multiple commands into a prepared statement"),
        ("select $1::int", "not asked: the server expects 1 argument for this query, 0 were passed"),
        ("select 1/0", "22012: division by zero"),
        ("", "0 columns where one was asked for"),
    ],
)
async def test_anything_else_is_trouble_that_names_what_came(
    postgres: PostgresServer, query: str, trouble: str
) -> None:
    found = await one(postgres, query)
    assert (found.value, found.observed_at) == (None, None)
    assert found.trouble.startswith(trouble), found.trouble


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("delete from stock", False),
        ("insert into stock values (9, 9) returning item", False),
        ("update stock set left_over = 0 returning item", True),
        ("with gone as (delete from stock returning 1) select count(*) from gone", False),
        ("create table mine (a int)", True),
        ("drop table stock", False),
    ],
)
async def test_the_server_refuses_a_write(postgres: PostgresServer, connect: Connect, query: str, rows: bool) -> None:
    app = await connect(postgres.url("app"))
    before = await app.fetch("select * from stock order by item")
    found = await one(postgres, query, rows=rows)
    assert await app.fetch("select * from stock order by item") == before
    assert found.value is None
    assert found.trouble.startswith(("25006: cannot execute", "0 columns")), found.trouble


async def test_turning_read_only_off_lasts_no_longer_than_its_question(postgres: PostgresServer) -> None:
    source = PostgreSQL("pg", PostgreSQLSettings(kind="postgresql", url=postgres.url("app")))
    off = "select set_config('default_transaction_read_only', 'off', false)"
    source.ask(Asks(questions=(asked(off, check="a"), asked("delete from stock returning item", check="b"))))
    async with Reader(source) as reader:
        await reader.read()
    found = {one.check: one for one in reader.of(Measurement).values()}
    assert found["b"].trouble.startswith("25006")


async def test_rows_are_their_first_column(postgres: PostgresServer) -> None:
    found = await one(postgres, "select item, left_over from stock order by item desc", rows=True)
    assert (found.rows, found.value, found.trouble) == (("2", "1"), None, "")
    assert (await one(postgres, "select null", rows=True)).rows == ("NULL",)
    none = await one(postgres, "select 1 where false", rows=True)
    assert (none.rows, none.trouble) == ((), "")
    assert "3 columns" in (await one(postgres, "select 1, 2, 3", rows=True)).trouble


async def test_rows_without_end_are_not_read_on(postgres: PostgresServer) -> None:
    found = await one(postgres, "select generate_series(1, 1000000000)", rows=True)
    assert found.trouble == "more than 10,000 rows"
    assert not found.rows


async def test_a_question_that_takes_too_long_is_trouble_and_the_server_is_read(postgres: PostgresServer) -> None:
    began = time.monotonic()
    found = await one(postgres, "select count(*) from pg_sleep(30)", timeout="500ms")
    assert time.monotonic() - began < 1.5
    assert found.trouble.startswith("57014: canceling statement due to statement timeout"), found.trouble


async def test_a_question_goes_to_the_database_that_it_names(postgres: PostgresServer) -> None:
    source = PostgreSQL("pg", PostgreSQLSettings(kind="postgresql", url=postgres.url("app", "postgres")))
    questions = (
        asked("select count(*) from stock", database="shop", check="a"),
        asked("select count(*) from stock", database="postgres", check="b"),
        asked("select 1", database="nowhere", check="c"),
        asked("select 1", database="nowhere", source="", check="d"),
        asked("select 1", source="other", check="e"),
        asked("select 7", source="", check="f"),
    )
    source.ask(Asks(questions=questions))
    async with Reader(source) as reader:
        await reader.read()
    found = {one.check: one for one in reader.of(Measurement).values()}
    assert found["a"].value == 2
    assert found["b"].trouble.startswith("42P01")
    assert 'database "nowhere" does not exist' in found["c"].trouble
    assert found["f"].value == 7
    assert set(found) == {"a", "b", "c", "f"}  # "d" is some other server's database, "e" another source's question


async def test_a_question_is_asked_seldom_and_its_answer_kept(postgres: PostgresServer) -> None:
    source = PostgreSQL("pg", PostgreSQLSettings(kind="postgresql", url=postgres.url("app")))
    assert isinstance(source, Askable)
    source.ask(Asks(questions=(asked("select extract(epoch from clock_timestamp())"),)))
    async with Reader(source) as reader:

        async def read() -> tuple[float | None, int]:
            answer = await reader.read()
            (found,) = reader.of(Measurement).values()
            return found.value, answer.requests

        first, requests = await read()
        again, fewer = await read()
        assert first == again
        assert fewer == requests - 1
        source._questions.every_s = 0.0
        assert (await read())[0] != first
        source.ask(Asks())
        await reader.read()
        assert not reader.of(Measurement)


async def test_a_lost_connection_is_made_anew(postgres: PostgresServer) -> None:
    source = PostgreSQL("pg", PostgreSQLSettings(kind="postgresql", url=postgres.url("app")))
    source._questions.every_s = 0.0
    source.ask(Asks(questions=(asked("select pg_backend_pid()", database="shop"),)))
    async with Reader(source) as reader:
        await reader.read()
        (before,) = reader.of(Measurement).values()
        root = await asyncpg.connect(postgres.url("root"))
        await root.execute(f"select pg_terminate_backend({before.value:.0f})")
        await root.close()

        def another() -> bool:
            (now,) = reader.of(Measurement).values()
            return now.value not in (None, before.value)

        await reader.read_until(another)


async def test_questions_pass_a_pooler_in_transactions(bouncer: PgBouncerServer) -> None:
    source = PostgreSQL("pg", PostgreSQLSettings(kind="postgresql", url=bouncer.url("monitor", "shop-db")))
    source.ask(Asks(questions=(asked("select 7", check="a"), asked("create table x (a int)", check="b", rows=True))))
    async with Reader(source) as reader:
        await reader.read()
    found = {one.check: one for one in reader.of(Measurement).values()}
    assert found["a"].value == 7
    assert found["b"].trouble


async def test_a_server_that_is_gone_is_the_sources_failure_as_ever() -> None:
    source = PostgreSQL("pg", PostgreSQLSettings(kind="postgresql", url="postgresql://app@127.0.0.1:1/shop"))
    source.ask(Asks(questions=(asked("select 1"),)))
    with pytest.raises(SourceError, match="refused"):
        await source.read()
    await source.close()
