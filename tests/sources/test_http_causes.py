"""Every way an HTTP exchange can fail, against servers that really fail so."""

from __future__ import annotations

import gzip

import pytest

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.sources.http_causes import decode, decode_off_loop, fetch, get, open_client, source_error
from tests.sources import lying
from tests.sources.lying import Behaviour

WHAT = "The system"


async def failure(url: str, *, timeout_s: float = 0.5, limit_bytes: int = 1 << 20) -> SourceError:
    """How a GET of JSON rows from this URL fails."""
    async with open_client(url, timeout_s=timeout_s) as client:
        with pytest.raises(SourceError) as raised:
            decode(await get(client, url, limit_bytes=limit_bytes, what=WHAT), list[dict[str, str]], WHAT)
    return raised.value


@pytest.mark.parametrize(
    ("behaviour", "cause_class", "words"),
    [
        (lying.hangs, CauseClass.TIMEOUT, "no answer within"),
        (lying.closes, CauseClass.PROTOCOL, "without an answer"),
        (lying.resets, CauseClass.PROTOCOL, "closed before the answer"),
        (lying.half_closes, CauseClass.PROTOCOL, "broke off"),
        (lying.babbles, CauseClass.PROTOCOL, "no proper HTTP"),
        (lying.answers_html, CauseClass.PROTOCOL, "answered HTML, not JSON"),
        (lying.truncated_json, CauseClass.PROTOCOL, "breaks off after 33 bytes"),
        (lying.wrong_types, CauseClass.PROTOCOL, "another shape"),
        (lying.empty, CauseClass.PROTOCOL, "answered nothing"),
        (lying.junk(10), CauseClass.PROTOCOL, "answered no JSON"),
        (lying.junk(10, b"[1, 2, "), CauseClass.PROTOCOL, "longer than 1,048,576 bytes"),
        (lying.answers(b"{}", 200, "application/json", "content-encoding: gzip"), CauseClass.PROTOCOL, "encoding"),
        (lying.answers("no", 401), CauseClass.AUTH, "answered 401: no"),
        (lying.answers("no", 403), CauseClass.PERMISSION, "answered 403: no"),
        (lying.answers("no", 404), CauseClass.NOT_FOUND, "answered 404: no"),
        (lying.answers("slow down", 429), CauseClass.OVERLOAD, "answered 429: slow down"),
        (lying.answers(lying.HTML, 503), CauseClass.OVERLOAD, "answered 503: HTML"),
        (lying.answers("No cluster leader", 500), CauseClass.OVERLOAD, "No cluster leader"),
        (lying.answers("", 302, "text/plain", "location: /login"), CauseClass.PROTOCOL, "a redirect to /login"),
    ],
)
async def test_each_failure_has_its_class_and_says_what_was_got(
    behaviour: Behaviour, cause_class: CauseClass, words: str
) -> None:
    async with lying.lying(behaviour) as server:
        error = await failure(server.url)
    assert (error.cause.cause_class, words in error.cause.message) == (cause_class, True), error
    assert error.cause.message.startswith(WHAT)


async def test_nobody_listening_is_refused() -> None:
    error = await failure(f"http://127.0.0.1:{lying.refused_port()}")
    assert error.cause.cause_class is CauseClass.REFUSED
    assert "connection refused" in error.cause.message


async def test_a_name_that_does_not_resolve_is_dns() -> None:
    error = await failure("http://no-such-host.invalid", timeout_s=5)
    assert error.cause.cause_class is CauseClass.DNS


async def test_plain_http_behind_https_is_tls() -> None:
    async with lying.lying(lying.answers({})) as server:
        error = await failure(f"https://127.0.0.1:{server.port}")
    assert error.cause.cause_class is CauseClass.TLS


async def test_an_unreadable_ca_file_is_tls() -> None:
    with pytest.raises(SourceError, match="/no/such/file: not usable as certificates: No such file"):
        open_client("https://127.0.0.1:1", ca_file="/no/such/file")


async def test_a_token_that_no_header_can_hold_is_never_quoted() -> None:
    async with lying.lying(lying.answers({})) as server, open_client(server.url) as client:
        with pytest.raises(SourceError) as raised:
            await fetch(client, server.url, what=WHAT, headers={"x-token": "s3cret\nb"})
        with pytest.raises(SourceError) as foreign:
            await fetch(client, server.url, what=WHAT, headers={"x-token": "s3crét\u2026"})
    for error in (raised.value, foreign.value):
        assert error.cause.cause_class is CauseClass.INTERNAL
        assert "s3cr" not in str(error)


async def test_the_environment_s_proxy_is_not_used() -> None:
    async with lying.lying(lying.answers([])) as server, open_client(server.url) as client:
        assert client.trust_env is False
        assert await get(client, server.url, what=WHAT) == b"[]"


async def test_a_large_answer_arrives_whole_and_is_decoded_off_the_loop() -> None:
    rows = [{"name": f"n{i}"} for i in range(30_000)]
    async with lying.lying(lying.answers(rows)) as server, open_client(server.url) as client:
        body = await get(client, server.url, what=WHAT)
    assert await decode_off_loop(body, list[dict[str, str]], WHAT) == rows


async def test_an_answer_packed_to_little_is_measured_unpacked() -> None:
    packed = gzip.compress(b"[" + b" " * 4_000_000 + b"]")
    async with lying.lying(lying.answers(packed, 200, "application/json", "content-encoding: gzip")) as server:
        error = await failure(server.url)
    assert "longer than" in error.cause.message


def test_what_nobody_foresaw_is_internal_and_named() -> None:
    error = source_error(KeyError("x"), WHAT)
    assert error.cause.cause_class is CauseClass.INTERNAL
    assert "KeyError" in error.cause.message


def test_hostile_text_in_an_answer_is_inert_in_the_message() -> None:
    with pytest.raises(SourceError) as raised:
        decode(b"\x1b]0;owned\x07 junk", list[str], WHAT)
    assert "\x1b" not in str(raised.value)
