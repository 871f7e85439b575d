"""The variables of the field's own tools, as defaults for a source of that kind that names no system itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from prodtui.settings.keys import KeyPath, Layer, Origin, at, put
from prodtui.settings.kinds import settings_class
from prodtui.settings.shape import source_paths

Given = tuple[str, str, str]
"""A key, its value, and the variable it comes from."""


def from_field_variables(env: Mapping[str, str], cwd: Path, merged: Mapping[str, Any]) -> Layer:
    """CONSUL_HTTP_ADDR, ETCDCTL_ENDPOINTS, PROMETHEUS_URL, PGHOST and so on for the sources in `merged`."""
    values: dict[str, Any] = {}
    origins: dict[KeyPath, Origin] = {}
    for path in source_paths(merged):
        put(values, path, {})  # every source, so that merging keeps the order of the file
        table = at(merged, path)
        kind = table.get("kind")
        settings = settings_class(kind)
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if settings is None or reader is None:
            continue
        url = table.get("url")
        for key, value, variable in reader(env, url if isinstance(url, str) else None):
            if key not in table and (
                key in settings.model_fields or key.removesuffix("_file") in settings.model_fields
            ):
                put(values, (*path, key), value)
                origins[(*path, key)] = Origin(variable)
    return Layer(values, origins, cwd)


def consul(env: Mapping[str, str], url: str | None) -> Iterator[Given]:
    """As the consul command reads them: an address may lack its scheme, CONSUL_HTTP_SSL makes it https."""
    address = consul_address(env)
    if url is None and address:
        yield "url", address, "CONSUL_HTTP_ADDR"
    # The token was made for the system that the address means: another one never gets to see it.
    if url is not None and address and _system(url) != _system(address):
        return
    if token := env.get("CONSUL_HTTP_TOKEN"):
        yield "token", token, "CONSUL_HTTP_TOKEN"
    elif file := env.get("CONSUL_HTTP_TOKEN_FILE"):
        yield "token_file", file, "CONSUL_HTTP_TOKEN_FILE"
    files = (("ca_file", "CONSUL_CACERT"), ("cert_file", "CONSUL_CLIENT_CERT"), ("key_file", "CONSUL_CLIENT_KEY"))
    for key, variable in files:
        if env.get(variable):
            yield key, env[variable], variable


def consul_address(env: Mapping[str, str]) -> str | None:
    """CONSUL_HTTP_ADDR as a URL."""
    secure = env.get("CONSUL_HTTP_SSL", "").lower() in ("1", "true")
    return with_scheme(env.get("CONSUL_HTTP_ADDR"), "https" if secure else "http")


def etcd(env: Mapping[str, str], url: str | None) -> Iterator[Given]:
    """etcdctl's endpoints; its user and password only for one of them."""
    members = etcd_members(env)
    if url is None and members:
        yield "url", ",".join(members), "ETCDCTL_ENDPOINTS"
    if url is not None and members and _system(url.partition(",")[0]) not in map(_system, members):
        return
    for key, variable in (("ca_file", "ETCDCTL_CACERT"), ("cert_file", "ETCDCTL_CERT"), ("key_file", "ETCDCTL_KEY")):
        if env.get(variable):
            yield key, env[variable], variable
    if user := env.get("ETCDCTL_USER"):
        name, separator, password = user.partition(":")
        yield "user", name, "ETCDCTL_USER"
        if separator:
            yield "password", password, "ETCDCTL_USER"
            return
    if env.get("ETCDCTL_PASSWORD"):
        yield "password", env["ETCDCTL_PASSWORD"], "ETCDCTL_PASSWORD"


def etcd_members(env: Mapping[str, str]) -> list[str]:
    """ETCDCTL_ENDPOINTS as URLs."""
    written = (part.strip() for part in env.get("ETCDCTL_ENDPOINTS", "").split(","))
    return [url for part in written if (url := with_scheme(part, "http"))]


def prometheus(env: Mapping[str, str], url: str | None) -> Iterator[Given]:
    """PROMETHEUS_URL."""
    if url is None and (address := prometheus_address(env)):
        yield "url", address, "PROMETHEUS_URL"


def prometheus_address(env: Mapping[str, str]) -> str | None:
    """PROMETHEUS_URL as a URL."""
    return with_scheme(env.get("PROMETHEUS_URL"), "http")


def postgresql(env: Mapping[str, str], url: str | None) -> Iterator[Given]:
    """libpq's PGHOST, PGPORT, PGUSER, PGDATABASE; PGPASSWORD, PGSERVICE and ~/.pgpass the driver reads itself."""
    given = [name for name in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE") if env.get(name)]
    if url is None and given:
        yield "url", postgresql_address(env), " ".join(given)


def postgresql_address(env: Mapping[str, str]) -> str:
    """A libpq URL of what PGHOST, PGPORT, PGUSER and PGDATABASE say."""
    host, port = env.get("PGHOST", ""), env.get("PGPORT", "")
    user = quote(env.get("PGUSER", ""), safe="")
    socket = host.startswith("/")
    # Without a host a libpq URL holds no port: "localhost" is what a person means by a port alone.
    place = "" if socket else f"{host or ('localhost' if port else '')}{f':{port}' if port else ''}"
    query = f"?host={quote(host, safe='')}{f'&port={port}' if port else ''}" if socket else ""
    return f"postgresql://{f'{user}@' if user else ''}{place}/{quote(env.get('PGDATABASE', ''), safe='')}{query}"


def with_scheme(address: str | None, scheme: str) -> str | None:
    """The address as a URL; None where there is none."""
    if not address:
        return None
    return address if "://" in address else f"{scheme}://{address}"


def _system(url: str) -> tuple[str | None, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # an unusable port, which validation reports
        return None, None
    return parts.hostname, port


_READERS: dict[str, Callable[[Mapping[str, str], str | None], Iterator[Given]]] = {
    "consul": consul,
    "etcd": etcd,
    "prometheus": prometheus,
    "postgresql": postgresql,
}

KINDS_WITH_VARIABLES = frozenset(_READERS)
"""Kinds whose `url` may come from a variable of the field's own."""
