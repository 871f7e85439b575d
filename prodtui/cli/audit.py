"""`prodtui audit`: who did what to production, and whether that is still what was written."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from prodtui.cli.options import Config, Env, Format, FormatOption, shared
from prodtui.model.audited import Act
from prodtui.model.errors import UsageError
from prodtui.model.text import neutralise_name

if TYPE_CHECKING:
    from prodtui.audit.chain import Checked
    from prodtui.audit.trail import Trail
    from prodtui.model.audited import Entry
    from prodtui.settings.loaded import Loaded

app = typer.Typer(no_args_is_help=True, help="What was done, by whom, with what result: appended to, never changed.")

T = TypeVar("T")
BROKEN = 1
AT_ONCE = 500
"""Lines of an export that are written together."""
_FORMS = "14:02, -5m, yesterday 14:02, 2026-11-22T14:02:58Z; local time unless it says otherwise."


@app.command("list")
def list_(
    context: typer.Context,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=_FORMS)] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Now by default.")] = None,
    act: Annotated[Act | None, typer.Option(help="Only such acts.")] = None,
    about: Annotated[str | None, typer.Option(metavar="TEXT", help="Only acts on what has this in its name.")] = None,
    everywhere: Annotated[bool, typer.Option("--all", help="Of every environment that shares the store.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the newest.")] = 50,
    format: FormatOption = Format.TEXT,  # noqa: A002
    config: Config = None,
    env: Env = None,
) -> None:
    """Lists what was done in the environment, newest first.

    Example: prodtui audit list --since "yesterday 14:00" --act decision --about payments

    Exit codes: 0; 1 the store can't be used; 2 configuration, or a time that can't be read.
    """
    from prodtui.cli.audit_trail import trail_to_read
    from prodtui.cli.environment import environment
    from prodtui.cli.times import past
    from prodtui.reports.audited import audited_json, audited_text

    begins, ends = past(since) if since else 0.0, past(until) if until else time.time()
    if begins >= ends:
        raise UsageError("--since is not before --until")
    found = environment(*shared(context, config, env))
    where = "" if everywhere else found.name

    async def entries(trail: Trail) -> list[Entry]:
        read: list[Entry] = []
        async for entry in trail.entries(since=begins, until=ends, environment=where, act=act):
            if (about or "").casefold() in entry.deed.about.casefold():
                read.append(entry)
            if len(read) == limit:
                break
        return read

    trail = trail_to_read(found.store, found.heads)
    read = [] if trail is None else asyncio.run(_closing(trail, entries))
    if format is Format.JSON:
        sys.stdout.write(audited_json(where, read))
    else:
        sys.stdout.write(audited_text(read) if read else f"{where or 'every environment'}: no such acts\n")


@app.command()
def export(context: typer.Context, config: Config = None, env: Env = None) -> None:
    """Writes the whole trail of the store with its hashes, as JSON lines; `verify FILE` proves it without the store.

    Example: prodtui audit export > trail.jsonl

    Exit codes: 0; 1 the store can't be used; 2 configuration.
    """
    from prodtui.audit.chain import FIRST
    from prodtui.audit.exported import header, line
    from prodtui.audit.heads import Head
    from prodtui.cli.audit_trail import trail_to_read
    from prodtui.cli.output import STDOUT, write
    from prodtui.cli.store import place_of
    from prodtui.reports.fields import rfc3339

    loaded = _loaded(context, config, env)
    now = rfc3339(time.time()) or ""

    async def written(trail: Trail) -> None:
        head = await trail.head()
        lines = [header(trail.where, now, head)]
        async for link in trail.links():
            if link.number > head.number:
                break  # written since: the first line says where the file ends
            lines.append(line(link))
            if len(lines) >= AT_ONCE:
                write(STDOUT, b"".join(lines).decode())
                lines.clear()
        write(STDOUT, b"".join(lines).decode())

    trail = trail_to_read(loaded.store, loaded.heads)
    if trail is None:
        write(STDOUT, header(place_of(loaded.store), now, Head(0, FIRST)).decode())
    else:
        asyncio.run(_closing(trail, written))


@app.command()
def verify(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Of `audit export`; else the store.")] = None,
    heads: Annotated[
        list[Path] | None, typer.Option("--heads", metavar="FILE", help="Heads that another host kept, too.")
    ] = None,
    config: Config = None,
    env: Env = None,
) -> None:
    """Says whether the trail is as it was written; else the first entry that was edited, removed, reordered or cut off.

    The store is held against the heads that this host kept and those that are given; a file of `audit export` against
    those that are given, and what it says itself of its end.

    Example: prodtui audit verify

    Exit codes: 0; 1 it is not as it was written, or the store can't be used; 2 configuration, or no such file.
    """
    from prodtui.audit.heads import gathered

    given = gathered(heads or ())
    if file is not None:
        where, found, known = _of_file(file, given)
    else:
        where, found, known = _of_store(_loaded(context, config, env), given, heads or ())
    sys.stdout.write(f"{where}: {found.broken}\n" if found.broken else _whole(where, found, known))
    if found.broken is not None:
        raise typer.Exit(BROKEN)


def _of_file(file: Path, given: Mapping[int, str]) -> tuple[str, Checked, int]:
    """Where the trail was, what is wrong with it, and the newest of its entries that a head from elsewhere proves.

    Heads that are newer than the file say nothing of it.
    """
    from msgspec.structs import replace

    from prodtui.audit.chain import Broken, Wrong, checked
    from prodtui.audit.exported import header_of, links_of

    says = header_of(file)
    known = {number: own for number, own in given.items() if number <= says.entries}
    ends = {says.entries: says.head} if says.entries else {}
    try:
        found = checked(links_of(file), {**ends, **known})
    except OSError as error:
        raise UsageError(f"{file} can't be read: {error.strerror}") from error
    if found.broken is None and found.entries != says.entries:
        why = f"the first line says that the trail ended with entry {says.entries}"
        found = replace(found, broken=Broken(Wrong.INSERTED, says.entries + 1, found.entries, why))
    return f"{file}, of {neutralise_name(says.store)}", found, max(known, default=0)


def _of_store(loaded: Loaded, given: Mapping[int, str], files: Sequence[Path]) -> tuple[str, Checked, int]:
    """As `_of_file`. This host's own heads are read first: what they know of is in the store by then."""
    from prodtui.audit.chain import checked
    from prodtui.audit.heads import gathered
    from prodtui.cli.audit_trail import heads_of, trail_to_read
    from prodtui.cli.store import place_of

    own = heads_of(loaded.store, loaded.heads).path
    known = gathered([*files, own]) if _has_something(own) else given
    trail = trail_to_read(loaded.store, loaded.heads)
    if trail is None:
        found = checked((), known)
        return f"store {neutralise_name(place_of(loaded.store))}", found, found.proven
    found = asyncio.run(_closing(trail, lambda trail: trail.verified(known)))
    return f"store {trail.where}", found, found.proven


def _has_something(file: Path) -> bool:
    """Also where one can't look: whoever reads it is told why."""
    try:
        return file.stat().st_size > 0
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def _whole(where: str, found: Checked, proven: int) -> str:
    if not found.entries:
        return f"{where}: the audit trail is empty\n"
    said = [f"{where}: as written, entries 1 to {found.entries}"]
    if not proven:
        said.append(
            "no head is known from outside: nothing can be said of what was cut off at the end, or whether all was "
            "written anew; give --heads FILE"
        )
    else:
        newer = found.entries - proven
        said.append(f"proven by heads kept outside up to entry {proven}{f', {newer} are newer' if newer else ''}")
    return "".join(f"{line}\n" for line in (*said, f"head {found.entries} {found.hash}"))


def _loaded(context: typer.Context, config: Config, env: Env) -> Loaded:
    """The configuration; of all environments that share its store. Raises ConfigurationError, UsageError."""
    from prodtui.cli.log import log_to_file
    from prodtui.settings.load import load

    file, name = shared(context, config, env)
    log_to_file()
    loaded = load(file)
    if name is not None:
        loaded.environment(name)
    return loaded


async def _closing(trail: Trail, ask: Callable[[Trail], Awaitable[T]]) -> T:
    try:
        return await ask(trail)
    finally:
        await trail.close()
