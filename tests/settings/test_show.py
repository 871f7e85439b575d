from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from prodtui.settings.first_configuration import commented_configuration
from prodtui.settings.reference import reference
from prodtui.settings.schema import schema
from prodtui.settings.show import show
from tests.settings.configurations import PROD, loaded

DOCS = Path(__file__).parents[2] / "docs"
DATABASE = """\
[environments.prod-eu.sources.db]
kind = "postgresql"
url = "postgresql://me:hunter2@db/x?sslpassword=hunter2"
password = "hunter2"
[services.payments]
tier = "A"
metrics = { service = "pay" }
"""


def test_what_applies_is_shown_as_toml_with_origins_and_without_secrets(tmp_path: Path) -> None:
    text = show(loaded(tmp_path, PROD + DATABASE, {"PRODTUI_ENVIRONMENTS__PROD_EU__COLOUR": "red"}))
    assert "hunter2" not in text
    shown = tomllib.loads(text)
    assert shown["environments"]["prod-eu"]["sources"]["db"]["password"] == "********"
    assert shown["services"] == {"payments": {"tier": "A", "metrics": {"service": "pay"}}}
    lines = {line.split(" = ")[0]: line for line in text.split("\n") if " = " in line}
    assert lines["colour"].endswith("# environment PRODTUI_ENVIRONMENTS__PROD_EU__COLOUR")
    assert lines["password"].endswith("# prodtui.toml:12")
    assert lines["tier"].endswith("# prodtui.toml:14")
    assert lines["metrics"].endswith("# prodtui.toml:15")
    assert lines["timeout"].endswith('"2s"                                           # default')


def test_what_a_screen_may_show_of_a_source_holds_no_secret(tmp_path: Path) -> None:
    declared = loaded(tmp_path, PROD + DATABASE).environment().declared
    assert "hunter2" not in repr(declared)
    settings = dict(declared.sources[2].settings)
    assert settings["password"] == "********"
    assert settings["url"] == "postgresql://me:********@db/x?sslpassword=********"
    assert settings["interval"] == "4s"


@pytest.mark.parametrize(
    "text", [PROD, PROD + DATABASE, '[environments.e.sources.s]\nkind = "consul"\ntoken_file = "x"']
)
def test_the_schema_accepts_what_is_accepted(text: str) -> None:
    jsonschema.validate(tomllib.loads(text), schema(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "text",
    [
        '[environments.e.sources.s]\nkind = "consull"',
        '[environments.e.sources.s]\nkind = "consul"\nurll = "x"',
        '[environments.e.sources.s]\nkind = "envoy"',
        '[environments.e.sources.s]\nurl = "x"',
        '[environments."a b"]',
        '[services.s]\ntier = "D"',
        "[servces.s]",
    ],
)
def test_the_schema_refuses_what_is_refused(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), schema(), jsonschema.Draft202012Validator)


def test_the_schema_is_a_schema_and_is_complete() -> None:
    text = json.dumps(schema())
    jsonschema.Draft202012Validator.check_schema(schema())
    definitions = schema()["$defs"]
    for part in text.split('"$ref": "')[1:]:
        assert part.split('"')[0].removeprefix("#/$defs/") in definitions


def test_the_reference_page_is_up_to_date() -> None:
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    assert page == reference(), "run: make docs"


def test_the_example_in_the_reference_page_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "consul").write_text("t0ken")
    example = reference().split("```toml\n")[1].split("```")[0].replace("/run/secrets/", f"{tmp_path}/")
    assert loaded(tmp_path, example).environment().name == "prod-eu"


def test_a_first_configuration_of_nothing_can_be_used(tmp_path: Path) -> None:
    environment = loaded(tmp_path, commented_configuration([])).environment()
    assert environment.name == "local"
    assert environment.sources == ()


def test_one_environment_can_be_shown_alone(tmp_path: Path) -> None:
    text = show(loaded(tmp_path, PROD + "[environments.staging]\n"), "staging")
    assert list(tomllib.loads(text)["environments"]) == ["staging"]
