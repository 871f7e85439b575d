"""A health check made again, against real servers, one of them with TLS."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from prodtui.model.cause import CauseClass
from prodtui.model.rerun import Rerun
from prodtui.sources.probes.rerun import rerun
from tests.sources import lying
from tests.sources.lying import Behaviour, Connection, LyingServer


async def test_an_answer_has_its_parts_and_their_times() -> None:
    async with lying.lying(lying.answers({"status": "pass"}, 503, "application/json", "x-trace: 1")) as server:
        made = await rerun(f"{server.url}/ready?x=1")
    assert (made.status, made.body, made.cause) == (503, '{"status": "pass"}', None)
    assert ("x-trace", "1") in made.headers
    assert made.dns_s is not None
    assert made.connect_s is not None
    assert made.first_byte_s is not None
    assert 0 <= made.dns_s <= made.first_byte_s <= made.total_s
    assert made.connect_s <= made.first_byte_s
    assert made.tls_s is None
    assert abs(made.at - time.time()) < 10


async def test_the_server_sees_the_name_and_not_its_address() -> None:
    async with lying.lying(lying.answers({})) as server:
        made = await rerun(f"http://localhost:{server.port}/ready")
    assert made.status == 200
    assert f"host: localhost:{server.port}" in server.requests[0].lower()


async def test_a_redirect_is_shown_and_not_followed() -> None:
    async with lying.lying(lying.answers("", 302, "text/plain", "location: http://elsewhere/")) as server:
        made = await rerun(server.url)
        assert len(server.requests) == 1
    assert (made.status, dict(made.headers)["location"]) == (302, "http://elsewhere/")


async def slow(connection: Connection) -> None:
    """Begins to answer after 0.2 s and ends 0.2 s later."""
    await connection.request()
    await asyncio.sleep(0.2)
    await connection.send(lying.head(200, "content-length: 4") + b"ab")
    await asyncio.sleep(0.2)
    await connection.send(b"cd")


async def test_the_first_byte_is_timed_apart_from_the_last() -> None:
    async with lying.lying(slow) as server:
        made = await rerun(server.url)
    assert made.first_byte_s is not None
    assert 0.2 <= made.first_byte_s < 0.4 <= made.total_s
    assert made.body == "abcd"


@pytest.mark.parametrize(
    ("behaviour", "cause_class"),
    [(lying.hangs, CauseClass.TIMEOUT), (lying.drips, CauseClass.TIMEOUT), (lying.closes, CauseClass.PROTOCOL)],
)
async def test_a_server_that_fails_is_a_cause_and_no_error(behaviour: Behaviour, cause_class: CauseClass) -> None:
    async with lying.lying(behaviour) as server:
        made = await rerun(server.url, timeout_s=0.4)
    assert cause(made) is cause_class
    assert made.total_s < 1


@pytest.mark.parametrize(
    ("url", "cause_class"),
    [
        ("http://127.0.0.1:{refused}/", CauseClass.REFUSED),
        ("http://no-such-host.invalid/", CauseClass.DNS),
        ("ftp://127.0.0.1/", CauseClass.INTERNAL),
        ("file:///etc/passwd", CauseClass.INTERNAL),
        ("http://[::1/", CauseClass.INTERNAL),
        ("http://127.0.0.1:99999/", CauseClass.INTERNAL),
        ("", CauseClass.INTERNAL),
    ],
)
async def test_what_cannot_be_asked_is_a_cause_and_no_error(url: str, cause_class: CauseClass) -> None:
    assert cause(await rerun(url.replace("{refused}", str(lying.refused_port())))) is cause_class


async def test_nothing_but_get_and_head_is_ever_asked() -> None:
    async with lying.lying(lying.answers({})) as server:
        made = await rerun(server.url, method="POST")
        assert server.connections == 0
    assert made.cause is not None
    assert "a re-run must change nothing" in made.cause.message


async def test_a_body_without_end_is_cut_and_hostile_text_is_inert() -> None:
    async with lying.lying(lying.junk(10, b"\x1b[31m")) as server:
        made = await rerun(server.url, longest=1000)
    assert made.body.startswith("␛[31m")
    assert made.body.endswith("[longer than 1,000 bytes, not read on]")


async def test_a_password_in_the_url_is_not_shown() -> None:
    async with lying.lying(lying.answers({})) as server:
        made = await rerun(f"http://monitor:s3cret@127.0.0.1:{server.port}/")
        assert "authorization: basic" in server.requests[0].lower()
    assert "s3cret" not in repr(made)


@pytest_asyncio.fixture
async def secure(tmp_path: Path) -> AsyncIterator[LyingServer]:
    """An HTTPS server whose certificate nobody has signed."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    command += " -addext subjectAltName=IP:127.0.0.1"
    made = [*command.split(), "-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with lying.lying(lying.answers({"status": "pass"}), tls=context) as server:
        yield server


async def test_tls_is_verified_and_says_what_is_wrong(secure: LyingServer) -> None:
    made = await rerun(secure.url)
    assert cause(made) is CauseClass.TLS
    assert made.cause is not None
    assert "certificate is not accepted: self-signed certificate" in made.cause.message
    assert (made.status, made.body) == (None, "")


async def test_a_private_authority_is_trusted_where_it_is_named(secure: LyingServer, tmp_path: Path) -> None:
    made = await rerun(secure.url, ca_file=str(tmp_path / "certificate.pem"))
    assert (made.status, made.cause) == (200, None)
    missing = await rerun(secure.url, ca_file=str(tmp_path / "no.pem"))
    assert cause(missing) is CauseClass.TLS
    assert missing.cause is not None
    assert "no.pem" in missing.cause.message


async def test_tls_is_timed(secure: LyingServer) -> None:
    made = await rerun(secure.url, verify=False)
    assert made.status == 200
    assert made.tls_s is not None
    assert made.tls_s > 0


def cause(made: Rerun) -> CauseClass | None:
    return made.cause.cause_class if made.cause else None
