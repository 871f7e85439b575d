"""From Consul's rows to records, and from one catalogue to the next: pure."""

from __future__ import annotations

import pytest

from prodtui.model.reading import Removed
from prodtui.model.records import HealthCheck, HealthStatus, Instance, Phase
from prodtui.sources.registry.consul_catalogue import Catalogue, by_scope, derive, difference
from prodtui.sources.registry.consul_wire import CheckDefinition, Registered, Row
from prodtui.sources.registry.phase import phase


def row(check: str = "c1", status: str = "passing", index: int = 1, **more: object) -> Row:
    fields = {"service_id": "orders-1", "service_name": "orders", "name": "check", **more}
    return Row(node="n1", check_id=check, status=status, modify_index=index, **fields)  # type: ignore[arg-type]


def catalogue(*rows: Row, before: Catalogue | None = None, meta: dict[str, str] | None = None) -> Catalogue:
    instance = Registered("n1", "orders-1", "orders", "10.0.0.1", 80, meta or {}, {})
    return derive(
        before or Catalogue(),
        names={"orders": ()},
        registered={"orders": (instance,)},
        rows=by_scope(rows, {}),
    )


def check(*rows: Row, meta: dict[str, str] | None = None) -> HealthCheck:
    """The only health check of a catalogue of these rows."""
    (found,) = (r for r in catalogue(*rows, meta=meta).keyframe() if isinstance(r, HealthCheck))
    return found


REFUSED = 'Get "http://10.0.0.1:80/ready": dial tcp 10.0.0.1:80: connect: connection refused'
OLD_REFUSED = "Get http://10.0.0.1:80/ready: dial tcp 10.0.0.1:80: connect: connection refused"
ANSWERED = "HTTP GET http://10.0.0.1:80/ready?full=1: 503 Service Unavailable Output: {}"


@pytest.mark.parametrize(
    ("kind", "output", "definition", "meta", "url", "method"),
    [
        ("http", ANSWERED, None, {}, "http://10.0.0.1:80/ready?full=1", "GET"),
        ("http", REFUSED, None, {}, "http://10.0.0.1:80/ready", "GET"),
        ("http", OLD_REFUSED, None, {}, "http://10.0.0.1:80/ready", "GET"),
        ("http", "HTTP POST http://h:1/x: 200 OK Output: ", None, {}, "http://h:1/x", "POST"),
        ("http", "", None, {"health_url": "http://meta/ready"}, "http://meta/ready", "GET"),
        ("http", ANSWERED, CheckDefinition(http="https://def/x", method="HEAD"), {}, "https://def/x", "HEAD"),
        ("http", "timeout", None, {}, None, "GET"),
        ("ttl", ANSWERED, None, {}, None, "GET"),
        ("script", REFUSED, None, {}, None, "GET"),
    ],
)
def test_the_url_comes_from_the_definition_else_the_http_output_else_the_metadata(
    kind: str, output: str, definition: CheckDefinition | None, meta: dict[str, str], url: str | None, method: str
) -> None:
    found = check(row(type=kind, output=output, definition=definition), meta=meta).definition
    assert (found.url, found.method) == (url, method)


@pytest.mark.parametrize(
    ("text", "expected"), [("10s", 10), ("1m30s", 90), (2_000_000_000, 2), ("500ms", 0.5), ("soon", None), (None, None)]
)
def test_intervals_are_go_durations_or_nanoseconds(text: str | int | None, expected: float | None) -> None:
    assert check(row(definition=CheckDefinition(interval=text))).definition.interval_s == expected
    assert check(row(timeout=text)).definition.timeout_s == expected


def test_a_status_that_is_none_is_unknown() -> None:
    assert check(row(status="excellent")).status is HealthStatus.UNKNOWN


@pytest.mark.parametrize(
    ("text", "expected"), [("draining", Phase.DRAINING), ("Starting", Phase.STARTING), ("", Phase.SERVING)]
)
def test_phases(text: str, expected: Phase) -> None:
    assert phase(text) is expected


def test_an_instance_seen_by_its_check_alone_is_known_at_once() -> None:
    found = derive(Catalogue(), names={"orders": ()}, registered={}, rows=by_scope([row()], {})).keyframe()
    assert [(r.node, r.id) for r in found if isinstance(r, Instance)] == [("n1", "orders-1")]


def test_what_has_not_changed_keeps_its_records() -> None:
    before = catalogue(row(index=1), row("node", service_id="", service_name="", index=2))
    after = catalogue(row(index=1), row("node", service_id="", service_name="", index=3), before=before)
    assert after.records["service", "orders"] is before.records["service", "orders"]
    assert after.records["node", "n1"] is not before.records["node", "n1"]


def test_the_difference_has_what_changed_and_what_is_gone() -> None:
    before = catalogue(row("a"), row("b"))
    after = catalogue(row("a", "critical", index=2), before=before)
    changed, removed = difference(before, after)
    assert [(c.key, c.status) for c in changed if isinstance(c, HealthCheck)] == [("n1/a", HealthStatus.CRITICAL)]
    assert len(changed) == 1
    assert removed == (Removed("health", "n1/b"),)


def test_metadata_alone_makes_a_difference() -> None:
    before = catalogue(row(), meta={"version": "1"})
    changed, removed = difference(before, catalogue(row(), before=before, meta={"version": "2"}))
    assert [c.version for c in changed if isinstance(c, Instance)] == ["2"]
    assert not removed


def test_an_instance_that_moves_to_another_name_is_not_gone() -> None:
    before = catalogue(row())
    moved = Registered("n1", "orders-1", "orders-v2", "10.0.0.1", 80, {}, {})
    after = derive(
        before,
        names={"orders-v2": ()},
        registered={"orders-v2": (moved,)},
        rows=by_scope([row(service_name="orders-v2", index=2)], {}),
    )
    changed, removed = difference(before, after)
    assert Removed("service", "orders") in removed
    assert not [gone for gone in removed if gone.record != "service"]
    assert {c.service for c in changed if isinstance(c, (Instance, HealthCheck))} == {"orders-v2"}
