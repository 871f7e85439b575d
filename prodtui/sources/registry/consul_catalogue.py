"""Everything a Consul datacenter has said, as records by scope, so that only differences travel on. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from prodtui.model.duration import seconds
from prodtui.model.reading import Removed
from prodtui.model.records import AnyRecord, Definition, HealthCheck, HealthStatus, Instance, Phase, Service
from prodtui.model.text import neutralise, neutralise_name
from prodtui.sources.registry.consul_wire import Registered, Row
from prodtui.sources.registry.phase import phase

Scope = tuple[str, str]
"""("service", name) or ("node", name): what is derived, compared and replaced as one."""
Key = tuple[str, str]
"""A record's tag and key."""

_SERVICE_MAINTENANCE = "_service_maintenance:"
_NODE_MAINTENANCE = "_node_maintenance"
# What the agent's own HTTP check writes before anything that the service says: "HTTP GET http://h:1/x: 503 Service
# Unavailable Output: ..", or Go's client when there was no answer: `Get "http://h:1/x": dial tcp ..`.
_HTTP_OUTPUT = re.compile(r'(?:HTTP (?P<method>[A-Z]+) |(?P<verb>[A-Z][a-z]+) "?)(?P<url>https?://[^\s"]+?)"?: ')


class Catalogue(NamedTuple):
    """What is known. Never changed in place; an unchanged scope's records are the same object."""

    names: Mapping[str, tuple[str, ...]] = {}
    """Registered services with their tags."""
    registered: Mapping[str, tuple[Registered, ...]] = {}
    """Instances by service, where the catalog has been asked."""
    rows: Mapping[Scope, tuple[Row, ...]] = {}
    records: Mapping[Scope, Mapping[Key, AnyRecord]] = {}

    def keyframe(self) -> tuple[AnyRecord, ...]:
        """All records."""
        return tuple(record for held in self.records.values() for record in held.values())

    def not_passing(self) -> dict[tuple[str, str], Row]:
        """What a query for all but passing checks would answer."""
        return {row.key: row for rows in self.rows.values() for row in rows if row.status != "passing"}

    def silent(self) -> bool:
        """Whether a check that does not pass has said nothing yet."""
        return any(not row.output for row in self.not_passing().values())


def scope(row: Row) -> Scope:
    """Where a check belongs."""
    return ("service", row.service_name) if row.service_id else ("node", row.node)


def by_scope(rows: Iterable[Row], fresher: Mapping[tuple[str, str], str]) -> dict[Scope, tuple[Row, ...]]:
    """Checks by service or node; where the catalog has no output yet, that of `fresher` (the agent's own word)."""
    grouped: dict[Scope, list[Row]] = defaultdict(list)
    for row in rows:
        output = "" if row.output or not fresher else fresher.get(row.key, "")
        grouped[scope(row)].append(msgspec.structs.replace(row, output=output) if output else row)
    return {key: tuple(sorted(held, key=_order)) for key, held in grouped.items()}


def instances_differ(before: Mapping[Scope, tuple[Row, ...]], now: Mapping[Scope, tuple[Row, ...]]) -> set[str]:
    """Services of which an instance with checks has come or gone."""
    return {
        name
        for kind, name in before.keys() | now.keys()
        if kind == "service"
        and (old := before.get((kind, name), ())) is not (new := now.get((kind, name), ()))
        and {(row.node, row.service_id) for row in old} != {(row.node, row.service_id) for row in new}
    }


def derive(
    before: Catalogue,
    *,
    names: Mapping[str, tuple[str, ...]],
    registered: Mapping[str, tuple[Registered, ...]],
    rows: Mapping[Scope, tuple[Row, ...]],
) -> Catalogue:
    """The catalogue that says this; a scope of which nothing changed keeps its records."""
    maintained = _maintained(rows)
    all_anew = maintained != _maintained(before.rows)
    records: dict[Scope, Mapping[Key, AnyRecord]] = {}
    scopes = dict.fromkeys((*(("service", name) for name in names), *rows))
    for key in scopes:
        kind, name = key
        own, tags, instances = rows.get(key, ()), names.get(name, ()), registered.get(name, ())
        held = before.records.get(key)
        if (
            held is not None
            and not all_anew
            and _same(own, before.rows.get(key, ()))
            and (kind == "node" or (tags, instances) == (before.names.get(name), before.registered.get(name, ())))
        ):
            records[key] = held
        elif kind == "node":
            records[key] = _by_key(_node_checks(own))
        else:
            records[key] = _by_key(_of_service(name, tags, instances, own, maintained))
    return Catalogue(names, registered, rows, records)


def difference(before: Catalogue, after: Catalogue) -> tuple[tuple[AnyRecord, ...], tuple[Removed, ...]]:
    """Records that are new or changed, and those that are gone."""
    changed: list[AnyRecord] = []
    removed: list[Removed] = []
    for key in before.records.keys() | after.records.keys():
        old, new = before.records.get(key, {}), after.records.get(key, {})
        if old is new:
            continue
        changed += [record for at, record in new.items() if old.get(at) != record]
        removed += [Removed(*at) for at in old if at not in new]
    # An instance that moved to another service's name is no longer its old one, and is not gone.
    told = {(type(record).__struct_config__.tag, record.key) for record in changed}
    return tuple(changed), tuple(gone for gone in removed if (gone.record, gone.key) not in told)


def _order(row: Row) -> tuple[str, str]:
    return row.key


def _same(rows: tuple[Row, ...], others: tuple[Row, ...]) -> bool:
    """By index, as comparing 50,000 outputs costs ten times as much; within one run of indexes that is enough."""
    return rows is others or (
        len(rows) == len(others)
        and all(
            a.modify_index == b.modify_index and a.key == b.key and bool(a.output) == bool(b.output)
            for a, b in zip(rows, others, strict=True)
        )
    )


def _maintained(rows: Mapping[Scope, tuple[Row, ...]]) -> dict[str, str]:
    """Nodes in maintenance, with the reason given."""
    return {
        row.node: row.notes
        for (kind, _), held in rows.items()
        if kind == "node"
        for row in held
        if row.check_id == _NODE_MAINTENANCE
    }


def _by_key(records: Iterable[AnyRecord]) -> dict[Key, AnyRecord]:
    return {(str(record.__struct_config__.tag), record.key): record for record in records}


def _of_service(
    name: str,
    tags: tuple[str, ...],
    instances: tuple[Registered, ...],
    rows: tuple[Row, ...],
    maintained_nodes: Mapping[str, str],
) -> Iterable[AnyRecord]:
    yield Service(name=neutralise_name(name), tags=tuple(neutralise_name(tag) for tag in tags))
    maintained: dict[tuple[str, str], str] = {}
    checks = []
    for row in rows:
        if row.check_id.startswith(_SERVICE_MAINTENANCE):
            maintained[row.node, row.service_id] = row.notes
        else:
            checks.append(row)
    known = {(i.node, i.id): i for i in instances}
    for row in rows:
        # Seen by its check before the catalog was asked about it.
        at = (row.node, row.service_id)
        known.setdefault(at, Registered(row.node, row.service_id, name, "", 0, {}, {}))
    for at, instance in known.items():
        why = maintained.get(at, maintained_nodes.get(instance.node))
        yield _instance(instance, why)
    for row in checks:
        meta = known[row.node, row.service_id].meta
        yield _health_check(row, meta.get("health_url"))


def _instance(instance: Registered, maintenance: str | None) -> Instance:
    meta = {neutralise_name(key): neutralise_name(value) for key, value in instance.meta.items()}
    if maintenance is not None:
        meta["maintenance"] = neutralise_name(maintenance)
    zone = meta.get("zone") or instance.node_meta.get("zone")
    return Instance(
        service=neutralise_name(instance.service),
        id=neutralise_name(instance.id),
        node=neutralise_name(instance.node),
        zone=neutralise_name(zone) if zone else None,
        version=meta.get("version") or None,
        phase=Phase.MAINTENANCE if maintenance is not None else phase(meta.get("phase", "")),
        address=neutralise_name(instance.address),
        port=instance.port or None,
        tags=tuple(neutralise_name(tag) for tag in instance.tags),
        meta=meta,
    )


def _node_checks(rows: Iterable[Row]) -> Iterable[HealthCheck]:
    return (_health_check(row, None) for row in rows if row.check_id != _NODE_MAINTENANCE)


def _health_check(row: Row, health_url: str | None) -> HealthCheck:
    try:
        status = HealthStatus(row.status)
    except ValueError:
        status = HealthStatus.UNKNOWN
    return HealthCheck(
        id=neutralise_name(row.check_id),
        name=neutralise_name(row.name),
        node=neutralise_name(row.node),
        service=neutralise_name(row.service_name) if row.service_id else "",
        instance=neutralise_name(row.service_id),
        status=status,
        output=neutralise(row.output),
        kind=neutralise_name(row.type),
        definition=_definition(row, health_url),
    )


def _definition(row: Row, health_url: str | None) -> Definition:
    """How to make the check again: by its definition, else its output's first words, else the service's metadata."""
    declared = row.definition
    method = (declared.method if declared else "") or "GET"
    url = (declared.http if declared else "") or None
    if url is None and row.type == "http" and (match := _HTTP_OUTPUT.match(row.output)):
        # Only of an HTTP check: any other check's output is the service's own text, and could name any URL.
        url, method = match["url"], (match["method"] or match["verb"]).upper()
    url = url or health_url
    return Definition(
        method=neutralise_name(method),
        url=neutralise(url, longest=2000) if url else None,
        interval_s=_duration(declared.interval if declared else None, row.interval),
        timeout_s=_duration(declared.timeout if declared else None, row.timeout),
    )


def _duration(*texts: str | float | None) -> float | None:
    for text in texts:
        if isinstance(text, (int, float)) and text > 0:
            return text / 1e9
        if isinstance(text, str) and text:
            try:
                value = seconds(text)
            except ValueError:
                continue
            return float(value) if isinstance(value, (int, float)) and value > 0 else None
    return None
