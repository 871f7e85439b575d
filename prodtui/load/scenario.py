"""From a declared load to a k6 script, and to the arguments that hold any script to what is declared. Pure.

Whatever a policy says stands in one JSON literal; nothing of it is ever code. The script runs unchanged under `k6 run`
and under k6's distributed execution.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from prodtui.load.target import Address, Pinned
from prodtui.readiness.load_rule import LoadMetric, LoadRule, LoadThreshold, expected_users, most_rate

STATISTICS = ("avg", "med", "p(95)", "p(99)", "max")
FILE_VARIABLE = "PRODTUI_LOAD_HEADER_"
"""Begins the variable that hands a header on whose value is in a file."""
KINDS = ("redirect", "4xx", "5xx", "timeout", "dns", "connection", "tls", "other")
"""Of what became of a request that failed; the script counts each in `failed_KIND`."""
BOUNDS_MS = tuple(round(2 ** (place / 2), 3) for place in range(-2, 33))
"""Of the buckets in which requests are counted by how long they took: 0.5 ms to a minute, each √2 of the last."""
COUNTED_PER_S = 500
"""About so many requests are counted there each second, a random part where there are more."""
COUNTING = 100
"""Users that count theirs, at most: a thousand would keep buckets that nobody needs, and cost a tenth of the load."""
TOLD_VARIABLE = "PRODTUI_LOAD_TOLD"
_K6_NAMES: Mapping[LoadMetric, tuple[str, str]] = {
    LoadMetric.P50: ("http_req_duration", "med"),
    LoadMetric.P95: ("http_req_duration", "p(95)"),
    LoadMetric.P99: ("http_req_duration", "p(99)"),
    LoadMetric.AVG: ("http_req_duration", "avg"),
    LoadMetric.ERRORS: ("http_req_failed", "rate"),
    LoadMetric.RATE: ("http_reqs", "rate"),
}
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_NOT_IN_A_VARIABLE = re.compile(r"[^A-Z0-9]")
_EVERYTHING = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
# Error codes: k6's documentation, "Error codes". A redirect is not followed, so it never reached what it stands for.
_SCRIPT = """\
// Written by prodtui from [load.{name}] of {policy}.
import http from "k6/http";
import {{ Counter }} from "k6/metrics";

const load = {load};

export const options = load.options;

const failed = {{}};
for (const kind of load.kinds) {{
  failed[kind] = new Counter("failed_" + kind);
}}

http.setResponseCallback(http.expectedStatuses({{ min: 200, max: 299 }}));

function filled(part) {{
  if (typeof part === "string") {{
    return part;
  }}
  if (__ENV[part.variable] === undefined) {{
    throw new Error("variable " + part.variable + " is not set");
  }}
  return __ENV[part.variable];
}}

const headers = {{}};
for (const [name, parts] of load.headers) {{
  headers[name] = parts.map(filled).join("");
}}
const parameters = {{ headers, timeout: load.timeout }};

function kind(answer) {{
  const code = answer.error_code;
  if (answer.status >= 500) return "5xx";
  if (answer.status >= 400) return "4xx";
  if (answer.status >= 300) return "redirect";
  if (code === 1050 || code === 1211) return "timeout";
  if (code >= 1100 && code < 1200) return "dns";
  if (code >= 1200 && code < 1300) return "connection";
  if (code >= 1300 && code < 1400) return "tls";
  return "other";
}}

// Only where prodtui listens: how long a random part of the requests took, some hundreds a second at most.
const counts = __ENV.PRODTUI_LOAD_TOLD && __VU <= load.counting;
const took = counts ? load.bounds.concat(0).map((_, place) => new Counter("took_" + place)) : null;
let left = Math.floor(Math.random() * Math.min(16, 8 / load.counted));
let passed = left + 1;
let since = Date.now();

function count(milliseconds) {{
  let place = 0;
  while (place < load.bounds.length && milliseconds > load.bounds[place]) place += 1;
  took[place].add(1);
  // How many go by until the next one, at random: a look at each of them would cost a tenth of what k6 can send.
  const now = Date.now();
  const usual = (passed / Math.max(1, now - since)) * (1000 / load.counted);
  left = Math.floor(-Math.log(1 - Math.random()) * usual);
  passed = left + 1;
  since = now;
}}

export default function () {{
  const answer = http.request(load.method, load.target, load.body, parameters);
  if (answer.status < 200 || answer.status > 299) {{
    failed[kind(answer)].add(1);
  }}
  if (took && --left < 0) count(answer.timings.duration);
}}
"""


def script(rule: LoadRule, pinned: Pinned, *, policy: str = "") -> str:
    """The k6 script of a load that has a target. `policy`: its file, to be named at the top."""
    load = {
        "method": rule.method,
        "target": rule.target,
        "headers": [[name, _parts(value)] for name, value in rule.headers.items()]
        + [[name, [{"variable": file_variable(name)}]] for name in rule.header_files],
        "body": rule.body or None,
        "timeout": _duration(rule.timeout_s),
        "kinds": KINDS,
        "bounds": BOUNDS_MS,
        "counting": COUNTING,
        "counted": COUNTED_PER_S / min(COUNTING, max_users(rule)),
        "options": options(rule, pinned),
    }
    return _SCRIPT.format(
        name=rule.name, policy=_comment(policy or "a readiness policy"), load=json.dumps(load, indent=2)
    )


def options(rule: LoadRule, pinned: Pinned) -> dict[str, Any]:
    """k6's options: how much is sent, where it may go, what must hold."""
    found: dict[str, Any] = {
        "scenarios": {"load": _scenario(rule)},
        "thresholds": _thresholds(rule.thresholds),
        "blacklistIPs": refused(pinned.addresses),
        "dns": {"ttl": "inf", "select": "roundRobin"},
        "rps": ceiling(rule),
        "maxRedirects": 0,
        "discardResponseBodies": True,
        "summaryTrendStats": STATISTICS,
        "systemTags": ["status", "error_code"],
        "userAgent": "prodtui load (k6)",
    }
    if hosts := _hosts(pinned):
        found["hosts"] = hosts
    return found


def arguments(rule: LoadRule, pinned: Pinned) -> list[str]:
    """What a script of the user's is held to on k6's command line, whatever its own options say."""
    if not rule.script:
        return []
    return [
        "--rps",
        str(ceiling(rule)),
        *(word for network in refused(pinned.addresses) for word in ("--blacklist-ip", network)),
    ]


def variables(rule: LoadRule) -> tuple[str, ...]:
    """The variables of whoever runs the load that its script needs, by name."""
    used = (name for value in rule.headers.values() for name in _PLACEHOLDER.findall(value))
    return tuple(dict.fromkeys((*used, *rule.variables)))


def file_variable(header: str) -> str:
    """The variable by which a script gets a header whose value is in a file."""
    return FILE_VARIABLE + _NOT_IN_A_VARIABLE.sub("_", header.upper())


def max_users(rule: LoadRule) -> int:
    """Users that there are at the same time at most."""
    peak = max((stage.users or 0 for stage in rule.ramp), default=0)
    return rule.users or peak or (expected_users(most_rate(rule)) if most_rate(rule) else 1)


def ceiling(rule: LoadRule) -> int:
    """Requests/s that nothing goes over; k6 knows whole ones."""
    return max(1, int(rule.max_rate_per_s))


def refused(allowed: Iterable[Address]) -> list[str]:
    """Every network but the allowed addresses: no redirect, no second answer of DNS and no script leads elsewhere."""
    left: list[Any] = list(_EVERYTHING)
    for address in sorted(set(allowed), key=lambda each: (each.version, int(each))):
        kept = ipaddress.ip_network(address)
        left = [
            part
            for network in left
            for part in (
                network.address_exclude(kept)
                if network.version == kept.version and kept.subnet_of(network)
                else (network,)
            )
        ]
    return [str(network) for network in sorted(left, key=lambda each: (each.version, int(each.network_address)))]


def _scenario(rule: LoadRule) -> dict[str, Any]:
    if rule.iterations is not None:
        return {
            "executor": "per-vu-iterations",
            "vus": rule.users or 1,
            "iterations": rule.iterations,
            "maxDuration": _duration(rule.limit_s),
        }
    if rule.ramp and rule.ramp[0].rate_per_s is not None:
        peak = max(stage.rate_per_s or 0.0 for stage in rule.ramp)
        return {
            "executor": "ramping-arrival-rate",
            "startRate": 0,
            "timeUnit": "1m",
            "preAllocatedVUs": rule.users or expected_users(peak),
            "stages": [
                {"duration": _duration(stage.duration_s), "target": round((stage.rate_per_s or 0.0) * 60)}
                for stage in rule.ramp
            ],
        }
    if rule.ramp:
        stages = [{"duration": _duration(stage.duration_s), "target": stage.users or 0} for stage in rule.ramp]
        return {"executor": "ramping-vus", "startVUs": 0, "stages": stages}
    if rule.rate_per_s is not None:
        return {
            "executor": "constant-arrival-rate",
            "rate": max(1, round(rule.rate_per_s * 60)),
            "timeUnit": "1m",
            "duration": _duration(rule.duration_s or 0.0),
            "preAllocatedVUs": rule.users or expected_users(rule.rate_per_s),
        }
    return {"executor": "constant-vus", "vus": rule.users or 1, "duration": _duration(rule.duration_s or 0.0)}


def _thresholds(given: Iterable[LoadThreshold]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for threshold in given:
        name, statistic = _K6_NAMES[threshold.metric]
        scale = 1000 if name == "http_req_duration" else 1
        op = "==" if threshold.bound.op == "=" else threshold.bound.op
        found.setdefault(name, []).append(f"{statistic}{op}{threshold.bound.value * scale:.12g}")
    return found


def _hosts(pinned: Pinned) -> dict[str, str]:
    """Names with one address are never asked for again; of several addresses each is used in turn."""
    return {
        host: str(addresses[0])
        for host, addresses in pinned.hosts.items()
        if len(addresses) == 1 and host != str(addresses[0])
    }


def _parts(value: str) -> list[str | dict[str, str]]:
    """A header's value as text and variables in turn."""
    return [
        {"variable": part} if place % 2 else part
        for place, part in enumerate(_PLACEHOLDER.split(value))
        if place % 2 or part
    ]


def _duration(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))}ms"


def _comment(text: str) -> str:
    """The text on one line, so that it ends with its comment."""
    return json.dumps(text)[1:-1]
