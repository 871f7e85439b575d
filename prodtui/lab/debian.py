"""Debian packages downloaded and unpacked into a cache, never installed; apt verifies what it fetches."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock

from prodtui.lab.errors import LabError

_QUICK = ("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=15", "-o", "Acquire::https::Timeout=15")
# apt would download as the user _apt, who can't write here, and keep an index nobody asks for again.
_PRIVATE = ("-o", "APT::Sandbox::User=root", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=")
# Consul left Debian after this release.
_CONSUL_SUITE = "bullseye"
# Package -> program -> the folder with its files, as compiled in.
_COMPILED_IN = {"prometheus-alertmanager": {"usr/bin/prometheus-alertmanager": "/usr/share/prometheus/alertmanager"}}


class FreshLists:
    """apt's lists of packages fetched anew into a folder, once and only when the machine's own don't serve."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fetching = Lock()
        self._fetched = False

    def options(self) -> tuple[str, ...]:
        """apt options under which the fresh lists are used; raises LabError."""
        options = _private_lists(self._folder)
        with self._fetching:
            if not self._fetched:
                _run(["apt-get", *_QUICK, *_PRIVATE, *options, "update"], self._folder)
                self._fetched = True
        return options


def unpack(package: str, into: Path, lists: FreshLists) -> None:
    """Download `package` with apt and unpack it at `into`, whole or not at all; LabError says why not.

    PgBouncer's libraries that a plain host lacks come along.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise LabError("there is no apt here")
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{package}-", dir=into.parent) as scratch:
        work = Path(scratch)
        work.chmod(0o755)
        options = _consul_options(work) if package == "consul" else ()
        archives = _download([package], work, options, lists)
        libraries = _libraries(archives[0])
        if libraries:
            archives += _download(libraries, work, options, lists)
        root = work / "root"
        for archive in archives:
            _run(["dpkg-deb", "-x", str(archive), str(root)], work)
        root.chmod(0o755)
        _relocate(root, package)
        try:
            root.rename(into)
        except OSError:
            # Another `lab up` was quicker; what it unpacked is the same.
            if not into.is_dir():
                raise


def _relocate(root: Path, package: str) -> None:
    """Let an unpacked program find its own files relative to the folder it is started in.

    Debian's Alertmanager opens its templates by a compiled-in absolute path and does not start without them. The path
    is exchanged for a relative one of the same length; nothing else of the program changes.
    """
    for program, path in _COMPILED_IN.get(package, {}).items():
        content = (root / program).read_bytes()
        absolute, relative = path.encode(), path.lstrip("/").encode() + b"/"
        (root / program).write_bytes(content.replace(absolute, relative))


def _download(packages: Sequence[str], work: Path, options: tuple[str, ...], lists: FreshLists) -> list[Path]:
    command = ["apt-get", *_QUICK, *_PRIVATE, *options, "download", *packages]
    try:
        _run(command, work)
    except LabError:
        if options:
            raise
        _run(["apt-get", *_QUICK, *_PRIVATE, *lists.options(), "download", *packages], work)
    return [next(work.glob(f"{package}_*.deb")) for package in packages]


def _private_lists(work: Path) -> tuple[str, ...]:
    lists = work / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    return "-o", f"Dir::State::Lists={lists}"


def _libraries(archive: Path) -> list[str]:
    """PgBouncer's own libraries; everything else it needs belongs to any Debian."""
    depends = _run(["dpkg-deb", "-f", str(archive), "Depends"], archive.parent)
    return re.findall(r"\b(?:libevent-[\w.+-]+|libc-ares\d\w*)", depends)


def _consul_options(work: Path) -> tuple[str, ...]:
    """apt options under which the older release that has Consul is known, and nothing else."""
    failure: LabError | None = None
    for address, keyring in _archives():
        signed = f"[signed-by={keyring}] " if keyring else ""
        source = work / "older.list"
        source.write_text(f"deb {signed}{address} {_CONSUL_SUITE} main\n")
        options = (
            *("-o", f"Dir::Etc::sourcelist={source}", "-o", "Dir::Etc::sourceparts=/dev/null"),
            *_private_lists(work),
        )
        try:
            _run(["apt-get", *_QUICK, *_PRIVATE, *options, "-o", "APT::Update::Error-Mode=any", "update"], work)
        except LabError as error:
            failure = error
        else:
            return options
    raise failure or LabError("apt's sources name no Debian archive")


def _archives() -> Iterator[tuple[str, str]]:
    """Address and keyring of each Debian archive in this machine's apt sources."""
    seen = set()
    folder = Path("/etc/apt/sources.list.d")
    for path in (Path("/etc/apt/sources.list"), *sorted(folder.glob("*.list")), *sorted(folder.glob("*.sources"))):
        try:
            text = path.read_text(errors="replace")
        except OSError:
            continue
        for address, keyring in _stanzas(text) if path.suffix == ".sources" else _lines(text):
            # The security archive has other suites, and other vendors have no such release.
            if address not in seen and re.search(r"/debian/?$", address):
                seen.add(address)
                yield address, keyring


def _stanzas(text: str) -> Iterator[tuple[str, str]]:
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([\w-]+):[ \t]*(.*)$", stanza, re.MULTILINE))
        keyring = fields.get("Signed-By", "").strip()
        for address in fields.get("URIs", "").split():
            yield address, keyring if keyring.startswith("/") else ""


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for options, address in re.findall(r"^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)", text, re.MULTILINE):
        keyring = re.search(r"signed-by=(/\S+)", options)
        yield address, keyring[1] if keyring else ""


def _run(command: Sequence[str], work: Path) -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command, cwd=work, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("E:")] or done.stderr.splitlines()
        raise LabError(f"{command[0]} failed: {said[-1] if said else f'exit code {done.returncode}'}")
    return done.stdout
