from __future__ import annotations

from pathlib import Path

from prodtui.model.declared import Tier
from prodtui.readiness.policy_file.unmatched import unmatched
from tests.readiness.policy_file.policies import loaded

SERVICES = {"payments": (Tier.A, frozenset({"public"})), "ledger": (Tier.B, frozenset[str]())}
WAIVER = (
    "[[waivers]]\nid = 'W'\ncheck = 'performance.latency_p95'\nservice = 'ledgr'\nenvironment = 'prod'\nreason = 'r'\n"
    "ticket = 't'\nowner = 'o'\ncreated = 2026-11-01\nexpires = 2026-11-02\n"
)


def found(directory: Path, text: str, environment: str | None = None) -> list[str]:
    messages = unmatched(loaded(directory, text), SERVICES, environment)
    return [message.replace(f"{directory}/", "") for message in messages]


def test_a_name_that_no_service_has_is_named_with_its_line_and_the_nearest(tmp_path: Path) -> None:
    assert found(tmp_path, "[[rules]]\nservices = [\n'payments',\n'paymnts']\n") == [
        'readiness.toml:4: rules[0].services[1]: no service "paymnts" in the environment; did you mean "payments"?'
    ]


def test_custom_checks_waivers_and_service_tables_count_too(tmp_path: Path) -> None:
    text = (
        "[[custom]]\nid = 'data.x'\ntitle = 't'\npromql = 'x'\npass = ['< 1']\nservices = ['gone']\n"
        + WAIVER
        + "[services.payment]\ntls = true\n"
    )
    keys = [message.split(": ")[1] for message in found(tmp_path, text)]
    assert keys == ["custom[0].services[0]", "waivers[0].service", "services.payment"]


def test_waivers_of_other_environments_are_theirs(tmp_path: Path) -> None:
    assert found(tmp_path, WAIVER, "staging") == []
    assert len(found(tmp_path, WAIVER, "prod")) == 1


def test_retired_services_are_no_mistake(tmp_path: Path) -> None:
    text = "retired = ['old']\n[[rules]]\nservices = ['old']\n[services.old]\ntls = true\n"
    assert found(tmp_path, text) == []


def test_a_selector_whose_parts_never_meet_is_said(tmp_path: Path) -> None:
    assert found(tmp_path, "[[rules]]\nservices = ['ledger']\ntags = ['public']\n") == [
        "readiness.toml:1: rules[0]: selects no service of the environment (services ledger; tags public)"
    ]
    assert len(found(tmp_path, "[[rules]]\ntags = ['publc']\n")) == 1


def test_a_rule_for_a_tier_that_nobody_has_is_no_mistake(tmp_path: Path) -> None:
    assert found(tmp_path, "[[rules]]\ntiers = ['C']\n[[rules]]\nservices = ['ledger']\n") == []
