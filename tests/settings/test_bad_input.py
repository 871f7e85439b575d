from __future__ import annotations

from pathlib import Path

import pytest

from prodtui.model.errors import ConfigurationError, UsageError
from prodtui.settings.load import load
from tests.settings.configurations import PROD, complaint, loaded

SOURCE = '[environments.prod.sources.registry]\nkind = "consul"\n'


@pytest.mark.parametrize(
    ("text", "line", "key", "expected"),
    [
        (
            SOURCE + 'urll = "http://x"',
            3,
            "environments.prod.sources.registry.urll",
            'unknown key; did you mean "url"?',
        ),
        (SOURCE + 'tokn = "s3cret"', 3, "environments.prod.sources.registry.tokn", 'did you mean "token"?'),
        (SOURCE + "url = 8500", 3, "environments.prod.sources.registry.url", "got 8500"),
        (SOURCE + 'timeout = "soon"', 3, "environments.prod.sources.registry.timeout", 'such as "500ms", "2s"'),
        (SOURCE + "verify = [1]", 3, "environments.prod.sources.registry.verify", "expected true or false, got a list"),
        (SOURCE.replace("consul", "consull"), 2, "environments.prod.sources.registry.kind", 'did you mean "consul"?'),
        ('[environments.prod.sources.x]\nurl = "http://x"', 1, "environments.prod.sources.x.kind", '"consul", "envoy"'),
        ("[environments.prod]\nsources = 3", 2, "environments.prod.sources", "expected a table, got 3"),
        ("[environments.prod.sources]\nregistry = 3", 2, "environments.prod.sources.registry", "a table, got 3"),
        ("[environmnts.prod]\n", 1, "environmnts", 'unknown key; did you mean "environments"?'),
        ('[environments."a b"]\n', 1, 'environments."a b"', "expected a name of letters, digits"),
        ('[environments.e]\ncolour = "rd"', 2, "environments.e.colour", 'got "rd"; did you mean "red"?'),
        ("[environments.e]\ninterval = 0", 2, "environments.e.interval", "expected more than 0, got 0"),
        ('[services.payments]\ntier = "D"', 2, "services.payments.tier", 'expected one of "A", "B", "C", got "D"'),
        ("[services.pay]\npools = [\n'a',\n  3]", 4, "services.pay.pools[1]", "expected a string, got 3"),
        ("[services.pay]\nmetrics = {service = 'x',\tsrvice = 'y'}", 2, "services.pay.metrics.srvice", '"service"'),
        ('default_environment = "prd"\n[environments.prod]', 1, "default_environment", 'did you mean "prod"?'),
        ("services = {}\n", 0, "environments", "required; expected at least one table"),
        (SOURCE + 'interval = "1m"\nstale_after = "15s"', 4, "environments.prod.sources.registry.stale_after", "(1m)"),
    ],
)
def test_a_mistake_is_named_by_file_line_key_and_what_was_expected(
    tmp_path: Path, text: str, line: int, key: str, expected: str
) -> None:
    message = complaint(tmp_path, text)
    place = f"prodtui.toml:{line}" if line else "prodtui.toml"
    assert message.startswith(f"{place}: {key}: ")
    assert expected in message
    assert "\n" not in message
    assert "s3cret" not in message


def test_unknown_keys_list_the_valid_ones_with_the_files_of_secrets(tmp_path: Path) -> None:
    message = complaint(tmp_path, SOURCE + "zzz = 1")
    assert "unknown key. Valid keys: kind, interval, timeout, stale_after, url, token, " in message
    assert ", token_file" in message


def test_all_mistakes_come_in_one_message_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "[services.b]\ntier = 1\n[environments.e]\ncolor = 2\n[environments.e.sources.s]\nkind = 'envoy'\n"
    lines = complaint(tmp_path, text).split("\n")
    assert [line.split(": ")[:2] for line in lines] == [
        ["prodtui.toml:2", "services.b.tier"],
        ["prodtui.toml:4", "environments.e.color"],
        ["prodtui.toml:5", "environments.e.sources.s.url"],
    ]
    assert lines[2].endswith("required; expected a string")


def test_a_source_given_twice_under_two_names_names_both_places(tmp_path: Path) -> None:
    again = '[environments.prod-eu.sources.proxy2]\nkind = "envoy"\nurl = "http://127.0.0.1:9901/"\n'
    message = complaint(tmp_path, PROD + again)
    assert message.startswith("prodtui.toml:9: environments.prod-eu.sources.proxy2: declared twice")
    assert "environments.prod-eu.sources.proxy (prodtui.toml:6)" in message


def test_two_datacenters_behind_one_address_are_two_sources(tmp_path: Path) -> None:
    again = (
        '[environments.prod-eu.sources.other]\nkind = "consul"\nurl = "http://consul.internal:8500"\ndatacenter="b"\n'
    )
    assert len(loaded(tmp_path, PROD + again).environment().sources) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\nb = 2\na = 3\n", "prodtui.toml:3: a: declared twice, first on line 1"),
        (SOURCE + "x = 1\n" + SOURCE, "prodtui.toml:4: environments.prod.sources.registry: declared twice, first on"),
        ("a = {x = 1, x = 2}", "prodtui.toml:1: a.x: declared twice"),
        ("a = [1,\n2\n", "prodtui.toml:"),
        ("a =\n", "prodtui.toml:1:4: not valid TOML: Invalid value"),
        ("a = 1\nb == 2\n", "prodtui.toml:2:4: not valid TOML"),
        ("a = " + "[" * 5000, "prodtui.toml"),
    ],
)
def test_what_is_no_toml_is_named_by_line_and_column(tmp_path: Path, text: str, message: str) -> None:
    assert complaint(tmp_path, text).startswith(message)


def test_what_is_no_text_is_named_by_line(tmp_path: Path) -> None:
    (tmp_path / "prodtui.toml").write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(ConfigurationError, match=r"prodtui\.toml:2: not UTF-8: byte 0xff"):
        load(None, {}, tmp_path)


def test_a_file_that_is_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"missing\.toml: cannot be read: No such file"):
        load(Path("missing.toml"), {}, tmp_path)


def test_escapes_in_keys_and_values_are_shown_inert(tmp_path: Path) -> None:
    message = complaint(tmp_path, '[environments.e]\n"\\u001b[31m" = 1\ncolour = "\\u001b]0;x\\u0007"\n')
    assert "\x1b" not in message
    assert "\x07" not in message


def test_a_secret_is_never_quoted(tmp_path: Path) -> None:
    text = (
        '[environments.prod.sources.db]\nkind = "postgresql"\nurl = "mysql://me:hunter2@db/x"\npassword = ["hunter2"]\n'
        '[environments.prod.sources.r]\nkind = "consul"\nurl = "ftp://x?token=hunter2"\n'
    )
    message = complaint(tmp_path, text)
    assert len(message.split("\n")) == 3
    assert "hunter2" not in message


def test_an_environment_that_is_not_there_lists_those_that_are(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, PROD + "[environments.staging]\n")
    with pytest.raises(
        UsageError, match='no environment "prod-e"; did you mean "prod-eu"\\? Declared: prod-eu, staging'
    ):
        configuration.environment("prod-e")
    with pytest.raises(UsageError, match="which environment"):
        configuration.environment()
