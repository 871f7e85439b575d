"""How PostgreSQL and PgBouncer are logged in to, by asyncpg. Imported when first needed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import asyncpg

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError

if TYPE_CHECKING:
    from asyncpg import Connection, Record

    from prodtui.sources.pools.connection_settings import ConnectionSettings

APPLICATION = "prodtui"


async def log_in(
    settings: ConnectionSettings,
    what: str,
    *,
    database: str | None = None,
    server_settings: Mapping[str, str] | None = None,
    statement_cache_size: int = 0,
) -> Connection[Record]:
    """A connection; `what` is asked, in a person's words. Raises SourceError and whatever asyncpg raises."""
    if settings.ca_file and not os.access(settings.ca_file, os.R_OK):
        raise SourceError(CauseClass.TLS, f"{what}: ca_file {settings.ca_file} can't be read")
    return await asyncpg.connect(
        _with_ca_file(settings),
        database=database,
        password=settings.secret,
        ssl=settings.tls,
        server_settings={"application_name": APPLICATION, **(server_settings or {})},
        statement_cache_size=statement_cache_size,
        timeout=settings.timeout,
    )


def _with_ca_file(settings: ConnectionSettings) -> str:
    """The url with sslrootcert, which asyncpg takes from nowhere else."""
    if settings.ca_file is None:
        return settings.url
    parts = urlsplit(settings.url)
    given = f"sslrootcert={quote(str(settings.ca_file), safe='')}"
    return parts._replace(query=f"{parts.query}&{given}" if parts.query else given).geturl()
