"""prodtui watch as a service manager runs it, on the lab and on systems that hang."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from prodtui.journal.rollout_store import RolloutStore
from prodtui.journal.store import store_at
from prodtui.lab.state import Lab
from tests import rollouts
from tests.cli.prodtui import prodtui
from tests.cli.watching import PATIENCE_S, get, healthy, watching
from tests.sources.lying import hangs, lying


def test_a_watch_says_how_it_is_and_how_production_is(lab: Lab, tmp_path: Path) -> None:
    with watching(lab.config_path, tmp_path) as watch:
        health = healthy(watch.url)
        assert (health["status"], health["environment"]) == ("ok", "lab")
        assert health["moment_age_s"] < 6
        answered = get(f"{watch.url}/metrics")
        assert answered.headers["content-type"].startswith("text/plain; version=0.0.4")
        families = {family.name: family for family in text_string_to_metric_families(answered.text)}
        scores = {sample.labels["service"] for sample in families["prodtui_readiness_score"].samples}
        assert scores == {"storefront", "catalog", "checkout", "payments", "inventory"}
        assert sum(sample.value for sample in families["prodtui_verdict"].samples) == 1
        freshness = families["prodtui_source_freshness"].samples
        fresh = {(sample.labels["source"], sample.labels["freshness"]) for sample in freshness if sample.value}
        assert fresh >= {("consul", "live"), ("envoy", "live"), ("prometheus", "live")}
        assert all(0 < s.value < 5 for s in families["prodtui_source_latency_seconds"].samples)
        assert families["prodtui_moments"].type == "counter"
        watch.until(r"event=verdict environment=lab service=payments before= after=\w+")
        code, took_s = watch.ends_by(signal.SIGTERM)
        assert (code, took_s < 2.0) == (0, True)
    assert "Traceback" not in watch.log()


def test_a_pipeline_that_deploys_is_told_what_the_gate_would_decide(well_lab: Lab, tmp_path: Path) -> None:
    with watching(well_lab.config_path, tmp_path) as watch:
        healthy(watch.url)
        decided = _checked(watch.url, lambda answer: answer.status_code == 200)
        assert {service["name"] for service in decided.json()["services"]} >= {"payments", "storefront"}
        gate = prodtui("check", "payments", "--config", well_lab.config_path, "--format", "json")
        assert (gate.returncode, json.loads(gate.stdout)["decision"] in ("READY", "WARN")) == (0, True)
        webhook = {"name": "payments", "namespace": "shop", "phase": "Progressing", "metadata": {}}
        posted = httpx.post(f"{watch.url}/check", json=webhook, trust_env=False, timeout=5)
        assert posted.status_code == 200
        assert [service["name"] for service in posted.json()["services"]] == ["payments"]
        unknown = httpx.post(f"{watch.url}/check", json=webhook | {"name": "nobody"}, trust_env=False, timeout=5)
        assert (unknown.status_code, "no service is called" in unknown.text) == (404, True)
        # A rollout that holds has a say as soon as it is read.
        asyncio.run(_holds(tmp_path / "state" / "prodtui" / "prodtui.db"))
        failed = _checked(watch.url, lambda answer: answer.status_code == 412, "/check/payments")
        assert failed.json()["decision"] == "INCONCLUSIVE"
        assert failed.json()["reason"].startswith("rollout of payments: HOLD")
        assert get(f"{watch.url}/check/catalog").status_code == 200
        assert get(f"{watch.url}/check/payments?status=200").json()["passed"] is False


def _checked(url: str, holds: Callable[[httpx.Response], bool], page: str = "/check") -> httpx.Response:
    """What it answers once that holds."""
    ends = time.monotonic() + PATIENCE_S
    while not holds(answer := get(f"{url}{page}")):
        assert time.monotonic() < ends, answer.text
        time.sleep(0.2)
    return answer


async def _holds(path: Path) -> None:
    """Keeps an open rollout of payments that holds."""
    rollout, now = rollouts.held()
    store = store_at(str(path))
    try:
        assert await RolloutStore(store.database).begin(replace(rollout, environment="lab"), "ada@ops-1 pid 7", now)
    finally:
        await store.close()


async def test_it_ends_in_time_also_while_every_system_hangs(tmp_path: Path) -> None:
    async with lying(hangs) as server:
        config = tmp_path / "prodtui.toml"
        config.write_text(
            "".join(
                f'[environments.test.sources.{kind}]\nkind = "{kind}"\nurl = "{server.url}"\ntimeout = "20s"\n'
                for kind in ("consul", "envoy", "prometheus")
            )
        )
        with watching(config, tmp_path) as watch:
            url = await asyncio.to_thread(lambda: watch.url)
            ends = time.monotonic() + PATIENCE_S
            while (await asyncio.to_thread(get, f"{url}/healthz")).status_code != 200:  # it lives; they do not
                assert time.monotonic() < ends
            code, took_s = await asyncio.to_thread(watch.ends_by, signal.SIGINT)
        assert (code, took_s < 2.0) == (0, True)


def test_the_service_manager_hears_when_it_is_ready_alive_and_stopping(lab: Lab, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "500000"}
        with watching(lab.config_path, tmp_path, **told) as watch:
            heard = {"READY": False, "WATCHDOG": False}
            while not all(heard.values()):
                for line in manager.recv(4_096).decode().splitlines():
                    heard[line.partition("=")[0]] = True
            assert watch.ends_by(signal.SIGTERM)[0] == 0
            while not manager.recv(4_096).startswith(b"STOPPING=1"):
                pass


def test_a_stopped_loop_is_not_alive(lab: Lab, tmp_path: Path) -> None:
    with watching(lab.config_path, tmp_path) as watch:
        url = watch.url
        healthy(url)
        watch.process.send_signal(signal.SIGSTOP)
        with pytest.raises(httpx.TimeoutException):
            httpx.get(f"{url}/healthz", trust_env=False, timeout=0.5)
        watch.process.send_signal(signal.SIGCONT)
        assert get(f"{url}/healthz").status_code in (200, 503)


@pytest.mark.parametrize(
    ("listen", "said"), [("9707", "no address"), ("192.0.2.1:9707", "can't be used"), ("127.0.0.1:99999", "no address")]
)
def test_an_address_that_cannot_be_used_is_exit_2(lab: Lab, listen: str, said: str) -> None:
    done = prodtui("watch", "--config", lab.config_path, "--listen", listen)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
