"""Placeholder secrets and hard-coded credentials."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from prodtui.scan.facts import Given, Source, Text
from prodtui.scan.rules.rule import Rule, Violation
from prodtui.scan.words import said, words

if TYPE_CHECKING:
    from detect_secrets.plugins.base import BasePlugin

PLACEHOLDER = Rule(
    id="placeholder-secret",
    title="a secret is a placeholder or a word anybody guesses",
    why="Where nobody replaces it, everybody knows it.",
    remedy="Read the secret from the environment or a secrets file, and refuse to start without it.",
)
HARD_CODED = Rule(
    id="hard-coded-secret",
    title="a credential is written in the code",
    why="Whoever reads the code or the release has it, and it can't be rotated without a release.",
    remedy="Revoke it, and read the new one from the environment or a secrets file.",
)
RULES = (PLACEHOLDER, HARD_CODED)

_SECRETS = frozenset({"password", "passwd", "pwd", "passphrase", "secret", "apikey", "passwort"})
_TOKENS = frozenset({"token", "credential", "credentials"})
_KEYS = frozenset({"api", "access", "private", "secret", "encryption", "signing", "auth", "master", "client", "jwt"})
_QUALIFIERS = frozenset({"value", "default", "prod", "production", "dev", "live", "staging"})
_GUESSABLE = said(
    r"change[-_ ]?(me|this|it)\b.*",
    r".*[-_ ](change|replace)[-_ ]?(me|this|in[-_ ]production)\b.*",
    r"replace[-_ ]?(me|this|with)\b.*",
    r"(your|my|enter)[-_ ]?(\w+[-_ ])*(key|token|secret|password|passphrase|credentials?|here)([-_ ](goes[-_ ])?here)?",
    r"x{3,}",
    r"(sk|pk|api|key|token)?[-_]?x{4,}.*",
    r"<[^<>]+>",
    r"(todo|tbd|fixme|placeholder|dummy|fake|mock|foo|bar|foobar|example)([-_ ].*)?",
    r"insert[-_ ].*",
    r"(test|dev|demo|sample|default|super|top|my|not[-_ ]so)[-_ ]?(secret|key|token|pass(word|wd)?|pw)([-_ 0-9].*)?",
    r"(secret|password|passw0rd|p@ssw0rd|letmein|hunter2|qwerty|admin|root|s3cr3t|postgres|guest|test)([-_]?(key|token))?"
    r"\d{0,4}!?",
    r"12345\d*",
    r"insecure.*",
)
# What a credential never looks like: a name of a variable, a path, an address, a pattern, a sentence.
_NO_CREDENTIAL = re.compile(
    r"[A-Za-z]+(?:[-_.:/ ][A-Za-z]+)*\d?|[A-Z0-9_]+|\w+://[^:@]*|[./~].*|.*[\s{}$%()\\<>|*\[\]].*|[\w.-]+\.\w{2,4}"
)
FEWEST_CHARACTERS = 8
LONGEST_PASSWORD = 128

_KEYED = re.compile(
    r"(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_\w{20}|gl[a-z]{2,4}-\w{10}|xox[a-z]-|hooks\.slack\.com/"
    r"|[rs]k_live_|eyJ[\w-]{8,}\.|PRIVATE KEY|T3BlbkFJ|npm_\w{20}|pypi-AgE|SG\.[\w-]{10}|sq0csp-|AccountKey=|://[^\s:/@\"']+:[^\s/@]+@"
)
_PLUGINS = (
    "aws.AWSKeyDetector", "azure_storage_key.AzureStorageKeyDetector", "basic_auth.BasicAuthDetector",
    "github_token.GitHubTokenDetector", "gitlab_token.GitLabTokenDetector", "jwt.JwtTokenDetector", "npm.NpmDetector",
    "openai.OpenAIDetector", "private_key.PrivateKeyDetector", "pypi_token.PypiTokenDetector",
    "sendgrid.SendGridDetector", "slack.SlackDetector", "square_oauth.SquareOAuthDetector", "stripe.StripeDetector",
)  # fmt: skip
_EXAMPLE_PASSWORD = said(r"pass(word|wd)?|pwd?|secret|\*+|x+|\.+|.*[{}$%<>()].*|creds?|credentials?")
_EXAMPLE_KEY = re.compile(r".*EXAMPLE.*")
_UP_TO_QUOTE = re.compile(r"[^\s\"'`]+")
_BASE64_LINE = re.compile(r"[A-Za-z0-9+/=\\n]{40,}")


def judge(source: Source) -> Iterator[Violation]:
    """Secrets by their own form, then by the names they are given to."""
    for number, line in enumerate(source.lines, 1):
        if _KEYED.search(line):
            yield from _keyed(source, number, line)
    for text in source.texts:
        if (found := _of_name(text)) is not None:
            rule, why = found
            yield Violation(rule=rule.id, line=text.line, column=text.column, why=why, secret=text.value)


def secret_name(name: str) -> bool:
    """Whether what goes by the name is a secret: `DB_PASSWORD` is, `password_field` and `token_url` are not."""
    parts = [word for word in words(name.rpartition(".")[2]) if word not in _QUALIFIERS]
    if not parts:
        return False
    return parts[-1] in _SECRETS | _TOKENS or (parts[-1] == "key" and len(parts) > 1 and parts[-2] in _KEYS)


def _of_name(text: Text) -> tuple[Rule, str] | None:
    if not secret_name(text.name) or not text.value:
        return None
    value, parts = text.value.strip(), words(text.name.rpartition(".")[2])
    called = value.lower().replace("-", "_").replace(" ", "_")
    names_itself = called in ("_".join(parts), parts[-1]) or (parts[-1] == "key" and called == parts[-2])
    if _GUESSABLE.fullmatch(value) and (text.given is Given.FALLBACK or not names_itself):
        if text.given is Given.FALLBACK:
            return PLACEHOLDER, f"where the environment does not say, {text.name} is a word anybody guesses"
        return PLACEHOLDER, f"{text.name} is a placeholder"
    if _NO_CREDENTIAL.fullmatch(value) or not FEWEST_CHARACTERS <= len(value) <= LONGEST_PASSWORD:
        return None
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    if not mixed or (parts[-1] in _TOKENS and not _random_looking(value)):
        return None
    return HARD_CODED, f"{text.name} is written in the code"


def _random_looking(value: str) -> bool:
    from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString, HexHighEntropyString

    base64, hexadecimal = Base64HighEntropyString(limit=4.0), HexHighEntropyString(limit=3.0)
    return bool(
        base64.calculate_shannon_entropy(value) > base64.entropy_limit
        or (
            re.fullmatch(r"[0-9a-fA-F]{16,}", value)
            and hexadecimal.calculate_shannon_entropy(value) > hexadecimal.entropy_limit
        )
    )


@cache
def _plugins() -> tuple[BasePlugin, ...]:
    from importlib import import_module

    found = []
    for plugin in _PLUGINS:
        module, _, name = plugin.partition(".")
        found.append(getattr(import_module(f"detect_secrets.plugins.{module}"), name)())
    return tuple(found)


def _keyed(source: Source, number: int, line: str) -> Iterator[Violation]:
    for plugin in _plugins():
        kind = plugin.secret_type
        for secret in plugin.analyze_string(line):
            start = max(line.find(secret), 0)
            if kind == "Basic Auth Credentials":
                if _EXAMPLE_PASSWORD.fullmatch(secret) or start + 1 >= source.prose.get(number, len(line) + 2):
                    continue
            elif kind == "Private Key":
                if not _key_follows(source, number, line):
                    continue
            elif _EXAMPLE_KEY.fullmatch(secret) or (kind == "AWS Access Key" and _part_of_more(line, secret)):
                continue
            yield Violation(
                rule=HARD_CODED.id,
                line=number,
                column=len(line[:start].encode()) + 1,
                why=f"this is a credential: {kind}",
                secret=_whole(line[start:], kind),
            )


def _whole(rest: str, kind: str) -> str:
    """All that must not be shown: patterns know where a secret starts, and not always where it ends."""
    if kind == "Private Key":
        return rest
    found = _UP_TO_QUOTE.match(rest)
    return rest if found is None else found[0]


def _part_of_more(line: str, secret: str) -> bool:
    """Whether it stands in the middle of encoded bytes, where anything occurs by chance."""
    before, _, after = line.partition(secret)
    return bool(re.search(r"[A-Za-z0-9+/=]$", before) or re.match(r"[A-Za-z0-9+/]", after))


def _key_follows(source: Source, number: int, line: str) -> bool:
    """Whether a key stands below its heading: code that reads keys has the heading alone."""
    rest = line.partition("PRIVATE KEY")[2]
    return any(_BASE64_LINE.search(each) for each in (rest, *source.lines[number : number + 6]))
