"""The lab comes up real and private, says so, and goes without a trace, also after a crash."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from prodtui.lab import certificates, etcd, prometheus, registry, stack
from prodtui.lab.errors import AlreadyUp, LabError
from prodtui.lab.health import ailments
from prodtui.lab.network import answers, ask_json
from prodtui.lab.processes import alive, launch, strays
from prodtui.lab.state import Lab, Process, State, boot_id, load, save
from prodtui.lab.topology import SERVICES
from tests.lab.observe import sql, state_of, until

_KINDS = {"postgresql", "pgbouncer", "consul", "envoy", "prometheus", "alertmanager", "service", "load"}


def sources_of(lab: Lab) -> dict[str, dict[str, Any]]:
    settings = tomllib.loads(lab.config_path.read_text())
    sources: dict[str, dict[str, Any]] = settings["environments"][settings["default_environment"]]["sources"]
    return sources


def test_every_part_runs_and_says_what_it_is(lab: Lab) -> None:
    assert {server.kind for server in lab.servers} == _KINDS
    assert len([server for server in lab.servers if server.kind == "service"]) == 8
    assert all(server.version for server in lab.servers if server.kind != "load")
    running = stack.running(lab.directory)
    assert running is not None
    # Pids change where a fault was healed; nothing else does.
    assert [(s.name, s.address, s.version) for s in running.servers] == [
        (s.name, s.address, s.version) for s in lab.servers
    ]


def test_a_well_lab_has_no_errors_and_only_the_watchdog_firing(lab: Lab) -> None:
    assert ailments(lab) == []
    state = state_of(lab)
    firing = prometheus.query(state, 'ALERTS{alertstate="firing"}')
    assert [series["metric"]["alertname"] for series in firing] == ["Watchdog"]


def test_alerts_reach_the_alertmanager_that_the_configuration_names(lab: Lab) -> None:
    url = sources_of(lab)["prometheus"]["alertmanager"]
    assert url == lab.server("alertmanager").url

    def told() -> list[str]:
        return [alert["labels"]["alertname"] for alert in ask_json(f"{url}/api/v2/alerts?active=true")]

    until(lambda: "Watchdog" in told(), "Alertmanager has the watchdog's alert")


def test_every_service_has_a_rule_that_pages_for_it(lab: Lab) -> None:
    groups = ask_json(f"{lab.server('prometheus').url}/api/v1/rules?type=alert")["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"] if rule["labels"]["severity"] == "page"]
    assert rules
    assert {rule["health"] for rule in rules} == {"ok"}
    named = re.search(r'service=~"([^"]+)"', next(rule["query"] for rule in rules if rule["name"] == "InstanceDown"))
    assert named is not None
    assert set(named[1].split("|")) == set(SERVICES)


def test_all_ports_are_loopback_and_none_is_a_servers_own(lab: Lab) -> None:
    addresses = [server.address for server in lab.servers if server.address]
    assert all(address.startswith("127.0.0.1:") for address in addresses)
    ports = state_of(lab).ports.values()
    assert len(set(ports)) == len(ports)
    assert all(20_000 < port < 30_000 for port in ports)


def test_secrets_are_for_their_owner_alone(lab: Lab) -> None:
    for path in (lab.directory / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((lab.directory / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE(lab.directory.stat().st_mode) in (0o700, 0o711)


async def test_the_monitoring_role_gets_in_with_the_configured_password(lab: Lab) -> None:
    source = sources_of(lab)["postgres"]
    password = Path(source["password_file"]).read_text()
    connection = await asyncpg.connect(source["url"], password=password, ssl=False)
    try:
        assert await connection.fetchval("SELECT pg_has_role('pg_read_all_stats', 'USAGE')")
        assert not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    finally:
        await connection.close()


async def test_no_password_no_entry(lab: Lab) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(sources_of(lab)["postgres"]["url"], password="guess", ssl=False)


def test_services_query_their_own_databases(lab: Lab) -> None:
    users = sql(lab, "SELECT DISTINCT datname, usename FROM pg_stat_activity WHERE application_name LIKE '%-_'")
    assert {(row["datname"], row["usename"]) for row in users} >= {(name, name) for name in ("catalog", "inventory")}
    statements = sql(lab, "SELECT query FROM pg_stat_statements WHERE query LIKE '%authorise(%'", "payments")
    assert statements


def test_instances_carry_what_the_registry_is_asked_for(lab: Lab) -> None:
    services = ask_json(f"{lab.server('consul').url}/v1/agent/services")
    assert services["payments-2"]["Meta"] == {
        "version": "1.4.2",
        "zone": "zone-b",
        "node": "node-b",
        "tier": "B",
        "config_hash": services["payments-1"]["Meta"]["config_hash"],
        "scheme": "http",
        "health_url": f"{lab.server('payments-2').url}/ready",
        "runbook": "https://runbooks.example/payments",
    }


def test_calls_between_services_pass_through_envoy(lab: Lab) -> None:
    answer = ask_json(
        f"{lab.server('envoy').url}/stats?filter=^cluster\\.(\\w%2B)\\.upstream_rq_completed$&format=json"
    )
    completed = {stat["name"].split(".")[1]: stat["value"] for stat in answer["stats"] if "name" in stat}
    assert {"catalog", "checkout", "payments", "inventory"} <= {name for name, count in completed.items() if count}


def test_a_second_up_says_that_it_runs_already(lab: Lab) -> None:
    with pytest.raises(AlreadyUp, match="runs already"):
        stack.up(lab.directory)
    assert ailments(lab) == []


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(LabError, match="not empty"):
        stack.up(tmp_path)
    stack.down(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_without_a_lab_nothing_runs_and_down_has_nothing_to_do(tmp_path: Path) -> None:
    assert stack.running(tmp_path / "none") is None
    stack.down(tmp_path / "none")


def test_etcd_serves_as_the_registry_and_down_leaves_nothing(lab_place: Path) -> None:
    directory = lab_place / "with-etcd"
    lab = stack.up(directory, registry="etcd")
    try:
        keys = etcd.keys_below(lab.server("etcd").url, registry.ETCD_PREFIX)
        assert len(keys) == 8
        assert "/services/payments/payments-2" in keys
        trusted = certificates.authority(directory)
        assert sources_of(lab)["probes"] == {"kind": "http", "registry": "etcd", "ca_file": str(trusted)}
        assert answers(f"{lab.server('catalog-1').url}/ready", authority=trusted)
    finally:
        stack.down(directory)
    assert stack.running(directory) is None
    assert strays(directory) == []
    assert not directory.exists()


def test_what_a_crashed_up_left_is_found_and_removed(lab_place: Path) -> None:
    directory = lab_place / "crashed"
    script = "import sys, pathlib; from prodtui.lab import stack; stack.up(pathlib.Path(sys.argv[1]))"
    with subprocess.Popen([sys.executable, "-c", script, str(directory)]) as up:
        until(lambda: len(strays(directory)) > 5, "the crashing up has started servers", timeout=30)
        with pytest.raises(AlreadyUp, match="being started"):
            stack.down(directory)
        up.kill()
    assert stack.running(directory) is None
    stack.down(directory)
    assert strays(directory) == []
    assert not directory.exists()


def test_an_interrupted_up_cleans_after_itself(lab_place: Path) -> None:
    directory = lab_place / "interrupted"
    script = "import sys, pathlib; from prodtui.lab import stack; stack.up(pathlib.Path(sys.argv[1]))"
    with subprocess.Popen([sys.executable, "-c", script, str(directory)], stderr=subprocess.PIPE) as up:
        until(lambda: len(strays(directory)) > 5, "the up has started servers", timeout=30)
        up.send_signal(signal.SIGINT)
        assert b"KeyboardInterrupt" in up.communicate(timeout=20)[1]
    assert strays(directory) == []
    assert not directory.exists()


def test_a_reused_pid_is_never_killed(lab_place: Path) -> None:
    directory = lab_place / "reused"
    directory.mkdir()
    with subprocess.Popen(["sleep", "60"]) as bystander:
        # As the state would read had the lab's process had this pid and ended a while ago.
        ended = Process(name="envoy", kind="envoy", pid=bystander.pid, started=1, argv=())
        save(directory, State(directory=str(directory), boot=boot_id(), ready=True, processes=(ended,)))
        assert stack.running(directory) is None
        stack.down(directory)
        assert bystander.poll() is None
        bystander.kill()
    assert not directory.exists()


def test_an_unreadable_state_does_not_keep_down_from_finding_the_processes(lab_place: Path) -> None:
    directory = lab_place / "garbled"
    directory.mkdir()
    (directory / "logs").mkdir()
    save(directory, State(directory=str(directory), boot=boot_id()))
    process = launch(directory, Process(name="sleep", kind="service", pid=0, started=0, argv=("sleep", "60")))
    (directory / "state.json").write_text("{")
    stack.down(directory)
    assert not alive(process)
    assert not directory.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's lab has servers of another user")
def test_root_is_told_when_the_other_user_cannot_pass(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(LabError, match="can't pass"):
        stack.up(tmp_path / "lab")
    assert not (tmp_path / "lab").exists()


def test_the_users_environment_does_not_reach_the_servers(lab_place: Path) -> None:
    script = """if True:
        import pathlib, sys
        from prodtui.lab import processes, state
        place = pathlib.Path(sys.argv[1])
        (place / "logs").mkdir(parents=True)
        state.save(place, state.State(directory=str(place), boot=state.boot_id()))
        process = state.Process(name="env", kind="service", pid=0, started=0, argv=("env",))
        processes.launch(place, process)
    """
    place = lab_place / "environment"
    foreign = {"PGHOST": "elsewhere", "CONSUL_HTTP_ADDR": "elsewhere", "http_proxy": "elsewhere", "ETCD_NAME": "x"}
    subprocess.run([sys.executable, "-c", script, str(place)], env=os.environ | foreign, check=True)
    log = place / "logs" / "env.log"
    until(lambda: "PRODTUI_LAB_PROCESS_OF" in log.read_text(), "the child has printed its environment")
    assert not [name for name in foreign if name in log.read_text()]
    stack.down(place)


def test_the_recorded_state_can_be_read_back(lab: Lab) -> None:
    state = load(lab.directory)
    assert state is not None
    assert msgspec.json.decode(msgspec.json.encode(state), type=State) == state
