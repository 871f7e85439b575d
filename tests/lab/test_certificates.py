"""Catalog serves HTTPS with certificates of the lab's own authority: real handshakes, and one about to expire."""

from __future__ import annotations

import http.client
import signal
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from prodtui.lab import certificates, envoy, files, prometheus, registry
from prodtui.lab.health import ailments
from prodtui.lab.network import LOOPBACK, ask, ask_json
from prodtui.lab.processes import send
from prodtui.lab.state import Lab
from tests.faults import fault
from tests.lab.observe import answer_of, port_of, state_of, until

INSTANCES = ("catalog-1", "catalog-2")


def shake_hands(lab: Lab, instance: str, authority: Path, name: str = "catalog.lab") -> x509.Certificate:
    """The certificate of an instance, asked for by a name and checked against an authority."""
    trusted = ssl.create_default_context(cafile=authority)
    with (
        socket.create_connection((LOOPBACK, port_of(lab, instance)), timeout=5) as connection,
        trusted.wrap_socket(connection, server_hostname=name) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown)


def served(lab: Lab, instance: str) -> x509.Certificate:
    return shake_hands(lab, instance, certificates.authority(lab.directory))


def left(certificate: x509.Certificate) -> timedelta:
    return certificate.not_valid_after_utc - datetime.now(UTC)


@pytest.mark.parametrize("name", ["catalog.lab", LOOPBACK])
@pytest.mark.parametrize("instance", INSTANCES)
def test_an_instance_is_trusted_by_its_name_and_its_address(lab: Lab, instance: str, name: str) -> None:
    shown = shake_hands(lab, instance, certificates.authority(lab.directory), name)
    assert timedelta(days=89) < left(shown) <= timedelta(days=90)


def test_another_name_is_refused(lab: Lab) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=r"payments\.lab"):
        shake_hands(lab, "catalog-1", certificates.authority(lab.directory), "payments.lab")


def test_who_trusts_another_authority_refuses_it(lab: Lab, tmp_path: Path) -> None:
    certificates.create_authority(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
        shake_hands(lab, "catalog-1", certificates.authority(tmp_path))


def test_each_instance_has_a_key_of_its_own(lab: Lab) -> None:
    one, other = (served(lab, instance).public_key() for instance in INSTANCES)
    assert one != other


def test_plain_http_is_not_answered(lab: Lab) -> None:
    with pytest.raises((http.client.HTTPException, OSError)):
        ask(f"http://{lab.server('catalog-1').address}/live")


def test_envoy_prometheus_and_consul_reach_catalog_over_tls(lab: Lab) -> None:
    state = state_of(lab)
    secured = ask_json(f"{lab.server('envoy').url}/stats?filter=^cluster\\.catalog\\.ssl\\.handshake$&format=json")
    assert secured["stats"][0]["value"] > 0
    assert list(envoy.hosts(state)["catalog"].values()) == [True, True]
    targets = ask_json(f"{lab.server('prometheus').url}/api/v1/targets?state=active")["data"]["activeTargets"]
    catalog = [target for target in targets if target["labels"].get("service") == "catalog"]
    assert [(target["scrapeUrl"][:8], target["health"]) for target in catalog] == [("https://", "up")] * 2
    known = ask_json(f"{lab.server('consul').url}/v1/agent/services")["catalog-2"]["Meta"]
    assert (known["scheme"], known["health_url"]) == ("https", f"{lab.server('catalog-2').url}/ready")
    assert registry.registered(state)["catalog-2"] == "passing"


def test_an_expiring_certificate_is_served_by_one_instance_and_breaks_nothing(lab: Lab) -> None:
    own = {instance: served(lab, instance) for instance in INSTANCES}
    with fault(lab, "certificate-expiring"):
        shown = served(lab, "catalog-2")
        assert timedelta(days=2, hours=23) < left(shown) <= timedelta(days=3)
        assert shown.not_valid_after_utc - shown.not_valid_before_utc >= timedelta(days=90)
        assert served(lab, "catalog-1") == own["catalog-1"]
        assert ailments(lab) == []
        assert prometheus.query(state_of(lab), 'up{service="catalog"} == 0') == []
    assert {instance: served(lab, instance) for instance in INSTANCES} == own


def test_a_connection_outlives_the_change_of_the_certificate(lab: Lab) -> None:
    trusted = ssl.create_default_context(cafile=certificates.authority(lab.directory))
    connection = http.client.HTTPSConnection(LOOPBACK, port_of(lab, "catalog-2"), timeout=5, context=trusted)
    connection.connect()
    opened = connection.sock
    with fault(lab, "certificate-expiring"):
        for _ in range(2):
            connection.request("GET", "/products/7")
            answer = connection.getresponse()
            assert (answer.status, b"Product 7" in answer.read()) == (200, True)
    assert connection.sock is opened
    connection.close()


def test_a_file_that_holds_no_certificate_is_not_taken_up(lab: Lab) -> None:
    own, log = served(lab, "catalog-1"), lab.directory / "logs" / "catalog-1.log"
    path = certificates.certificate(lab.directory, "catalog-1")
    before = path.read_text()
    try:
        files.write(path, "no certificate")
        send(state_of(lab).process("catalog-1"), signal.SIGHUP)
        until(lambda: "not taken up" in log.read_text(), "catalog-1 says what is wrong")
        assert served(lab, "catalog-1") == own
        assert answer_of(lab, "catalog-1", "/ready")[0] == 200
    finally:
        files.write(path, before)
