"""TLS handshakes and guarded paths, with real servers whose certificates are good and bad."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from prodtui.model.asks import Asks, ServiceAsks, TlsAsk
from prodtui.model.evidence import Certificate, Guard, GuardedPath
from prodtui.model.records import Instance
from prodtui.sources.release.handshakes import Handshakes, HandshakesSettings
from prodtui.sources.source import Askable
from tests.sources import lying
from tests.sources.lying import Behaviour, Connection
from tests.sources.reading import Reader
from tests.sources.release.certificates import Authority

NAME = "payments.lab"
FINE = lying.answers({"status": "pass"})
DAY_S = 86400


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


def instance(port: int | None, number: int = 1, *, address: str = "127.0.0.1", **meta: str) -> Instance:
    return Instance(service="payments", id=f"payments-{number}", node="n1", address=address, port=port, meta=meta)


def asks(
    ca: Path | str = "", *, tls: bool = True, protected: tuple[str, ...] = (), admin: tuple[str, ...] = ()
) -> Asks:
    how = TlsAsk(server_name=NAME, ca_file=str(ca)) if tls else None
    return Asks(services={"payments": ServiceAsks(tls=how, protected=protected, admin=admin)})


def source(instances: Iterable[Instance], asked: Asks, **settings: object) -> Handshakes:
    made = Handshakes("source", HandshakesSettings.model_validate({"kind": "handshakes", **settings}))
    made.ask(asked)
    made.follow(tuple(instances))
    return made


async def certificate(port: int, asked: Asks, **settings: object) -> Certificate:
    async with Reader(source([instance(port)], asked, **settings), deadline_s=12) as reader:
        answer = await reader.read()
    assert answer.keyframe
    (record,) = reader.of(Certificate).values()
    return record


async def test_a_good_certificate_is_told_in_full(authority: Authority) -> None:
    async with lying.lying(FINE, tls=authority.serving(NAME, "127.0.0.1")) as server:
        found = await certificate(server.port, asks(authority.file))
    assert (found.service, found.instance, found.address) == ("payments", "payments-1", f"127.0.0.1:{server.port}")
    assert (found.trusted, found.name_matches, found.distrust, found.trouble) == (True, True, "", "")
    assert (found.subject, found.issuer, found.names) == (f"CN={NAME}", "CN=Test CA", (NAME, "127.0.0.1"))
    assert (found.version, found.oldest) == ("TLSv1.3", "TLSv1.2")
    assert found.not_after is not None
    assert found.not_after - time.time() == pytest.approx(90 * DAY_S, abs=60)


async def test_an_expired_certificate_is_read_all_the_same(authority: Authority) -> None:
    async with lying.lying(FINE, tls=authority.serving(NAME, days=-3)) as server:
        found = await certificate(server.port, asks(authority.file))
    assert found.not_after is not None
    assert found.not_after - time.time() == pytest.approx(-3 * DAY_S, abs=60)
    assert (found.trusted, found.distrust) == (False, "certificate has expired")
    assert (found.name_matches, found.trouble, found.version) == (True, "", "TLSv1.3")


async def test_a_wrong_name_is_no_fault_of_the_chain(authority: Authority) -> None:
    async with lying.lying(FINE, tls=authority.serving("orders.lab")) as server:
        found = await certificate(server.port, asks(authority.file))
    assert (found.trusted, found.name_matches, found.names) == (True, False, ("orders.lab",))


async def test_a_wrong_name_shows_on_an_expired_certificate_too(authority: Authority) -> None:
    async with lying.lying(FINE, tls=authority.serving("orders.lab", days=-3)) as server:
        found = await certificate(server.port, asks(authority.file))
    assert (found.trusted, found.name_matches) == (False, False)


async def test_a_wildcard_holds_for_one_label_only(authority: Authority) -> None:
    async with lying.lying(FINE, tls=authority.serving("*.shop.lab")) as server:
        for name, holds in (("payments.shop.lab", True), ("eu.payments.shop.lab", False), ("shop.lab", False)):
            asked = TlsAsk(server_name=name, ca_file=str(authority.file))
            found = await certificate(server.port, Asks(services={"payments": ServiceAsks(tls=asked)}))
            assert (found.server_name, found.name_matches) == (name, holds)


async def test_an_unknown_authority_is_distrusted_and_its_certificate_read(
    authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "Stranger")
    async with lying.lying(FINE, tls=stranger.serving(NAME)) as server:
        found = await certificate(server.port, asks(authority.file))
        by_the_hosts_store = await certificate(server.port, asks())
    assert (found.trusted, found.name_matches, found.issuer) == (False, True, "CN=Stranger")
    assert "issuer certificate" in found.distrust
    assert by_the_hosts_store.trusted is False


async def test_the_oldest_protocol_is_found(authority: Authority) -> None:
    modern = authority.serving(NAME, oldest=ssl.TLSVersion.TLSv1_3)
    async with lying.lying(FINE, tls=modern) as server:
        found = await certificate(server.port, asks(authority.file))
    assert (found.version, found.oldest) == ("TLSv1.3", "TLSv1.3")
    middle = authority.serving(NAME, newest=ssl.TLSVersion.TLSv1_2)
    async with lying.lying(FINE, tls=middle) as server:
        found = await certificate(server.port, asks(authority.file))
    assert (found.version, found.oldest) == ("TLSv1.2", "TLSv1.2")


async def test_a_server_that_still_speaks_tls_1_0_is_found_out(authority: Authority) -> None:
    async with lying.lying(FINE, tls=authority.serving(NAME, oldest=ssl.TLSVersion.TLSv1)) as server:
        found = await certificate(server.port, asks(authority.file))
    assert (found.version, found.oldest, found.trusted) == ("TLSv1.3", "TLSv1", True)
    aged = authority.serving(NAME, oldest=ssl.TLSVersion.TLSv1, newest=ssl.TLSVersion.TLSv1_1)
    async with lying.lying(FINE, tls=aged) as server:
        found = await certificate(server.port, asks(authority.file))
    assert (found.version, found.oldest, found.trusted, found.names) == ("TLSv1.1", "TLSv1", None, (NAME,))


async def plain_http(connection: Connection) -> None:
    """What an HTTP server says to a TLS handshake."""
    await connection.reader.read(65536)
    await connection.send(lying.head(400, "connection: close"))


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (plain_http, "does it speak TLS on this port?"),
        (lying.babbles, "does it speak TLS on this port?"),
        (lying.hangs, "no answer within the time limit"),
        (lying.closes, "closed"),
    ],
)
async def test_what_is_no_tls_is_trouble_and_no_certificate(behaviour: Behaviour, words: str) -> None:
    async with lying.lying(behaviour) as server:
        found = await certificate(server.port, asks(), handshake_timeout="300ms")
    assert words in found.trouble
    assert (found.not_after, found.trusted, found.name_matches, found.version) == (None, None, None, "")


async def test_nobody_listening_is_trouble() -> None:
    assert "connection refused" in (await certificate(lying.refused_port(), asks())).trouble


async def test_a_ca_file_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "junk.pem").write_text("no certificate")
    async with lying.lying(FINE) as server:
        assert "No such file" in (await certificate(server.port, asks(tmp_path / "none.pem"))).trouble
        assert "junk.pem: not usable" in (await certificate(server.port, asks(tmp_path / "junk.pem"))).trouble


async def test_an_instance_without_an_address_or_port_is_trouble() -> None:
    made = source([instance(None), instance(1, 2, address="")], asks(protected=("/refunds",)))
    async with Reader(made) as reader:
        await reader.read()
    troubles = {key: found.trouble for key, found in reader.of(Certificate).items()}
    assert troubles["payments/payments-1"] == "its registry tells no port"
    assert troubles["payments/payments-2"] == "its registry tells no address"
    assert reader.of(GuardedPath)["payments/payments-1/refunds"].trouble == "its registry tells no port"


async def _guarded(connection: Connection) -> None:
    """Refuses /admin without credentials, sends elsewhere from /old, and shows the rest."""
    head = await connection.request()
    path = head.split()[1]
    status = {"/admin": 401, "/forbidden": 403, "/old": 302}.get(path, 200)
    body = b"x" * 1_000_000 if path == "/large" else b"{}"
    await connection.send(lying.head(status, f"content-length: {len(body)}", "location: /login") + body)


async def test_paths_are_asked_without_credentials_and_not_followed(authority: Authority) -> None:
    asked = asks(authority.file, protected=("/admin", "/forbidden", "/open"), admin=("/old", "/large", "/open"))
    tls = authority.serving(NAME)
    async with lying.lying(_guarded, tls=tls) as server, Reader(source([instance(server.port)], asked)) as reader:
        await reader.read()
        paths = {found.path: found for found in reader.of(GuardedPath).values()}
        assert {path: found.status for path, found in paths.items()} == {
            "/admin": 401,
            "/forbidden": 403,
            "/open": 200,
            "/old": 302,
            "/large": 200,
        }
        assert paths["/open"].guard is Guard.PROTECTED
        assert paths["/old"].guard is Guard.ADMIN
        assert not any(found.trouble for found in paths.values())
        heads = "".join(server.requests).lower()
    assert "authorization" not in heads
    assert "cookie" not in heads
    assert f"host: {NAME}:{server.port}" in heads


async def test_without_tls_paths_are_asked_in_plain_text_or_as_the_registry_says(authority: Authority) -> None:
    asked = asks(tls=False, protected=("/admin",))
    async with lying.lying(_guarded) as server, Reader(source([instance(server.port)], asked)) as reader:
        await reader.read()
        (found,) = reader.of(GuardedPath).values()
    assert (found.status, found.url) == (401, f"http://127.0.0.1:{server.port}/admin")
    async with (
        lying.lying(_guarded, tls=authority.serving(NAME)) as server,
        Reader(source([instance(server.port, scheme="https")], asked)) as reader,
    ):
        await reader.read()
        (found,) = reader.of(GuardedPath).values()
    assert found.status is None
    assert "the certificate is not accepted" in found.trouble


async def test_an_untrusted_server_s_path_is_not_judged(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "Stranger")
    asked = asks(authority.file, protected=("/admin",))
    async with lying.lying(_guarded, tls=stranger.serving(NAME)) as server:
        async with Reader(source([instance(server.port)], asked)) as reader:
            await reader.read()
        (found,) = reader.of(GuardedPath).values()
    assert found.status is None
    assert "the certificate is not accepted" in found.trouble


async def test_hung_instances_hold_nobody_up(authority: Authority) -> None:
    settings = {"timeout": "4s", "handshake_timeout": "500ms"}
    async with lying.lying(lying.hangs) as hung, lying.lying(FINE, tls=authority.serving(NAME)) as well:
        instances = [instance(hung.port, number) for number in range(15)] + [instance(well.port, 99)]
        async with Reader(source(instances, asks(authority.file), **settings), deadline_s=4) as reader:
            began = time.monotonic()
            await reader.read()
            assert time.monotonic() - began < 2
    found = reader.of(Certificate)
    assert len(found) == 16
    assert found["payments/payments-99"].trusted is True
    assert sum("no answer within the time limit" in one.trouble for one in found.values()) == 15


async def test_what_there_is_no_time_for_says_so_and_the_read_keeps_its_deadline() -> None:
    async with lying.lying(lying.hangs) as hung:
        instances = [instance(hung.port, number) for number in range(100)]
        made = source(instances, asks(), timeout="2s", handshake_timeout="500ms")
        async with Reader(made, deadline_s=2) as reader:
            await reader.read()
    found = reader.of(Certificate)
    assert len(found) == 100
    assert sum("not asked" in one.trouble for one in found.values()) >= 16


async def test_a_round_waits_for_its_time_and_begins_at_once_when_instances_change(authority: Authority) -> None:
    async with lying.lying(FINE, tls=authority.serving(NAME)) as server:
        made = source([instance(server.port)], asks(authority.file), interval="600ms")
        async with Reader(made) as reader:
            await reader.read()
            began = time.monotonic()
            answer = await reader.read()
            assert 0.4 < time.monotonic() - began < 2
            assert (answer.keyframe, len(answer.records)) == (False, 1)
        made = source([instance(server.port)], asks(authority.file))
        async with Reader(made) as reader:
            await reader.read()
            reading = asyncio.create_task(reader.read())
            await asyncio.sleep(0.05)
            assert not reading.done()
            made.follow([instance(server.port, 2)])
            await reading
            assert list(reader.of(Certificate)) == ["payments/payments-2"]
            made.ask(Asks())
            await reader.read()
            assert not reader.of(Certificate)


async def test_the_same_instances_begin_no_round(authority: Authority) -> None:
    async with lying.lying(FINE, tls=authority.serving(NAME)) as server:
        made = source([instance(server.port)], asks(authority.file))
        async with Reader(made) as reader:
            await reader.read()
            made.follow([instance(server.port)])
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await made.read()
            assert (await made.read()).keyframe  # after a read that was cancelled


async def test_asked_for_nothing_it_reads_nothing() -> None:
    made = Handshakes("source", HandshakesSettings(kind="handshakes"))
    assert isinstance(made, Askable)
    made.follow([instance(1)])
    async with Reader(made) as reader:
        answer = await reader.read()
    assert (answer.records, answer.requests, answer.keyframe) == ((), 0, True)
