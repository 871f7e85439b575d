"""Why PostgreSQL or PgBouncer could not be read: asyncpg's errors and the system's, as causes to act on."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError

_BY_SQLSTATE = {
    "28P01": (CauseClass.AUTH, "give the right password (password_file, PGPASSWORD or ~/.pgpass)"),
    "28000": (CauseClass.AUTH, "let this user and host in (pg_hba.conf, LOGIN)"),
    "3D000": (CauseClass.NOT_FOUND, "name a database that exists in the url"),
    "42501": (CauseClass.PERMISSION, "grant it to our role"),
    "53300": (CauseClass.OVERLOAD, "its limit of connections is reached"),
    "57014": (CauseClass.TIMEOUT, "it took longer than our statement_timeout"),
    "55P03": (CauseClass.TIMEOUT, "it waited longer than our lock_timeout"),
    "57P03": (CauseClass.REFUSED, "it takes no connections yet, or no more"),
    "57P01": (CauseClass.REFUSED, "it ended our session"),
    "57P02": (CauseClass.REFUSED, "it crashed and is recovering"),
    "57P05": (CauseClass.REFUSED, "it ended our idle session"),
}
_BY_SQLSTATE_CLASS = {
    "28": _BY_SQLSTATE["28000"],
    "42": (CauseClass.INTERNAL, "this version of it is not what our queries expect"),
    "53": (CauseClass.OVERLOAD, "it lacks memory, disk or connections"),
    "57": (CauseClass.REFUSED, ""),
}

# PgBouncer says everything with SQLSTATE 08P01, and libpq gives no SQLSTATE at all for what fails while connecting:
# the text is all there is (PgBouncer's is never translated). The first that matches counts.
_BY_TEXT = (
    ("no password supplied", CauseClass.AUTH, "give one (password_file, PGPASSWORD or ~/.pgpass)"),
    ("authentication failed", CauseClass.AUTH, "give the right user and password"),
    ("root certificate", CauseClass.TLS, "check ca_file"),
    ("no such user", CauseClass.AUTH, "give a user that it knows"),
    ("not allowed", CauseClass.PERMISSION, "add our user to stats_users in pgbouncer.ini"),
    ("admin access needed", CauseClass.PERMISSION, "add our user to stats_users in pgbouncer.ini"),
    ('parameter "version"', CauseClass.NOT_FOUND, "this is no PgBouncer, perhaps PostgreSQL itself"),
    ("does not exist", CauseClass.NOT_FOUND, "name a database that exists in the url"),
    ("invalid command", CauseClass.NOT_FOUND, "this is PgBouncer's admin console: name a database in the url"),
    ("no such database", CauseClass.NOT_FOUND, "name a database that exists in the url"),
    ("is disabled", CauseClass.REFUSED, "PgBouncer's ENABLE lets clients in again"),
    ("no more connections allowed", CauseClass.OVERLOAD, "the pooler's own limit of clients is reached"),
    ("too many connections", CauseClass.OVERLOAD, "its limit of connections is reached"),
    ("query_wait_timeout", CauseClass.TIMEOUT, "the pooler had no server connection for us"),
    ("shutting down", CauseClass.REFUSED, "it is being stopped"),
    ("connection refused", CauseClass.REFUSED, "nothing listens there: is it running, is this the port?"),
    ("no such file or directory", CauseClass.REFUSED, "no such socket or file: is it running, is this the path?"),
    ("network is unreachable", CauseClass.REFUSED, "no route to it from here"),
    ("no route to host", CauseClass.REFUSED, "no route to it from here"),
    ("timeout expired", CauseClass.TIMEOUT, "it did not answer in time"),
    ("timed out", CauseClass.TIMEOUT, "it did not answer in time"),
    ("name or service not known", CauseClass.DNS, "the host's name does not resolve"),
    ("name resolution", CauseClass.DNS, "the host's name does not resolve"),
    ("no address associated", CauseClass.DNS, "the host's name does not resolve"),
    ("invalid response to ssl negotiation", CauseClass.PROTOCOL, "something else than this server listens there"),
    ("expected authentication request", CauseClass.PROTOCOL, "something else than this server listens there"),
    ("ssl", CauseClass.TLS, "check sslmode and ca_file"),
    ("certificate", CauseClass.TLS, "check sslmode and ca_file"),
    ("closed", CauseClass.PROTOCOL, "is it this server that listens there, or a proxy whose server is down?"),
)

_ERRNO = {
    errno.ECONNREFUSED: "nothing listens there: is it running, is this the port?",
    errno.ENOENT: "no such socket: is it running, is this the path?",
    errno.EHOSTUNREACH: "no route to it from here",
    errno.ENETUNREACH: "no route to it from here",
}


def source_error(error: Exception, what: str, *, requires_tls: bool = False) -> SourceError:
    """The SourceError for a driver's or the system's error; `what` is what was asked, "PgBouncer at host:port"."""
    cause_class, advice = _cause(error)
    if "rejected SSL upgrade" in str(error) and not requires_tls:
        # asyncpg's word for any answer but yes and no, too: a "no" would not have mattered.
        cause_class, advice = CauseClass.PROTOCOL, "something else than this server listens there"
    said = _said(error)
    return SourceError(cause_class, f"{what}: {said}{f'; {advice}' if advice else ''}")


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in _ERRNO:
        return os.strerror(error.errno)
    said = " ".join(str(error).split()) or type(error).__name__
    # libpq names the server by itself, at length, and guesses: what counts stands between.
    said = said.rpartition(" failed: ")[2] if "connection to server" in said else said
    return said.partition(" Is the server running")[0]


def _cause(error: Exception) -> tuple[CauseClass, str]:
    sqlstate = getattr(error, "sqlstate", None) or ""
    if sqlstate in _BY_SQLSTATE:
        return _BY_SQLSTATE[sqlstate]
    system = _system_cause(error)
    if system is not None:
        return system
    text = str(error).lower()
    for part, cause_class, advice in _BY_TEXT:
        if part in text:
            return cause_class, advice
    return _BY_SQLSTATE_CLASS.get(sqlstate[:2], (CauseClass.PROTOCOL, ""))


def _system_cause(error: Exception) -> tuple[CauseClass, str] | None:
    """What Python's own exceptions say; asyncpg lets them through as they are, often without a text."""
    if isinstance(error, ssl.SSLError):
        return CauseClass.TLS, "check sslmode and ca_file"
    if isinstance(error, socket.gaierror):
        return CauseClass.DNS, "the host's name does not resolve"
    if isinstance(error, TimeoutError):
        return CauseClass.TIMEOUT, "it did not answer in time"
    if isinstance(error, (ConnectionResetError, BrokenPipeError, asyncio.IncompleteReadError)):
        return CauseClass.PROTOCOL, "it closed the connection: is it this server, or a proxy whose server is down?"
    if isinstance(error, OSError) and error.errno in _ERRNO:
        return CauseClass.REFUSED, _ERRNO[error.errno]
    return None
