"""Direct probes, of real HTTP servers that answer well and ill."""

from __future__ import annotations

import gc
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from prodtui.model.records import HealthCheck, HealthStatus, Instance
from prodtui.sources.probes.http import HttpProbes, HttpProbesSettings
from tests.sources import lying
from tests.sources.lying import Behaviour
from tests.sources.reading import Reader
from tests.sources.release.certificates import Authority

FINE = lying.answers({"status": "pass"})


def probes(*urls: str, **settings: object) -> HttpProbes:
    """Probes of these URLs, as instances of `orders`."""
    targets = [{"service": "orders", "instance": f"orders-{n}", "url": url} for n, url in enumerate(urls, 1)]
    return HttpProbes("source", HttpProbesSettings.model_validate({"kind": "http", "targets": targets, **settings}))


def instance(number: int, url: str | None) -> Instance:
    return Instance(service="orders", id=f"orders-{number}", node="n1", meta={"health_url": url} if url else {})


@pytest.mark.parametrize(
    ("behaviour", "status", "words"),
    [
        (FINE, HealthStatus.PASSING, ': 200 OK\nOutput: {"status": "pass"}'),
        (lying.answers(b"", 204), HealthStatus.PASSING, ": 204 No Content"),
        (lying.answers("busy", 429), HealthStatus.WARNING, ": 429 Too Many Requests\nOutput: busy"),
        (lying.answers("no database", 503), HealthStatus.CRITICAL, ": 503 Service Unavailable\nOutput: no database"),
        (lying.answers("", 302, "text/plain", "location: /login"), HealthStatus.CRITICAL, "to /login (not followed)"),
        (lying.hangs, HealthStatus.CRITICAL, "no answer within the time limit"),
        (lying.drips, HealthStatus.CRITICAL, "no answer within the time limit"),
        (lying.closes, HealthStatus.CRITICAL, "closed the connection without an answer"),
        (lying.babbles, HealthStatus.CRITICAL, "no proper HTTP"),
        (lying.answers("\x1b[31mred\x00"), HealthStatus.PASSING, "Output: ␛[31mred␀"),
    ],
)
async def test_an_answer_and_its_absence_are_findings_about_the_instance(
    behaviour: Behaviour, status: HealthStatus, words: str
) -> None:
    async with lying.lying(behaviour) as server, Reader(probes(f"{server.url}/ready", probe_timeout="300ms")) as reader:
        await reader.read()
        (check,) = reader.of(HealthCheck).values()
    assert (check.status, words in check.output) == (status, True), check
    assert check.output.startswith(f"HTTP GET {server.url}/ready: ")
    assert (check.service, check.instance, check.kind) == ("orders", "orders-1", "probe")
    assert (check.definition.url, check.definition.timeout_s) == (f"{server.url}/ready", 0.3)


async def test_nobody_listening_is_critical_too() -> None:
    async with Reader(probes(f"http://127.0.0.1:{lying.refused_port()}")) as reader:
        await reader.read()
        (check,) = reader.of(HealthCheck).values()
    assert check.status is HealthStatus.CRITICAL
    assert "connection refused" in check.output


async def test_a_body_without_end_is_cut() -> None:
    async with lying.lying(lying.junk(10, b"x")) as server, Reader(probes(server.url)) as reader:
        await reader.read()
        (check,) = reader.of(HealthCheck).values()
    assert check.status is HealthStatus.PASSING
    assert len(check.output) < 20_000


async def test_without_targets_there_is_nothing_and_that_is_no_failure() -> None:
    async with Reader(probes()) as reader:
        answer = await reader.read()
    assert (answer.keyframe, answer.records, answer.requests) == (True, (), 0)


async def test_the_registry_s_instances_are_followed() -> None:
    source = probes(registry="etcd")
    async with lying.lying(FINE) as server, Reader(source) as reader:
        source.follow([instance(1, f"{server.url}/ready"), instance(2, None), instance(3, "gopher://x")])
        answer = await reader.read()
        assert {key: c.status for key, c in reader.of(HealthCheck).items()} == {
            "n1/probe:orders-1": HealthStatus.PASSING
        }
        assert answer.about is not None
        assert answer.about.notes == ("2 instances declare no health_url and are not probed",)
        source.follow([])
        await reader.read()
        assert not reader.of(HealthCheck)


async def test_a_common_path_serves_where_no_health_url_is_declared() -> None:
    source = probes(registry="etcd", path="/live")
    async with lying.lying(FINE) as server, Reader(source) as reader:
        source.follow([Instance(service="orders", id="orders-1", node="n1", address="127.0.0.1", port=server.port)])
        await reader.read()
        assert server.requests[0].startswith("GET /live ")


async def test_an_instance_whose_metadata_says_https_is_probed_by_it(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "Stranger")
    source = probes(registry="etcd", path="/live", ca_file=str(authority.file))
    async with (
        lying.lying(FINE, tls=authority.serving("127.0.0.1")) as server,
        lying.lying(FINE, tls=stranger.serving("127.0.0.1")) as other,
        Reader(source) as reader,
    ):
        ports = {"orders-1": server.port, "orders-2": other.port}
        meta = {"scheme": "https"}
        source.follow(
            [
                Instance(service="orders", id=name, node="n1", address="127.0.0.1", port=port, meta=meta)
                for name, port in ports.items()
            ]
        )
        await reader.read()
        found = reader.of(HealthCheck)
        assert found["n1/probe:orders-1"].status is HealthStatus.PASSING
        assert found["n1/probe:orders-1"].definition.url == f"https://127.0.0.1:{server.port}/live"
        assert found["n1/probe:orders-2"].status is HealthStatus.CRITICAL
        assert "the certificate is not accepted" in found["n1/probe:orders-2"].output


# asyncio leaves a connection that is given up while it is made to the collector, which warns as it closes it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_many_hung_instances_hold_nothing_up_and_all_get_their_turn() -> None:
    source = probes(timeout="1s", probe_timeout="400ms")
    async with AsyncExitStack() as stack:
        hung = await stack.enter_async_context(lying.lying(lying.hangs))
        well = await stack.enter_async_context(lying.lying(FINE))
        reader = await stack.enter_async_context(Reader(source, deadline_s=4.0))
        source.follow([instance(n, f"{hung.url}/{n}") for n in range(100)] + [instance(200, f"{well.url}/")])
        began = time.monotonic()
        answer = await reader.read()
        assert time.monotonic() - began < 3
        assert len(reader.of(HealthCheck)) == 101
        assert answer.about is not None
        assert "fit in one read" in answer.about.notes[0]
        await reader.read_until(
            lambda: HealthStatus.UNKNOWN not in {c.status for c in reader.of(HealthCheck).values()}, within_s=15
        )
        assert reader.of(HealthCheck)["n1/probe:orders-200"].status is HealthStatus.PASSING
    gc.collect()


async def test_hundreds_of_instances_are_probed_in_one_read() -> None:
    source = probes(timeout="5s")
    async with lying.lying(FINE) as server, Reader(source) as reader:
        source.follow([instance(n, f"{server.url}/{n}") for n in range(200)])
        answer = await reader.read()
    assert answer.requests == 200
    failed = [c.output for c in reader.of(HealthCheck).values() if c.status is not HealthStatus.PASSING]
    assert not failed
