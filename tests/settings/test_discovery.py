from __future__ import annotations

import asyncio
import os
import time
import tomllib
from pathlib import Path

import pytest

from prodtui.lab.state import Lab
from prodtui.settings.discovery import Candidate, Discovered, candidates, discover
from prodtui.settings.first_configuration import commented_configuration
from prodtui.settings.load import load
from tests.settings.configurations import loaded
from tests.sources.lying import (
    Behaviour,
    answers,
    answers_html,
    babbles,
    closes,
    drips,
    half_closes,
    hangs,
    junk,
    lying,
    refused_port,
    resets,
    truncated_json,
    wrong_types,
)

KINDS = ("consul", "etcd", "pgbouncer", "postgresql", "envoy", "prometheus")


def place(kind: str, port: int) -> Candidate:
    scheme = "postgresql://nobody@" if kind in ("pgbouncer", "postgresql") else "http://"
    return Candidate(kind, f"{scheme}127.0.0.1:{port}")


def urls_of(lab: Lab) -> dict[str, str]:
    """The address of each of the lab's systems, by kind."""
    environments = tomllib.loads(lab.config_path.read_text())["environments"]
    return {source["kind"]: source["url"] for source in environments["lab"]["sources"].values() if "url" in source}


async def test_real_systems_are_found_and_say_who_they_are(lab: Lab) -> None:
    urls = urls_of(lab)
    found = await discover({}, [Candidate(kind, url) for kind, url in urls.items()])
    assert {each.kind for each in found} == set(urls)
    evidence = {each.kind: each.evidence for each in found}
    assert evidence["postgresql"].startswith("PostgreSQL asks for SCRAM")
    assert evidence["pgbouncer"].startswith("PgBouncer answered")
    assert evidence["envoy"].startswith("Envoy 1.")
    assert evidence["prometheus"].startswith("Prometheus 2.")


async def test_no_real_system_is_taken_for_another(lab: Lab) -> None:
    ports = {kind: int(url.rpartition(":")[2].partition("/")[0]) for kind, url in urls_of(lab).items()}
    wrong = [place(kind, port) for kind in KINDS for actual, port in ports.items() if actual != kind]
    assert await discover({}, wrong) == []


@pytest.mark.parametrize(
    "behaviour",
    [
        answers([]),
        answers({}),
        answers(None),
        answers("just text"),
        answers('"' + "x" * 100 + '"'),
        answers({"status": "success", "data": {"version": 3, "goVersion": "go"}}),
        answers({"status": "success", "data": []}),
        answers({"version": "1.40.0", "state": "LIVE"}),
        answers({"version": None, "state": []}),
        answers("[" * 100_000),
        answers("1:1", 302, "text/plain", "location: /elsewhere"),
        answers_html,
        babbles,
        closes,
        drips,
        half_closes,
        hangs,
        junk(),
        resets,
        truncated_json,
        wrong_types,
    ],
)
async def test_an_open_port_alone_is_nothing(behaviour: Behaviour) -> None:
    async with lying(behaviour) as server:
        began = time.monotonic()
        assert await discover({}, [place(kind, server.port) for kind in KINDS], deadline_s=0.3) == []
        assert time.monotonic() - began < 1.4


async def test_a_closed_port_is_nothing() -> None:
    assert await discover({}, [place(kind, refused_port()) for kind in KINDS]) == []


def test_the_fields_own_variables_say_where_to_ask() -> None:
    env = {
        "CONSUL_HTTP_ADDR": "c:1",
        "ETCDCTL_ENDPOINTS": "e:2",
        "PGHOST": "p",
        "PGUSER": "u",
        "PROMETHEUS_URL": "http://m",
    }
    asked = {each.kind: each.url for each in candidates(env)}
    assert asked["consul"] == "http://c:1"
    assert asked["etcd"] == "http://e:2"
    assert asked["postgresql"] == "postgresql://u@p/"
    assert asked["prometheus"] == "http://m"
    assert asked["pgbouncer"] == "postgresql://u@127.0.0.1:6432/pgbouncer"


def test_without_a_file_what_runs_is_the_configuration_and_nothing_is_written(lab: Lab, tmp_path: Path) -> None:
    url = urls_of(lab)["prometheus"]
    configuration = load(None, {"PROMETHEUS_URL": url}, tmp_path)
    environment = configuration.environment()
    assert environment.name == "local"
    assert "prometheus" in [source.name for source in environment.sources]
    assert configuration.origins["environments.local.sources.prometheus.url"].startswith("discovered: Prometheus 2.")
    assert os.listdir(tmp_path) == []  # noqa: PTH208 — a list to compare


def test_a_first_configuration_of_what_runs_can_be_used(lab: Lab, tmp_path: Path) -> None:
    urls = urls_of(lab)
    found = asyncio.run(discover({}, [Candidate(kind, url) for kind, url in urls.items()]))
    environment = loaded(tmp_path, commented_configuration(found)).environment()
    assert [source.source_class.kind for source in environment.sources] == list(urls)


def test_a_first_configuration_holds_no_password_of_a_variable(tmp_path: Path) -> None:
    text = commented_configuration([Discovered("prometheus", "http://me:hunter2@127.0.0.1:9090", "Prometheus 2.42.0")])
    assert "hunter2" not in text
    assert 'url = "http://me@127.0.0.1:9090"' in text
    assert loaded(tmp_path, text).environment().sources[0].name == "prometheus"


def test_the_labs_own_configuration_is_accepted(lab: Lab) -> None:
    environment = load(lab.config_path, {}).environment()
    assert environment.name == "lab"
    assert environment.declared.colour == "green"
    assert {service.name for service in environment.declared.services} >= {"storefront", "payments"}
