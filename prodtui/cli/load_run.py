"""One load from the command line: everything looked at before anything is sent, then run, told and kept."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import typer

from prodtui.model.audited import Act
from prodtui.model.errors import UsageError
from prodtui.model.load import LoadProgress, LoadRun, LoadVerdict

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from prodtui.load.course import Asked, LoadCourse
    from prodtui.load.engine import Order
    from prodtui.load.target import Pinned
    from prodtui.model.moment import Moment
    from prodtui.readiness.load_rule import LoadRule
    from prodtui.readiness.policy import Policy
    from prodtui.settings.loaded import Environment

Tell = Callable[[LoadProgress, "Moment | None"], None]
BY_HAND = "by hand"
OFTEN_S, SELDOM_S = 60.0, 10.0
"""On a pipe a line a second for the first minute, later one in ten."""
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LARGEST_HEADER = 64 * 1024


class Loading:
    """What is to be run, in which environment, and where it may go."""

    def __init__(
        self,
        environment: Environment,
        policy: Policy,
        rule: LoadRule,
        allowed: Collection[str] = (),
    ) -> None:
        self.environment = environment
        self.policy = policy
        self.rule = rule
        self.allowed = allowed
        self.remarks: list[str] = []
        """What could not be kept or written down, to be told once the screen is free."""
        self._asked: Asked | None = None

    async def prepare(self) -> LoadRun | None:
        """Looks at everything before anything is sent. The result at once where what should be k6 is not.

        Raises UsageError where it can't be run, or not to there, or where it can't be audited.
        """
        from prodtui.cli.audit_trail import require_written
        from prodtui.cli.store import by, new_id
        from prodtui.load.course import Asked
        from prodtui.load.engine import EngineError, engine, engine_path, planned

        rule, path = self.rule, engine_path()
        pins = await allowed_targets(rule, self.allowed)
        order = await asyncio.to_thread(ordered, rule, self.policy, pins)
        try:
            found = await engine(path)
            plan = await planned(found, order)
        except EngineError as error:
            run = unmeasured(self, str(error))
            await self._keep(run)
            return run
        self._asked = asked = Asked(
            id=new_id(time.time()),
            rule=rule,
            environment=self.environment.name,
            by=by(),
            engine=found,
            plan=plan,
            order=order,
            pinned=pins,
            port=_port(rule.target),
        )
        details = {"target": rule.target or ", ".join(rule.hosts), "load": asked.id}
        remark = await require_written(self.environment, Act.LOAD, rule.name, "begins", details)
        self.remarks += [remark] if remark else []
        return None

    async def run(self, tell: Tell, on_course: Callable[[LoadCourse], None]) -> LoadRun:
        """Runs what was prepared, and keeps the result. `on_course` gets the course, to stop it by.

        Raises LookupError where nothing was prepared.
        """
        from prodtui.cli.desk import Bell, Shown
        from prodtui.load.course import LoadCourse

        asked = self._asked
        if asked is None:
            raise LookupError("a load is prepared before it is run")
        course = LoadCourse(asked, tell)
        on_course(course)
        # Who tests a load needs no message of what it does.
        shown = Shown(self.environment, self.policy, Bell(only_ring=True))
        moments = cast("AsyncGenerator[Moment]", shown.moments())
        async with aclosing(moments):
            run = await course.run(moments)
        await self._keep(run)
        return run

    async def _keep(self, run: LoadRun) -> None:
        from prodtui.cli.gate import in_time

        details = {"target": run.target, "load": run.id, "requests": str(run.requests), "reason": run.reason}
        await self._written(run.verdict.value, details)
        note, late = await in_time(_saved(self.environment, run), "this run may not be kept")
        self.remarks += [text for text in (note, late) if text]

    async def _written(self, result: str, details: Mapping[str, str]) -> None:
        from prodtui.cli.audit_trail import written

        told = {name: text for name, text in details.items() if text}
        remark = await written(self.environment, Act.LOAD, self.rule.name, result, told)
        if remark:
            self.remarks.append(remark)


async def allowed_targets(rule: LoadRule, allowed: Collection[str]) -> Pinned:
    """The addresses that the load goes to. Raises UsageError where somebody has to say yes first."""
    from prodtui.load.target import not_allowed, pinned

    pins = await pinned(rule)
    refused = not_allowed(pins, allowed)
    if refused:
        where = "; ".join(f"{host} is {', '.join(map(str, pins.hosts[host]))}" for host in refused)
        yes = " ".join(f"--yes-load {host}" for host in refused)
        raise UsageError(f"load {rule.name} leaves this machine ({where}); say so: {yes}. Nothing was sent")
    return pins


def ordered(rule: LoadRule, policy: Policy, pins: Pinned, env: Mapping[str, str] = os.environ) -> Order:
    """The script with all that it needs. Blocks. Raises UsageError where a variable or a file is missing."""
    from prodtui.load.engine import Order
    from prodtui.load.scenario import arguments, file_variable, script, variables

    missing = [name for name in variables(rule) if name not in env]
    if missing:
        raise UsageError(f"load {rule.name} needs the variable {', '.join(missing)}; nothing was sent")
    handed = {name: env[name] for name in variables(rule)}
    handed |= {file_variable(header): _secret(rule, header, file) for header, file in rule.header_files.items()}
    if rule.script:
        path = Path(rule.script)
        if not path.is_file():
            raise UsageError(f"load {rule.name}: its script {path} is not there; nothing was sent")
        return Order(path, arguments(rule, pins), handed)
    return Order(script(rule, pins, policy=policy.path or ""), (), handed)


async def script_of(rule: LoadRule, policy: Policy, allowed: Collection[str]) -> str:
    """The load's k6 script. Raises UsageError."""
    from prodtui.load.scenario import script

    if rule.script:
        raise UsageError(f"load {rule.name} is a script of your own: {rule.script}")
    return script(rule, await allowed_targets(rule, allowed), policy=policy.path or "")


async def printed(loading: Loading) -> LoadRun:
    """Runs it with its progress on stderr. ctrl-c stops it; twice, it is given up."""
    lines = Lines(lambda text: typer.echo(text, err=True))
    with stopping() as on_course:
        return await loading.run(lines.tell, on_course)


class Lines:
    """How a load goes, as lines: each second first, later less often, and whatever is new at once."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._said_s = -SELDOM_S
        self._ticks = 0
        self._saturated = 0
        self._remark = ""
        self._began = False

    def tell(self, progress: LoadProgress, _: Moment | None) -> None:
        """Says what is new."""
        from prodtui.reports.fields import one_line
        from prodtui.reports.load_text import progress_line, saturated_lines

        if progress.began is not None and not self._began:
            self._began = True
            self._say(f"{progress.name}: {progress.plan} to {one_line(progress.target)}")
        if progress.remark != self._remark:
            self._remark = progress.remark
            self._say(f"{progress.name}: {one_line(progress.remark)}")
        if len(progress.saturated) > self._saturated and progress.began is not None:
            for line in saturated_lines(progress.saturated, progress.began, most=None)[self._saturated :]:
                self._say(line.strip())
            self._saturated = len(progress.saturated)
        if len(progress.ticks) > self._ticks:
            self._ticks = len(progress.ticks)
            elapsed_s = progress.ticks[-1].elapsed_s
            if elapsed_s < OFTEN_S or elapsed_s - self._said_s >= SELDOM_S:
                self._said_s = elapsed_s
                self._say(progress_line(progress))


@contextmanager
def stopping() -> Iterator[Callable[[LoadCourse], None]]:
    """The first ctrl-c, SIGTERM or SIGHUP stops the course that it is given; the second, or one before, cancels all."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    courses: list[LoadCourse] = []

    def signalled() -> None:
        if courses:
            courses.pop().stop(BY_HAND)
        elif task is not None:
            task.cancel()

    for number in _ENDINGS:
        loop.add_signal_handler(number, signalled)
    try:
        yield courses.append
    finally:
        for number in _ENDINGS:
            loop.remove_signal_handler(number)


def unmeasured(loading: Loading, why: str) -> LoadRun:
    """The result where the engine failed before anything was sent."""
    from prodtui.cli.store import by, new_id
    from prodtui.model.load import Threshold

    rule, now = loading.rule, time.time()
    return LoadRun(
        id=new_id(now),
        environment=loading.environment.name,
        name=rule.name,
        service=rule.service,
        at=now,
        by=by(),
        engine="",
        target=rule.target or ", ".join(rule.hosts),
        requests=0,
        duration_s=0.0,
        avg_s=None,
        p95_s=None,
        p99_s=None,
        error_ratio=None,
        rate_per_s=None,
        thresholds=tuple(Threshold(threshold.expr, None) for threshold in rule.thresholds),
        verdict=LoadVerdict.NOT_MEASURED,
        reason=why,
    )


async def last_runs(environment: Environment, policy: Policy) -> dict[str, LoadRun]:
    """The newest run of each declared load, whatever became of it; none where the store can't be used."""
    from prodtui.cli.store import opened
    from prodtui.journal.database import StoreError
    from prodtui.journal.load_store import LoadStore

    found: dict[str, LoadRun] = {}
    try:
        store = LoadStore(opened(environment.store).database)
        try:
            for name in policy.loads:
                found |= {run.name: run for run in await store.runs(environment.name, name, limit=1)}
        finally:
            await store.close()
    except StoreError as error:
        typer.echo(f"prodtui: {error}", err=True)
    return found


async def _saved(environment: Environment, run: LoadRun) -> str:
    """Keeps a run; a note where that failed."""
    from prodtui.cli.store import opened
    from prodtui.journal.database import StoreError
    from prodtui.journal.load_store import LoadStore

    try:
        store = LoadStore(opened(environment.store).database)
        try:
            await store.save(run)
        finally:
            await store.close()
    except StoreError as error:
        return f"{error}; this run is not kept, and no check can read it"
    return ""


def _secret(rule: LoadRule, header: str, file: str) -> str:
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(LARGEST_HEADER + 1)
        value = content.decode().removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"load {rule.name}: header {header}: {file}: {why}; nothing was sent") from error
    if len(content) > LARGEST_HEADER or not value.isprintable() or not value:
        raise UsageError(f"load {rule.name}: header {header}: {file} does not hold one line; nothing was sent")
    return value


def _port(target: str) -> int | None:
    parts = urlsplit(target)
    return parts.port or {"http": 80, "https": 443}.get(parts.scheme)
