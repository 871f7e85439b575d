"""The commented configuration that `prodtui init` writes from what was discovered."""

from __future__ import annotations

from collections.abc import Sequence

from prodtui.settings.found import ENVIRONMENT, Discovered, sources_of
from prodtui.settings.keys import dotted
from prodtui.settings.redaction import without_password
from prodtui.settings.written import written

_HEAD = f"""\
# prodtui's configuration. Keys: docs/configuration.md, or `prodtui config schema` for your editor.
# Check it: prodtui config validate      Try every source: prodtui sources

default_environment = "{ENVIRONMENT}"

[environments.{ENVIRONMENT}]
interval = "2s"                  # time between two reads of a source
# colour = "red"                 # the header's colour, so that production is never mistaken
"""

_ADVICE = {
    "consul": (
        '# token_file = "/run/secrets/consul"     # needs service_prefix "" and node_prefix "" { policy = "read" }',
    ),
    "etcd": ('# prefix = "/services/"                   # keys /services/NAME/ID',),
    "pgbouncer": ('# password_file = "/run/secrets/pgbouncer"  # a user in stats_users is enough',),
    "postgresql": ('# password_file = "/run/secrets/monitor"    # a role with pg_monitor; ~/.pgpass works too',),
    "prometheus": ('# service_label = "service"               # the label that names a service; else "job"',),
}

_EXAMPLES = {
    "consul": "http://127.0.0.1:8500",
    "etcd": "http://127.0.0.1:2379",
    "pgbouncer": "postgresql://stats@127.0.0.1:6432/pgbouncer",
    "postgresql": "postgresql://monitor@127.0.0.1:5432/postgres",
    "envoy": "http://127.0.0.1:9901",
    "prometheus": "http://127.0.0.1:9090",
}

_TAIL = """\
# What is known beforehand of services: only what differs from the defaults.
# [services.payments]
# tier = "A"                              # A: at least 3 instances, B: 2, C: 1
# metrics = { service = "payments-api" }  # value of the service label
# pools = ["payments-db"]                 # the pooler's database names
# clusters = ["payments"]                 # the proxy's clusters that lead to it
# depends_on = ["ledger", "external:stripe"]
# runbook = "https://runbooks.example/payments"
"""


def commented_configuration(found: Sequence[Discovered]) -> str:
    """TOML that `load` accepts as it stands: what was found as sources, the rest as comments."""
    parts = [_HEAD]
    for name, each in sources_of(found).items():
        lines = [
            f"# {each.evidence}",
            *_source(name, each.kind, without_password(each.url)),
            *_ADVICE.get(each.kind, ()),
        ]
        parts.append("\n".join(lines) + "\n")
    missing = [kind for kind in _EXAMPLES if not any(each.kind == kind for each in found)]
    if missing:
        parts.append("# Not found on this machine; uncomment what runs elsewhere.\n")
    for kind in missing:
        lines = [f"# {line}" for line in _source(kind, kind, _EXAMPLES[kind])]
        parts.append("\n".join([*lines, *_ADVICE.get(kind, ())]) + "\n")
    return "\n".join([*parts, _TAIL])


def _source(name: str, kind: str, url: str) -> list[str]:
    path = dotted(("environments", ENVIRONMENT, "sources", name))
    return [f"[{path}]", f'kind = "{kind}"', f"url = {written(url)}"]
