"""The `[notify.NAME]` tables: what is right, and what is said of what is not."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from prodtui.settings.notify import AlertmanagerSettings, EmailSettings, TerminalSettings, WebhookSettings
from prodtui.settings.schema import schema
from prodtui.settings.show import show
from prodtui.settings.toml_file import read
from tests.settings.configurations import PROD, complaint, loaded

MAIL = '[notify.mail]\nkind = "email"\nhost = "mx.internal"\nsender = "prodtui@example.com"\nto = ["a@example.com"]\n'
HOOK = '[notify.chat]\nkind = "webhook"\nurl = "https://hooks.example.com/T0/s3cret"\n'
PAGER = '[notify.pager]\nkind = "alertmanager"\nurl = "http://127.0.0.1:9093"\n'
BELL = '[notify.here]\nkind = "terminal"\n'
AFTER = len(PROD.splitlines())


def test_each_kind_is_read_with_its_defaults(tmp_path: Path) -> None:
    channels = loaded(tmp_path, PROD + MAIL + HOOK + PAGER + BELL).environment().notify
    assert [type(one) for one in channels.values()] == [
        EmailSettings,
        WebhookSettings,
        AlertmanagerSettings,
        TerminalSettings,
    ]
    mail = channels["mail"]
    assert isinstance(mail, EmailSettings)
    assert (mail.tls, mail.rate, mail.severity) == ("starttls", "10/10m", "error")


def test_a_channel_for_another_environment_is_not_of_this_one(tmp_path: Path) -> None:
    text = PROD + "[environments.staging]\n" + PAGER + 'environments = ["staging"]\n'
    settings = loaded(tmp_path, text)
    assert settings.environment("prod-eu").notify == {}
    assert list(settings.environment("staging").notify) == ["pager"]


def test_secrets_come_from_files_and_variables_and_are_never_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hunter22\n")
    text = PROD + HOOK + 'secret_file = "key"\n' + MAIL + 'user = "me"\n'
    settings = loaded(tmp_path, text, {"PRODTUI_NOTIFY__MAIL__PASSWORD": "hunter23"})
    chat, mail = settings.environment().notify["chat"], settings.environment().notify["mail"]
    assert isinstance(chat, WebhookSettings)
    assert isinstance(mail, EmailSettings)
    assert chat.secret is not None
    assert chat.secret.get_secret_value() == "hunter22"
    assert mail.password is not None
    assert mail.password.get_secret_value() == "hunter23"
    shown = show(settings)
    assert not any(secret in shown for secret in ("hunter22", "hunter23", "s3cret"))
    assert "[notify.chat]" in shown


def test_a_new_channel_can_come_from_variables_alone(tmp_path: Path) -> None:
    env = {"PRODTUI_NOTIFY__NIGHT_SHIFT__KIND": "alertmanager", "PRODTUI_NOTIFY__NIGHT_SHIFT__URL": "http://am:9093"}
    assert list(loaded(tmp_path, PROD, env).environment().notify) == ["night-shift"]


@pytest.mark.parametrize(
    ("text", "line", "key", "expected"),
    [
        ('[notify.x]\nkind = "sms"', 2, "notify.x.kind", 'Kinds: "alertmanager", "email", "terminal", "webhook"'),
        ('[notify.x]\nurl = "http://x"', 1, "notify.x.kind", "required; one of"),
        (PAGER + 'rate = "1/1m"', 4, "notify.pager.rate", "Alertmanager groups and repeats itself: set group_interval"),
        (PAGER + 'quiet = "22:00-07:00"', 4, "notify.pager.quiet", "set mute_time_intervals there"),
        (PAGER + "group_by = []", 4, "notify.pager.group_by", "set group_by in its route"),
        (PAGER + 'labels = { "a-b" = "x" }', 4, "notify.pager.labels", "a table of Prometheus labels"),
        (PAGER + 'user = "me"', 1, "notify.pager", "user and password go together"),
        (BELL + 'quiet = "22-07"', 3, "notify.here.quiet", 'such as "22:00-07:00", got "22-07"'),
        (BELL + 'quiet = "22:00-22:00"', 3, "notify.here.quiet", "to another one"),
        (BELL + 'timezone = "Mars/Olympus"', 3, "notify.here.timezone", 'such as "Europe/Berlin"'),
        (BELL + 'rate = "many"', 3, "notify.here.rate", 'such as "10/10m"'),
        (BELL + 'rate = "0/10m"', 3, "notify.here.rate", 'such as "10/10m"'),
        (BELL + 'severity = "fatal"', 3, "notify.here.severity", 'one of "critical", "error", "warning"'),
        (BELL + 'about = ["rollouts"]', 3, "notify.here.about[0]", 'did you mean "rollout"?'),
        (BELL + 'tiers = ["D"]', 3, "notify.here.tiers[0]", 'expected one of "A", "B", "C"'),
        (BELL + 'environments = ["prod"]', 3, "notify.here.environments[0]", 'did you mean "prod-eu"?'),
        (BELL + 'url = "x"', 3, "notify.here.url", "unknown key"),
        (BELL + 'timeout = "1h"', 3, "notify.here.timeout", "at most 30"),
        (MAIL + 'tls = "none"', 1, "notify.mail", "for a mail server on this machine"),
        (MAIL.replace("a@example.com", "a@b\\nBcc: c@d"), 5, "notify.mail.to[0]", "an e-mail address"),
        (MAIL.replace('to = ["a@example.com"]', "to = []"), 5, "notify.mail.to", "at least one e-mail address"),
        (HOOK + 'template = \'{"text": "$titel"}\'', 4, "notify.chat.template", "$title, $text"),
        (HOOK + "template = '{\"text\": $title}'", 4, "notify.chat.template", "every placeholder inside of a string"),
        (HOOK.replace("https://", "ftp://"), 1, "notify.chat", "expected an address such as"),
    ],
)
def test_a_mistake_is_named_by_file_line_key_and_what_was_expected(
    tmp_path: Path, text: str, line: int, key: str, expected: str
) -> None:
    message = complaint(tmp_path, PROD + text)
    assert message.startswith(f"prodtui.toml:{AFTER + line}: {key}: ")
    assert expected in message
    assert "s3cret" not in message
    assert "\n" not in message


def test_the_schema_knows_the_tables_of_every_kind(tmp_path: Path) -> None:
    def checked(text: str) -> None:
        file = tmp_path / "prodtui.toml"
        file.write_text(text)
        jsonschema.validate(read(file, tmp_path).values, schema())

    checked(PROD + MAIL + HOOK + PAGER + BELL)
    with pytest.raises(jsonschema.ValidationError):
        checked(PROD + PAGER + 'rate = "10/10m"\n')


def test_the_example_in_the_documentation_is_right(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text()
    example = page.partition("```toml\n")[2].partition("```")[0]
    for name, secret in (("chat-url", "https://hooks.example.com/x"), ("smtp", "hunter22")):
        (tmp_path / name).write_text(secret)
        example = example.replace(f"/run/secrets/{name}", str(tmp_path / name))
    assert list(loaded(tmp_path, PROD + example).environment().notify) == ["pager", "chat", "mail", "here"]
