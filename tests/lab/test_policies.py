"""What the lab's policies point at is there, and holds on a lab that is well."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from prodtui.lab import environment
from prodtui.lab.state import Lab
from prodtui.lab.topology import SERVICES
from tests.lab.observe import answer_of, sql

POLICIES = ("readiness.toml", "strict.toml", "lenient.toml")


def policy_of(lab: Lab, name: str = "readiness.toml") -> dict[str, Any]:
    return tomllib.loads((lab.directory / name).read_text())


def declared(lab: Lab) -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = policy_of(lab)["services"]
    return services


def environment_of(lab: Lab, service: str) -> environment.Environment:
    return environment.read(lab.directory / declared(lab)[service]["environment_file"])


def paths_in(lab: Lab) -> list[Path]:
    """Every file that the policy names."""
    services = declared(lab).values()
    named = [service["environment_file"] for service in services]
    named += [service["tls"]["ca_file"] for service in services if "tls" in service]
    return [lab.directory / path for path in named]


def test_the_policy_lies_beside_the_configuration_with_a_stricter_and_a_looser_one(lab: Lab) -> None:
    assert lab.policy_path == lab.config_path.with_name("readiness.toml")
    for name in POLICIES:
        assert policy_of(lab, name)["schema"] == "prodtui.readiness/1"
    assert {policy_of(lab, name)["extends"] for name in POLICIES[1:]} == {"readiness.toml"}


def test_strict_and_lenient_differ_in_how_many_instances_are_enough(lab: Lab) -> None:
    wanted = {name: policy_of(lab, name)["tiers"]["B"]["minimum"] for name in POLICIES[1:]}
    assert all(
        wanted["lenient.toml"] <= service.instances < wanted["strict.toml"]
        for service in SERVICES.values()
        if service.tier == "B"
    )


def test_a_policy_speaks_of_services_that_there_are(lab: Lab) -> None:
    named = set(declared(lab))
    for name in POLICIES:
        named |= {service for rule in policy_of(lab, name).get("rules", []) for service in rule.get("services", [])}
    assert named <= set(SERVICES)


def test_every_file_that_it_names_is_there(lab: Lab) -> None:
    paths = paths_in(lab)
    assert len(paths) == 4
    assert all(path.is_file() for path in paths)


def test_required_keys_are_what_the_services_read(lab: Lab) -> None:
    for service, part in declared(lab).items():
        given = environment_of(lab, service)
        assert all(given.text(key) for key in part["required"])
        assert all(given.text(key) for key in part.get("limits", {}))


def test_the_environment_is_what_a_service_really_goes_by(lab: Lab) -> None:
    given = environment_of(lab, "payments")
    assert given.text("DATABASE_URL") == f"postgresql://payments@{lab.server('pgbouncer').address}/payments-db"
    refused = environment.Environment(path="payments.env", values={"STATEMENT_TIMEOUT": "soon"})
    with pytest.raises(ValueError, match=r"payments\.env: STATEMENT_TIMEOUT must be seconds, as 2\.5s, not 'soon'"):
        refused.seconds("STATEMENT_TIMEOUT")
    with pytest.raises(ValueError, match=r"payments\.env lacks DATABASE_URL"):
        refused.text("DATABASE_URL")


async def test_the_migrations_that_are_files_are_those_that_are_applied(lab: Lab) -> None:
    wanted = declared(lab)["payments"]["migrations"]
    files = sorted(path.stem.partition("_")[0] for path in lab.directory.glob(wanted["files"]))
    connection = await asyncpg.connect(
        f"postgresql://monitor@{lab.server('postgresql').address}/{wanted['database']}",
        password=lab.secret_path("monitor").read_text(),
        ssl=False,
    )
    try:
        applied = sorted(row[0] for row in await connection.fetch(wanted["applied"]))
    finally:
        await connection.close()
    assert applied == files == ["0001", "0002", "0003"]


def test_a_protected_path_opens_to_the_token_alone(lab: Lab) -> None:
    (path,) = declared(lab)["payments"]["protected"]
    token = lab.secret_path("refunds").read_text()
    assert answer_of(lab, "payments-1", path)[0] == 401
    assert answer_of(lab, "payments-2", path, headers={"Authorization": "Bearer guess"})[0] == 401
    status, body = answer_of(lab, "payments-1", path, headers={"Authorization": f"Bearer {token}"})
    newest = sql(lab, "SELECT account_id FROM refund ORDER BY id DESC LIMIT 1", "payments")[0]
    assert status == 200
    assert f'"account_id":{newest["account_id"]}' in body


def test_what_is_for_administrators_is_not_there(lab: Lab) -> None:
    for path in declared(lab)["payments"]["admin"]:
        assert answer_of(lab, "payments-1", path)[0] == 404


def test_no_role_of_a_service_is_a_superuser(lab: Lab) -> None:
    roles = sql(lab, "SELECT rolname FROM pg_roles WHERE rolsuper")
    assert not {row["rolname"] for row in roles} & set(SERVICES)
