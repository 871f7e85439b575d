"""status, check, explain and sources on the healthy lab."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from prodtui.lab.state import Lab
from tests.cli.prodtui import prodtui

SCHEMA = json.loads((Path(__file__).parent.parent.parent / "docs" / "status.schema.json").read_text())
SERVICES = {"storefront", "catalog", "checkout", "payments", "inventory"}


def _json(text: str) -> dict[str, Any]:
    return dict(json.loads(text))


def test_status_names_every_source_and_service_of_a_healthy_lab(well_lab: Lab) -> None:
    done = prodtui("status", "--config", well_lab.config_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for name in SERVICES | {"consul", "pgbouncer", "postgres", "envoy", "prometheus"}:
        assert name in done.stdout
    assert "READY" in done.stdout.splitlines()[0]


def test_status_as_json_holds_to_its_published_schema(well_lab: Lab) -> None:
    done = prodtui("--config", well_lab.config_path, "status", "--format", "json")
    document = _json(done.stdout)
    jsonschema.validate(document, SCHEMA)
    assert document["schema"] == "prodtui.status/1"
    assert {s["name"] for s in document["services"]} == SERVICES
    assert {s["state"] for s in document["sources"]} == {"live"}
    assert {p["name"] for p in document["pools"]} == {"catalog-db", "payments-db", "inventory-db"}
    assert ("checkout", "payments", "closed") in {(b["from"], b["to"], b["state"]) for b in document["breakers"]}
    payments = next(s for s in document["services"] if s["name"] == "payments")
    assert payments["instances"]["passing"] == 2
    assert 0 < payments["latency"]["p99_s"] < 0.25
    assert payments["latency"]["rate_per_s"] > 5


def test_what_is_shown_adds_up(well_lab: Lab) -> None:
    document = _json(prodtui("--config", well_lab.config_path, "check", "--format", "json").stdout)
    for service in document["services"]:
        assert round(sum(check["points"] for check in service["checks"]), 1) == service["score"]
        assert round(sum(check["of"] for check in service["checks"]), 1) == 100.0


def test_the_gate_lets_a_healthy_lab_pass_and_says_why(well_lab: Lab, tmp_path: Path) -> None:
    report = tmp_path / "readiness.json"
    done = prodtui(
        "check",
        "--config",
        well_lab.config_path,
        "--format",
        "text",
        "--format",
        "json",
        "--output",
        "-",
        "--output",
        report,
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith(("READY", "WARN"))
    document = _json(report.read_text())
    jsonschema.validate(document, SCHEMA)
    assert document["exit_code"] == 0
    assert document["decision"] == document["verdict"]


def test_check_judges_a_service_with_what_it_depends_on(lab: Lab) -> None:
    document = _json(prodtui("check", "checkout", "--config", lab.config_path, "--format", "json").stdout)
    assert {s["name"] for s in document["services"]} == {"checkout", "payments", "inventory"}


def test_an_unknown_service_is_a_usage_error_with_the_nearest_name(lab: Lab) -> None:
    for command in (("check", "paymnts"), ("explain", "paymnts")):
        done = prodtui(*command, "--config", lab.config_path)
        assert done.returncode == 2
        assert 'did you mean "payments"?' in done.stderr
        assert done.stdout == ""


def test_explain_shows_every_point_with_its_evidence(well_lab: Lab) -> None:
    done = prodtui("explain", "payments", "--config", well_lab.config_path)
    assert done.returncode == 0, done.stderr
    for pillar in ("availability", "data", "resilience", "performance", "observability"):
        assert pillar in done.stdout
    document = _json(prodtui("explain", "payments", "--format", "json", "--config", well_lab.config_path).stdout)
    assert document["schema"] == "prodtui.explain/1"
    assert round(sum(p["points"] for p in document["pillars"]), 1) == document["score"]


def test_sources_says_version_and_rights(lab: Lab) -> None:
    done = prodtui("sources", "--config", lab.config_path)
    assert done.returncode == 0, done.stdout
    assert "PgBouncer 1." in done.stdout
    document = _json(prodtui("sources", "--format", "json", "--config", lab.config_path).stdout)
    assert {s["state"] for s in document["sources"]} == {"live"}
    assert document["unmatched"] == {}


def test_without_a_terminal_plain_prodtui_is_status(lab: Lab) -> None:
    done = prodtui("--config", lab.config_path)
    assert done.returncode == 0
    assert "payments" in done.stdout


@pytest.mark.parametrize("command", ["status", "check", "sources"])
def test_no_system_at_all_is_lost_sources_and_no_configuration_error(command: str, tmp_path: Path) -> None:
    config = tmp_path / "prodtui.toml"
    config.write_text(
        'default_environment = "nowhere"\n'
        '[environments.nowhere.sources.registry]\nkind = "consul"\nurl = "http://127.0.0.1:1"\n'
        '[environments.nowhere.sources.metrics]\nkind = "prometheus"\nurl = "http://127.0.0.1:1"\n'
    )
    done = prodtui(command, "--config", config)
    assert done.returncode == {"status": 3, "check": 3, "sources": 1}[command], done.stdout + done.stderr
    assert "refused" in done.stdout
