"""`prodtui load`: what it costs of k6's throughput, beside k6 alone with the very same script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.lab import lab_in_use
from benchmarks.programs import prodtui_command
from benchmarks.table import OURS, Figure, Report, Unmeasurable
from prodtui.lab.programs import find
from prodtui.lab.state import Lab
from prodtui.load.engine import engine_path
from prodtui.model.errors import UsageError
from prodtui.readiness.policy_file.load import load

ROUNDS = 5
BAR = 3.0
"""Percent of the throughput."""
LONGEST_S = 300.0
_WHOLE = (0, 1)
"""Exit codes of a load that was measured to its end."""


def measure() -> Report:
    """1,000 users, in turn by k6 alone and by prodtui, which watches the lab meanwhile."""
    try:
        engine = engine_path()
    except UsageError as error:
        raise Unmeasurable(str(error)) from error
    with lab_in_use() as lab, TemporaryDirectory(prefix="prodtui-load-") as place, _envoy(Path(place)) as url:
        policy = Path(place) / "readiness.toml"
        storefront = load(lab.policy_path).loads["storefront-1000x100"].target
        # The lab carries a tenth of what an Envoy does: a fifth of the requests takes long enough.
        policy.write_text(
            f'extends = "{lab.policy_path}"\n'
            f'[load.envoy]\ntarget = "{url}"\nusers = 1000\niterations = 100\nmax_rate = "100000/s"\n'
            f'[load.storefront]\ntarget = "{storefront}"\nusers = 1000\niterations = 20\n'
        )
        figures = [
            figure
            for name, what in (("envoy", "an Envoy that answers by itself"), ("storefront", "the lab's storefront"))
            for figure in _beside(lab, engine, policy, Path(place), name, what)
        ]
    return Report(
        f"load: 1,000 users × 100 requests (storefront × 20), {ROUNDS} rounds in turn; requests/s as k6 says them",
        figures,
        ["prodtui watches every source of the lab meanwhile; k6 alone runs the script that `load --script` prints"],
    )


def _beside(lab: Lab, engine: Path, policy: Path, place: Path, name: str, what: str) -> list[Figure]:
    command = [*prodtui_command(), "--config", str(lab.config_path), "load", name, "--policy", str(policy)]
    script = place / f"{name}.js"
    script.write_text(_said([*command, "--script"], (0,)))
    bare: list[float] = []
    ours: list[float] = []
    # The first round fills caches and does not count.
    for number in range(ROUNDS + 1):
        alone = _alone(engine, script, place)
        watched = float(json.loads(_said([*command, "--format", "json"], _WHOLE))["rate_per_s"])
        if number:
            bare.append(alone)
            ours.append(watched)
    # Of the medians: on a machine that others use too a single pair says nothing.
    lost = 100 * (1 - median(ours) / median(bare))
    return [
        Figure(f"lost to {what}", "%", {OURS: [lost]}, BAR),
        Figure(f"to {what}", "requests/s", {OURS: ours, "k6 alone": bare}, digits=0),
    ]


def _alone(engine: Path, script: Path, place: Path) -> float:
    """The requests/s of k6 without us."""
    summary = place / "summary.json"
    summary.unlink(missing_ok=True)
    _said(
        [str(engine), "run", "--quiet", "--address", "", "--summary-export", str(summary), str(script)],
        (0, 99),
        HOME=str(place),
        K6_NO_USAGE_REPORT="true",
    )
    return float(json.loads(summary.read_text())["metrics"]["http_reqs"]["rate"])


def _said(argv: list[str], usual: tuple[int, ...], **environment: str) -> str:
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=LONGEST_S, check=False, env={**os.environ, **environment}
        )
    except subprocess.TimeoutExpired as error:
        raise Unmeasurable(f"{argv[0]} did not return within {LONGEST_S:g} s") from error
    if done.returncode not in usual:
        raise Unmeasurable(f"{' '.join(argv)} exits {done.returncode}: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


@contextmanager
def _envoy(place: Path) -> Iterator[str]:
    """An Envoy whose every answer is its own: the fastest target that is at hand."""
    binary = find("etcd", lambda line: print(line, file=sys.stderr))[1]["envoy"]
    ready, port = place / "admin", place / "envoy.json"
    manager = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    router = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
    here = {"socket_address": {"address": "127.0.0.1", "port_value": 0}}
    answer = {"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": "ok"}}}
    chain = {
        "name": "http",
        "typed_config": {
            "@type": manager,
            "stat_prefix": "fast",
            "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [answer]}]},
            "http_filters": [{"name": "router", "typed_config": {"@type": router}}],
        },
    }
    listener = {"name": "fast", "address": here, "filter_chains": [{"filters": [chain]}]}
    config = {"admin": {"address": here}, "static_resources": {"listeners": [listener]}}
    port.write_text(json.dumps(config))
    argv = [binary, "-c", str(port), "--use-dynamic-base-id", "--concurrency", "1", "-l", "error"]
    with (place / "envoy.log").open("wb") as log:
        process = subprocess.Popen([*argv, "--admin-address-path", str(ready)], stdout=log, stderr=log)
    try:
        yield _listening(ready, process)
    finally:
        process.terminate()
        process.wait()


def _listening(ready: Path, process: subprocess.Popen[bytes]) -> str:
    """The URL of its listener, once it says it."""
    ends = time.monotonic() + 20
    while time.monotonic() < ends and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{ready.read_text()}/listeners?format=json", timeout=2) as said:
                statuses = json.load(said)["listener_statuses"]
            address = statuses[0]["local_address"]["socket_address"]
            return f"http://{address['address']}:{address['port_value']}/"
        except (OSError, urllib.error.URLError, ValueError, LookupError):
            time.sleep(0.1)
    raise Unmeasurable("no Envoy listens")


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.exit(main(["load"]))
