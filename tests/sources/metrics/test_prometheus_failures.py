"""What becomes of a Prometheus that is down, hung, refusing, or something else altogether."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.model.records import Sli
from prodtui.sources.imports import imported
from prodtui.sources.metrics.connection import Connection as Client
from prodtui.sources.metrics.prometheus import Prometheus
from prodtui.sources.metrics.prometheus_settings import PrometheusSettings
from tests.sources import lying
from tests.sources.lying import Behaviour, Connection
from tests.sources.metrics.rig import Rig
from tests.sources.servers import until


@asynccontextmanager
async def source(url: str, **settings: Any) -> AsyncIterator[Prometheus]:
    """The source, closed at the end; fails when that leaves a thread behind for a second."""
    name = f"unlucky-{uuid4()}"
    reader = Prometheus(name, PrometheusSettings(kind="prometheus", url=url, **{"timeout": 0.5, **settings}))

    async def no_thread_is_left() -> bool:
        return not any(thread.name.startswith(f"prodtui-{name}") for thread in threading.enumerate())

    try:
        yield reader
    finally:
        await reader.close()
    await until(no_thread_is_left, within_s=1)


async def failure(url: str, **settings: Any) -> SourceError:
    async with source(url, **settings) as reader:
        with pytest.raises(SourceError) as raised:
            await reader.read()
        return raised.value


async def drips_headers(connection: Connection) -> None:
    await connection.request()
    await connection.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await connection.send(b"x-drop: 1\r\n")
        await asyncio.sleep(0.1)


def forwards(port: int) -> Behaviour:
    """Passes everything on to the real server on that port."""

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while content := await reader.read(65536):
            writer.write(content)
            await writer.drain()

    async def behaviour(connection: Connection) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(pipe(connection.reader, writer))
                group.create_task(pipe(reader, connection.writer))
        finally:
            writer.close()

    return behaviour


ERROR = {"status": "error", "errorType": "bad_data", "error": "1:3: parse error"}
SCALAR = {"status": "success", "data": {"resultType": "scalar", "result": [1, "NaN"]}}
NUMBER = {"status": "success", "data": {"result": [{"metric": {}, "value": [1, "many"]}]}}
NO_DATA = {"status": "success", "result": []}


@pytest.mark.parametrize(
    ("behaviour", "cause_class", "words"),
    [
        (lying.hangs, CauseClass.TIMEOUT, "no answer within"),
        (lying.drips, CauseClass.TIMEOUT, "no answer within"),
        (drips_headers, CauseClass.TIMEOUT, "no answer within"),
        (lying.closes, CauseClass.PROTOCOL, "closed before the answer"),
        (lying.resets, CauseClass.PROTOCOL, "closed before the answer"),
        (lying.half_closes, CauseClass.PROTOCOL, "broke off"),
        (lying.babbles, CauseClass.PROTOCOL, "no proper HTTP"),
        (lying.answers_html, CauseClass.PROTOCOL, "HTML, not JSON"),
        (lying.truncated_json, CauseClass.PROTOCOL, "does not parse"),
        (lying.wrong_types, CauseClass.PROTOCOL, "another shape"),
        (lying.empty, CauseClass.PROTOCOL, "answered nothing"),
        (lying.answers(SCALAR), CauseClass.PROTOCOL, "another shape"),
        (lying.answers(NUMBER), CauseClass.PROTOCOL, "could not convert string to float"),
        (lying.answers(NO_DATA), CauseClass.PROTOCOL, "no 'data' in it"),
        (lying.answers(b'{"status":"error","errorType":"x","error":"y"}'), CauseClass.PROTOCOL, "x: y"),
        (lying.answers(ERROR, 400), CauseClass.PROTOCOL, "answered 400: bad_data: 1:3: parse error"),
        (lying.answers("no", 401), CauseClass.AUTH, "answered 401: no"),
        (lying.answers("no", 403), CauseClass.PERMISSION, "answered 403: no"),
        (lying.answers("no", 404), CauseClass.NOT_FOUND, "answered 404: no"),
        (
            lying.answers("slow down", 429, "text/plain", "retry-after: 30"),
            CauseClass.OVERLOAD,
            "answered 429: slow down (asks to wait 30 s)",
        ),
        (lying.answers(lying.HTML, 502, "text/html"), CauseClass.OVERLOAD, "answered 502: HTML"),
        (lying.answers("Service Unavailable", 503), CauseClass.OVERLOAD, "answered 503"),
        (lying.answers("", 302, "text/plain", "location: /login"), CauseClass.PROTOCOL, "a redirect to /login"),
        (lying.answers(b"{}", 200, "application/json", "content-encoding: gzip"), CauseClass.PROTOCOL, "encoding"),
        (lying.junk(10), CauseClass.PROTOCOL, "answered no JSON"),
    ],
)
async def test_each_failure_has_its_class_in_time_and_leaves_no_thread(
    behaviour: Behaviour, cause_class: CauseClass, words: str
) -> None:
    async with lying.lying(behaviour) as server, source(server.url) as reader:
        for module in reader.needs:  # what is timed is the exchange, not the import of requests
            await imported(module)
        begun = time.monotonic()
        with pytest.raises(SourceError) as raised:
            await reader.read()
        assert time.monotonic() - begun < 1
    cause = raised.value.cause
    assert (cause.cause_class, words in cause.message) == (cause_class, True), cause
    assert cause.message.startswith("Prometheus at http://127.0.0.1:")


async def test_a_request_that_begins_while_the_source_is_closed_keeps_nobody_waiting() -> None:
    async with lying.lying(lying.hangs) as server:
        client = Client(server.url, timeout_s=30.0)
        client.close()
        async with asyncio.timeout(10):
            with pytest.raises(SourceError):
                await asyncio.to_thread(client.query, "up")


async def test_endless_json_is_not_read_on() -> None:
    async with lying.lying(lying.junk(40, b"{[1, 2, ")) as server:
        error = await failure(server.url, timeout=10)
    assert error.cause.cause_class is CauseClass.PROTOCOL
    assert "longer than 33,554,432 bytes" in error.cause.message


async def test_nobody_listening_is_refused_long_before_the_deadline() -> None:
    begun = time.monotonic()
    error = await failure(f"http://127.0.0.1:{lying.refused_port()}", timeout=20)
    assert error.cause.cause_class is CauseClass.REFUSED
    assert time.monotonic() - begun < 5


async def test_a_name_that_does_not_resolve_is_dns() -> None:
    assert (await failure("http://no-such-host.invalid", timeout=5)).cause.cause_class is CauseClass.DNS


async def test_plain_text_where_tls_was_expected_is_tls() -> None:
    async with lying.lying(lying.babbles) as server:
        error = await failure(server.url.replace("http:", "https:"))
    assert error.cause.cause_class is CauseClass.TLS


async def test_ca_certificates_that_are_not_there_are_tls(tmp_path: Path) -> None:
    error = await failure("https://127.0.0.1:1", ca_file=str(tmp_path / "none.pem"))
    assert error.cause.cause_class is CauseClass.TLS
    assert "none.pem" in error.cause.message


async def test_a_wrong_path_on_a_real_server_is_not_found(prometheus: Rig) -> None:
    assert (await failure(f"{prometheus.url}/not/here")).cause.cause_class is CauseClass.NOT_FOUND


async def test_after_a_hang_the_next_read_succeeds(prometheus: Rig) -> None:
    real = forwards(int(prometheus.url.rpartition(":")[2]))
    async with lying.lying(lying.hangs) as server, source(server.url, timeout=2) as reader:
        with pytest.raises(SourceError) as raised:
            await reader.read()
        assert raised.value.cause.cause_class is CauseClass.TIMEOUT
        server.behaviour = real
        assert any(isinstance(record, Sli) for record in (await reader.read()).records)


async def test_closing_while_a_read_hangs_takes_no_time() -> None:
    async with lying.lying(lying.hangs) as server, source(server.url, timeout=30) as reader:
        reading = asyncio.create_task(reader.read())

        async def asked() -> bool:
            return server.connections > 0

        await until(asked)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def test_the_token_is_sent_and_netrc_does_not_replace_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with lying.lying(lying.answers("no", 401)) as server:
        await failure(server.url, token="s3cret")
        await failure(server.url, user="me", password="secret")
        sent = {line for head in server.requests for line in head.split("\r\n") if line.startswith("Authorization")}
    assert sent == {"Authorization: Bearer s3cret", "Authorization: Basic bWU6c2VjcmV0"}


async def test_a_token_that_cannot_be_sent_is_not_told() -> None:
    async with lying.lying(lying.answers("{}")) as server:
        error = await failure(server.url, token="s3cret\nline")
    assert error.cause.cause_class is CauseClass.INTERNAL
    assert "s3cret" not in str(error)
