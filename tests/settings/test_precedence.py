from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from prodtui.model.declared import Tier
from prodtui.model.errors import ConfigurationError
from prodtui.settings.load import load
from prodtui.settings.source import SourceSettings
from tests.settings.configurations import PROD, complaint, loaded

REGISTRY = "environments.prod-eu.sources.registry"
VARIABLE = "PRODTUI_ENVIRONMENTS__PROD_EU__SOURCES__REGISTRY"
BARE = '[environments.prod.sources.registry]\nkind = "consul"\n'


def source(settings: object, name: str) -> SourceSettings:
    found: SourceSettings = settings.environments["prod-eu"].sources[name]  # type: ignore[attr-defined]
    return found


def test_arguments_win_over_variables_over_the_secrets_directory_over_the_file(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for key, value in (("TIMEOUT", "3s"), ("STALE_AFTER", "33s"), ("DATACENTER", "from-directory")):
        (secrets / f"prodtui_environments__prod_eu__sources__registry__{key.lower()}").write_text(value + "\n")
    text = PROD.replace('kind = "consul"', 'kind = "consul"\ntimeout = "2s"\nstale_after = "22s"\ndatacenter = "file"')
    env = {f"{VARIABLE}__TIMEOUT": "4s", f"{VARIABLE}__STALE_AFTER": "44s", "PRODTUI_SECRETS_DIR": "secrets"}
    arguments = {"environments": {"prod-eu": {"sources": {"registry": {"stale_after": "55s"}}}}}
    configuration = loaded(tmp_path, text, env, arguments=arguments)
    settings = source(configuration.settings, "registry")
    assert (settings.stale_after, settings.timeout) == (55, 4)
    assert settings.model_dump()["datacenter"] == "from-directory"
    assert configuration.origins[f"{REGISTRY}.stale_after"] == "command line"
    assert configuration.origins[f"{REGISTRY}.timeout"] == f"environment {VARIABLE}__TIMEOUT"
    assert configuration.origins[f"{REGISTRY}.datacenter"].startswith(str(secrets))
    assert configuration.origins[f"{REGISTRY}.url"] == "prodtui.toml:8"
    assert configuration.origins[f"{REGISTRY}.verify"] == "default"


def test_variables_find_names_by_their_letters_and_may_make_new_ones(tmp_path: Path) -> None:
    env = {
        "PRODTUI_environments__Prod_Eu__COLOUR": "red",
        "PRODTUI_SERVICES__PAYMENTS_API__POOLS": "a-db, b-db",
        "PRODTUI_SERVICES__PAYMENTS_API__METRICS": '{"service": "pay"}',
        "PRODTUI_SERVICES__PAYMENTS_API__TIER": "A",
        "PRODTUI_SERVICES__PAYMENTS_API__OWNER": "",
        "PRODTUI_LAB_DIR": "/nowhere",
        "PATH": "/bin",
    }
    declared = loaded(tmp_path, PROD, env).environment().declared
    assert declared.colour == "red"
    (service,) = declared.services
    assert (service.name, service.tier, service.pools, service.owner) == (
        "payments-api",
        Tier.A,
        ("a-db", "b-db"),
        None,
    )
    assert service.metrics_label == "pay"


def test_variables_alone_are_a_configuration(tmp_path: Path) -> None:
    env = {
        "PRODTUI_ENVIRONMENTS__OPS__SOURCES__PROXY__KIND": "envoy",
        "PRODTUI_ENVIRONMENTS__OPS__SOURCES__PROXY__URL": "http://127.0.0.1:9901",
    }
    configuration = load(None, env, tmp_path)
    assert configuration.path is None
    assert [source.name for source in configuration.environment().sources] == ["proxy"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (f"{VARIABLE}__URLL", "x", f'{REGISTRY}.urll: unknown key; did you mean "url"?'),
        (f"{VARIABLE}__TIMEOUT", "soon", f'{REGISTRY}.timeout: expected a duration such as "500ms"'),
        ("PRODTUI_ENVIROMENTS__X__COLOUR", "red", 'enviroments: unknown key; did you mean "environments"?'),
        ("PRODTUI_DEFAULT_ENVIROMENT", "x", 'default_enviroment: unknown key; did you mean "default_environment"?'),
        ("PRODTUI_SERVICES__PAY__POOLS", "[1", "services.pay.pools: not valid JSON"),
        ("PRODTUI_SERVICES__PAY__TIER", "Z", 'services.pay.tier: expected one of "A", "B", "C", got "Z"'),
    ],
)
def test_a_mistake_in_a_variable_names_the_variable(tmp_path: Path, name: str, value: str, message: str) -> None:
    assert complaint(tmp_path, PROD, {name: value}).startswith(f"environment {name}: {message}")


def test_the_fields_own_variables_fill_in_what_a_source_leaves_open(tmp_path: Path) -> None:
    text = (
        BARE
        + '[environments.prod.sources.db]\nkind = "postgresql"\n'
        + '[environments.prod.sources.metrics]\nkind = "prometheus"\n'
    )
    env = {
        "CONSUL_HTTP_ADDR": "consul.internal:8501",
        "CONSUL_HTTP_SSL": "true",
        "CONSUL_HTTP_TOKEN": "t0ken",
        "PGHOST": "db.internal",
        "PGPORT": "6000",
        "PGUSER": "me@x",
        "PROMETHEUS_URL": "http://prom.internal:9090",
    }
    configuration = loaded(tmp_path, text, env)
    registry, db, metrics = (source.settings.model_dump() for source in configuration.environment().sources)
    assert str(registry["url"]).rstrip("/") == "https://consul.internal:8501"
    assert registry["token"] == SecretStr("t0ken")
    assert db["url"] == "postgresql://me%40x@db.internal:6000/"
    assert str(metrics["url"]).rstrip("/") == "http://prom.internal:9090"
    assert configuration.origins["environments.prod.sources.registry.url"] == "CONSUL_HTTP_ADDR"


def test_a_token_is_not_sent_to_a_system_that_its_variables_do_not_mean(tmp_path: Path) -> None:
    env = {"CONSUL_HTTP_ADDR": "other.internal:8500", "CONSUL_HTTP_TOKEN": "t0ken"}
    settings = loaded(tmp_path, BARE + 'url = "http://consul.internal:8500"\n', env).environment().sources[0].settings
    assert settings.model_dump()["token"] is None


def test_etcds_endpoints_with_their_user(tmp_path: Path) -> None:
    env = {"ETCDCTL_ENDPOINTS": "10.0.0.1:2379,10.0.0.2:2379", "ETCDCTL_USER": "reader:pa:ss"}
    settings = loaded(tmp_path, '[environments.e.sources.r]\nkind = "etcd"\n', env).environment().sources[0].settings
    given = settings.model_dump()
    assert given["url"] == "http://10.0.0.1:2379,http://10.0.0.2:2379"
    assert (given["user"], given["password"]) == ("reader", SecretStr("pa:ss"))


def test_which_file_is_read(tmp_path: Path) -> None:
    below = tmp_path / "xdg" / "prodtui"
    below.mkdir(parents=True)
    (below / "config.toml").write_text("[environments.xdg]\n")
    (tmp_path / "other.toml").write_text("[environments.other]\n")
    env = {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "HOME": str(tmp_path)}
    assert load(None, env, tmp_path).environment().name == "xdg"
    (tmp_path / "prodtui.toml").write_text("[environments.here]\n")
    assert load(None, env, tmp_path).environment().name == "here"
    assert load(Path("other.toml"), env, tmp_path).environment().name == "other"


def test_a_dangling_link_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "prodtui.toml").symlink_to(tmp_path / "gone")
    with pytest.raises(ConfigurationError, match=r"prodtui\.toml: cannot be read"):
        load(None, {}, tmp_path)


def test_sources_take_the_environments_interval_and_an_age_limit_that_it_can_keep(tmp_path: Path) -> None:
    text = PROD.replace('"4s"', '"20s"').replace(
        'kind = "envoy"', 'kind = "envoy"\ninterval = "1s"\nstale_after = "5s"'
    )
    environment = loaded(tmp_path, text).environment()
    assert [(each.interval_s, each.stale_after_s) for each in environment.declared.sources] == [(20, 60), (1, 5)]
    assert [each.settings.interval for each in environment.sources] == [20, 1]


def test_sources_keep_the_order_of_the_file(tmp_path: Path) -> None:
    text = PROD + '[environments.prod-eu.sources.db]\nkind = "postgresql"\n'
    env = {"PGHOST": "db", f"{VARIABLE}__TIMEOUT": "1s", "PRODTUI_ENVIRONMENTS__PROD_EU__SOURCES__DB__TIMEOUT": "1s"}
    assert [each.name for each in loaded(tmp_path, text, env).environment().sources] == ["registry", "proxy", "db"]
