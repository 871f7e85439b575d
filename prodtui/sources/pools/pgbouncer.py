"""PgBouncer, by its admin console: pools, their saturation and their waiters."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from prodtui.model.reading import About, Answer
from prodtui.model.records import Plane, Pool
from prodtui.model.text import neutralise_name
from prodtui.settings.source import SourceSettings
from prodtui.sources.pools.causes import source_error
from prodtui.sources.pools.connection_settings import ConnectionSettings

if TYPE_CHECKING:
    from prodtui.sources.pools.console import Console

Row = Mapping[str, Any]

CONSOLE = "pgbouncer"
"""The console's own name among the databases: no pool."""
NEARLY_FULL = 0.9
"""Share of max_client_conn from which on a note is made."""


class PgBouncerSettings(ConnectionSettings):
    """A PgBouncer; its user belongs into stats_users, which may look and not act."""


class PgBouncer:
    """Reads SHOW POOLS, DATABASES, LISTS and STATS over one kept connection."""

    kind: ClassVar[str] = "pgbouncer"
    plane: ClassVar[Plane] = Plane.POOLS
    Settings: ClassVar[type[SourceSettings]] = PgBouncerSettings
    waits: ClassVar[bool] = False
    counts: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("prodtui.sources.pools.console",)

    def __init__(self, name: str, settings: PgBouncerSettings) -> None:
        self.name = name
        self._settings = settings
        self._console: Console | None = None
        self._version: str | None = None
        self._max_clients: int | None = None
        self._waits = Waits()

    async def read(self) -> Answer:
        """All pools. Raises SourceError."""
        from asyncpg import InterfaceError, InternalClientError, PostgresError

        while True:
            kept = self._console
            try:
                return await self._read(kept or await self._connect())
            except (PostgresError, InterfaceError, InternalClientError, OSError, EOFError, ValueError) as error:
                self._drop()
                # A kept connection may have died of age or of a restart: only a new one tells how the server is.
                if kept is None:
                    raise source_error(error, self._what, requires_tls=self._settings.requires_tls) from error
            except BaseException:
                self._drop()
                raise

    async def close(self) -> None:
        """Lets go of the connection; says nothing to a server that may hang."""
        self._drop()

    @property
    def _what(self) -> str:
        return f"PgBouncer at {self._settings.address or 'its default address'}"

    async def _connect(self) -> Console:
        from prodtui.sources.pools import console

        self._console = connection = await console.connect(self._settings, self._what)
        # Another PgBouncer may answer now: nothing known of the one before holds.
        self._waits = Waits()
        self._version = _text(_first(await connection.show("SHOW VERSION")), "version")
        for row in await connection.show("SHOW CONFIG"):
            if row.get("key") == "max_client_conn":
                self._max_clients = _number(row, "value")
        return connection

    async def _read(self, console: Console) -> Answer:
        lists = await console.show("SHOW LISTS")
        shown = await console.show("SHOW POOLS"), await console.show("SHOW DATABASES")
        ratios = self._waits.ratios(await console.show("SHOW STATS"), time.monotonic())
        return Answer(
            records=pools(*shown, ratios),
            about=About(version=self._version, notes=tuple(_notes(lists, self._max_clients))),
            requests=4,
        )

    def _drop(self) -> None:
        if self._console is not None:
            self._console.drop()
            self._console = None


class Waits:
    """Time that clients waited, from one reading of SHOW STATS to the next."""

    def __init__(self) -> None:
        self._seen: dict[str, int] | None = None
        self._at = 0.0

    def ratios(self, stats: Iterable[Row], at: float) -> dict[str, float]:
        """Seconds waited per second by database, since the reading before; absent where that is not known.

        PgBouncer counts a wait (in µs) when it ends, by database and not by user, from 0 when a database is first used.
        """
        totals = {
            row.get("database", ""): total for row in stats if (total := _number(row, "total_wait_time")) is not None
        }
        before, elapsed = self._seen, at - self._at
        self._seen, self._at = totals, at
        if before is None or elapsed <= 0:
            return {}
        waited = {name: total - before.get(name, 0) for name, total in totals.items()}
        # A counter that went down was reset: the difference says nothing.
        return {name: micros / 1e6 / elapsed for name, micros in waited.items() if micros >= 0}


def pools(shown: Iterable[Row], databases: Iterable[Row], wait_ratios: Mapping[str, float]) -> tuple[Pool, ...]:
    """Pools by SHOW POOLS and SHOW DATABASES; a database that nobody has used yet is an empty pool.

    Used is what serves a client or is about to be ready again: sv_active, sv_tested, sv_active_cancel and
    sv_being_canceled. Idle is sv_idle and sv_used ("used" there: idle for longer than server_check_delay). A server
    connection that is still logging in (sv_login) is neither: towards a dead server it never gets further.
    The size is the pool's own: neither reserve_pool nor max_db_connections count.
    """
    by_database: dict[str, list[Row]] = defaultdict(list)
    for row in shown:
        by_database[row.get("database", "")].append(row)
    found: list[Pool] = []
    for database in databases:
        name = database.get("name", "")
        if name in ("", CONSOLE):
            continue
        if rows := by_database[name]:
            found += (_pool(name, row, database, wait_ratios.get(name)) for row in rows)
        else:
            # Without a pool there are no connections and nobody has waited: these zeros are known.
            unused = {"user": database.get("force_user"), **dict.fromkeys(_COUNTED, 0)}
            found.append(_pool(name, unused, database, 0.0))
    return tuple(found)


_USED = ("sv_active", "sv_tested", "sv_active_cancel", "sv_being_canceled")
_IDLE = ("sv_idle", "sv_used")
_COUNTED = ("cl_active", "cl_waiting", "sv_active", "sv_idle", "maxwait")


def _pool(name: str, row: Row, database: Row, wait_ratio: float | None) -> Pool:
    waiting, active = _number(row, "cl_waiting"), _number(row, "cl_active")
    max_wait, micros = _number(row, "maxwait"), _number(row, "maxwait_us")  # maxwait_us since 1.8
    host, port = _text(database, "host"), _number(database, "port")
    return Pool(
        name=neutralise_name(name),
        user=_text(row, "user") or "",
        database=_text(database, "database") or "",
        upstream=f"{host or 'local socket'}:{port}",
        size=_number(database, "pool_size"),
        used=_sum(row, _USED),
        idle=_sum(row, _IDLE),
        waiting=waiting,
        clients=None if waiting is None or active is None else active + waiting,
        max_wait_s=None if max_wait is None else max_wait + (micros or 0) / 1e6,
        wait_ratio=wait_ratio,
        paused=bool(_number(database, "paused")),
        disabled=bool(_number(database, "disabled")),
    )


def _notes(lists: Iterable[Row], max_clients: int | None) -> Iterable[str]:
    used = next((_number(row, "items") for row in lists if row.get("list") == "used_clients"), None)
    if used is not None and max_clients and used >= NEARLY_FULL * max_clients:
        yield f"{used} of max_client_conn {max_clients} clients: at the limit PgBouncer turns new ones away"


def _first(rows: Sequence[Row]) -> Row:
    return rows[0] if rows else {}


def _sum(row: Row, names: Iterable[str]) -> int | None:
    """Their sum; columns that this version lacks count as nothing, all lacking as not known."""
    known = [number for name in names if (number := _number(row, name)) is not None]
    return sum(known) if known else None


def _number(row: Row, name: str) -> int | None:
    """A whole number by its column."""
    try:
        return int(row[name])
    except (KeyError, TypeError, ValueError):
        return None


def _text(row: Row, name: str) -> str | None:
    value = row.get(name)
    return None if value is None else neutralise_name(str(value))
