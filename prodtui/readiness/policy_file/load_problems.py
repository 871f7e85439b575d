"""Loads that can't be meant or must not be: no target or two, no end, a rate over the ceiling, a secret in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from prodtui.model.toml_keys import KeyPath
from prodtui.readiness.load_rule import LoadRule
from prodtui.readiness.policy_file.problems import Problem
from prodtui.readiness.policy_file.tables import LoadTable, Root

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_HOST = re.compile(r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
# RFC 9110 §5.6.2 and §5.5.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_CREDENTIAL = re.compile(r"authorization|cookie|token|secret|password|api-?key|signature", re.IGNORECASE)
_ONLY_REQUESTS = ("method", "headers", "header_files", "body", "users", "iterations", "duration", "rate", "ramp",
                  "limit", "timeout")  # fmt: skip


def of_loads(root: Root) -> Iterator[Problem]:
    """Contradictions within each load."""
    for name, load in root.load.items():
        path: KeyPath = ("load", name)
        if not _NAME.fullmatch(name):
            yield Problem(path, "expected a name of letters, digits, _ . and -, at most 64")
        if (load.target is None) == (load.script is None):
            yield Problem(path, 'expected exactly one of "target" and "script"')
        elif load.script is not None:
            yield from _script(load, path)
        else:
            yield from _target(load, path)
            yield from _amount(load, path)
            yield from _headers(load, path)
        if load.thresholds is not None and not load.thresholds:
            yield Problem((*path, "thresholds"), "expected at least one: without any, every load would be met")


def _script(load: LoadTable, path: KeyPath) -> Iterator[Problem]:
    for key in _ONLY_REQUESTS:
        if getattr(load, key) not in (None, {}, ()):
            yield Problem((*path, key), 'goes with "target" only: a script says it itself')
    if not load.hosts:
        yield Problem((*path, "hosts"), "required with a script: the hosts that it may send to")
    for index, host in enumerate(load.hosts):
        if not _HOST.fullmatch(host):
            yield Problem((*path, "hosts", index), f'expected the name or address of a host, got "{host}"')
    for index, variable in enumerate(load.variables):
        if not _VARIABLE.fullmatch(variable):
            yield Problem((*path, "variables", index), f'expected the name of a variable, got "{variable}"')


def _target(load: LoadTable, path: KeyPath) -> Iterator[Problem]:
    for key in ("hosts", "variables"):
        if getattr(load, key):
            yield Problem((*path, key), 'goes with "script" only')
    target = load.target or ""
    try:
        parts = urlsplit(target)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not target.isprintable() or " " in target:
        yield Problem((*path, "target"), f'expected a URL such as "https://shop.example/", got "{target}"')
    elif parts.username is not None or parts.password is not None:
        yield Problem((*path, "target"), "credentials in a URL end in logs: give them as a header, by ${NAME}")


def _amount(load: LoadTable, path: KeyPath) -> Iterator[Problem]:
    ways = [key for key in ("iterations", "duration", "ramp") if getattr(load, key) is not None]
    if len(ways) != 1:
        got = f", got {' and '.join(ways)}" if ways else ": nothing says how much is sent"
        yield Problem((*path, ways[-1]) if ways else path, f'expected one of "iterations", "duration" and "ramp"{got}')
    if load.rate is not None and load.duration is None:
        yield Problem((*path, "rate"), 'goes with "duration": nothing else ends it')
    if load.limit is not None and load.iterations is None:
        yield Problem((*path, "limit"), 'goes with "iterations" only')
    yield from _ramp(load, path)
    ceiling = load.max_rate or LoadRule(name="").max_rate_per_s
    if load.rate is not None and load.rate > ceiling:
        yield Problem((*path, "rate"), f"{load.rate:g}/s is over max_rate ({ceiling:g}/s)")


def _ramp(load: LoadTable, path: KeyPath) -> Iterator[Problem]:
    if load.ramp is None:
        return
    if not load.ramp:
        yield Problem((*path, "ramp"), "expected at least one stage")
    if load.users is not None and any(stage.users is not None for stage in load.ramp):
        yield Problem((*path, "users"), "each stage of the ramp says its own")
    ceiling = load.max_rate or LoadRule(name="").max_rate_per_s
    kinds = [("users" if stage.rate is None else "rate") for stage in load.ramp]
    for index, stage in enumerate(load.ramp):
        here: KeyPath = (*path, "ramp", index)
        if (stage.users is None) == (stage.rate is None):
            yield Problem(here, 'expected exactly one of "users" and "rate"')
        elif kinds[index] != kinds[0]:
            yield Problem(here, f'expected "{kinds[0]}" in every stage, as in the first')
        elif stage.rate is not None and stage.rate > ceiling:
            yield Problem((*here, "rate"), f"{stage.rate:g}/s is over max_rate ({ceiling:g}/s)")
    if load.ramp and not any(stage.users or stage.rate for stage in load.ramp):
        yield Problem((*path, "ramp"), "no stage has any users: nothing would be sent")


def _headers(load: LoadTable, path: KeyPath) -> Iterator[Problem]:
    files = {name.casefold() for name in load.header_files}
    for key, headers in (("headers", load.headers), ("header_files", load.header_files)):
        for name in headers:
            if not _TOKEN.fullmatch(name):
                yield Problem((*path, key, name), "expected the name of an HTTP header")
    for name, value in load.headers.items():
        here: KeyPath = (*path, "headers", name)
        if name.casefold() in files:
            yield Problem(here, "given in header_files too; give it once")
        wrong = [variable for variable in _PLACEHOLDER.findall(value) if not _VARIABLE.fullmatch(variable)]
        if wrong:
            yield Problem(here, f'expected the name of a variable in ${{}}, got "{wrong[0]}"')
        elif not _FIELD.fullmatch(value):
            yield Problem(here, "expected one line without control characters")
        elif _CREDENTIAL.search(name) and value and not _PLACEHOLDER.search(value):
            yield Problem(here, "a secret does not belong in a policy: write ${NAME}, or give header_files")
