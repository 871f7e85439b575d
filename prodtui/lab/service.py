"""One service of the lab: `python -m prodtui.lab.service SETTINGS`."""

from __future__ import annotations

import asyncio
import logging
import signal
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import asyncpg
from aiohttp import web
from aiohttp.typedefs import Middleware
from prometheus_client import REGISTRY, Histogram, disable_created_metrics, generate_latest

from prodtui.lab import builds, environment, service_settings, work
from prodtui.lab.database import Database, Unavailable
from prodtui.lab.environment import Environment
from prodtui.lab.refunds import refunds
from prodtui.lab.registration import keep, registration
from prodtui.lab.service_settings import ServiceSettings

_log = logging.getLogger(__name__)
# Asked by machines about the service, not work it does: they'd blur its latency.
_UNCOUNTED = frozenset({"/live", "/ready", "/metrics"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def application(
    settings: ServiceSettings, shared: Environment, http: aiohttp.ClientSession, database: Database | None
) -> web.Application:
    """The service's routes: its work, and what the platform asks of every service."""
    app = web.Application(middlewares=[_counted()])
    if database is not None:
        build = builds.BUILDS.get(settings.build)
        app.add_routes(build.routes(database) if build else work.KEEPING[settings.service](database))
        if "REFUNDS_TOKEN_FILE" in shared.values:
            app.add_routes(refunds(database, shared.secret("REFUNDS_TOKEN_FILE")))
    else:
        app.add_routes(work.CALLING[settings.service](work.Callees(settings.callees, shared, http)))

    async def live(_: web.Request) -> web.StreamResponse:
        return web.json_response({"status": "pass"}, content_type="application/health+json")

    async def ready(_: web.Request) -> web.StreamResponse:
        return await _readiness(settings, database)

    async def metrics(_: web.Request) -> web.StreamResponse:
        return web.Response(body=generate_latest(REGISTRY), content_type="text/plain", charset="utf-8")

    app.add_routes([web.get("/live", live), web.get("/ready", ready), web.get("/metrics", metrics)])
    return app


async def _readiness(settings: ServiceSettings, database: Database | None) -> web.Response:
    """Whether this instance can do its part; what it calls is for others to judge."""
    body: dict[str, object] = {
        "status": "pass",
        "serviceId": settings.instance,
        "releaseId": settings.version,
        "description": f"readiness of {settings.service}",
    }
    status = 200
    if database is not None:
        check = {"componentId": database.name, "componentType": "datastore", "status": "pass"}
        try:
            await database.ping(work.TABLES[settings.service])
        except (Unavailable, asyncpg.PostgresError) as failure:
            status = 503
            check |= {"status": "fail", "output": str(failure)}
            body |= {"status": "fail", "output": str(failure)}
        body["checks"] = {f"{database.name}:connectivity": [check]}
    return web.json_response(body, status=status, content_type="application/health+json")


def _counted() -> Middleware:
    """A middleware that answers failures as such and observes every request's duration."""
    durations = Histogram(
        "http_request_duration_seconds", "Duration of requests", ["method", "route", "code"], buckets=_BUCKETS
    )

    @web.middleware
    async def count(request: web.Request, handler: work.Respond) -> web.StreamResponse:
        if request.path in _UNCOUNTED:
            return await handler(request)
        began = time.perf_counter()
        status = 500
        try:
            response = await _answered(request, handler)
            status = response.status
        finally:
            resource = request.match_info.route.resource
            route = resource.canonical if resource is not None else "unmatched"
            durations.labels(request.method, route, str(status)).observe(time.perf_counter() - began)
        return response

    return count


async def _answered(request: web.Request, respond: work.Respond) -> web.StreamResponse:
    try:
        return await respond(request)
    except Unavailable as failure:
        return web.json_response({"error": str(failure)}, status=503)
    except asyncpg.PostgresError as refusal:
        return web.json_response({"error": f"{type(refusal).__name__}: {refusal}"}, status=500)
    except web.HTTPException as answer:
        return web.json_response({"error": answer.reason}, status=answer.status)


async def _work_in_background(
    task: Callable[[Database, float], Awaitable[None]], database: Database, patience_s: float
) -> None:
    while True:
        try:
            await task(database, patience_s)
        except (Unavailable, asyncpg.PostgresError) as failure:
            _log.warning("background: %s", failure)
        await asyncio.sleep(work.BACKGROUND_EVERY_S)


def _secured(certificate: Path) -> ssl.SSLContext:
    """TLS with this key and certificate; SIGHUP loads them again, for connections made from then on."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def reload() -> None:
        try:
            context.load_cert_chain(certificate)
        except OSError as error:
            _log.error("%s is not taken up, the certificate stays as it was: %s", certificate, error)

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)
    return context


async def run(settings: ServiceSettings, shared: Environment) -> None:
    """Serve until SIGTERM or SIGINT; in the registry from the first request that can be answered to the last."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    database = Database(shared, settings.instance) if "DATABASE_URL" in shared.values else None
    secured = _secured(Path(settings.certificate_file)) if settings.certificate_file else None
    patience = aiohttp.ClientTimeout(total=1.0)
    async with (
        aiohttp.ClientSession() as http,
        aiohttp.ClientSession(timeout=patience) as registry_http,
        asyncio.TaskGroup() as tasks,
    ):
        runner = web.AppRunner(application(settings, shared, http, database), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, settings.host, settings.port, ssl_context=secured).start()
        entry = registration(settings, settings.config_hash(shared), registry_http)
        running = [tasks.create_task(keep(entry))]
        background = work.BACKGROUND.get(settings.service)
        if background is not None and database is not None:
            patience_s = shared.seconds("BATCH_TIMEOUT")
            running += [
                tasks.create_task(_work_in_background(background, database, patience_s))
                for _ in range(work.BACKGROUND_WORKERS)
            ]
        await stop.wait()
        for task in running:
            task.cancel()
        try:
            await entry.remove()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.warning("not deregistered: %s", error or type(error).__name__)
        await runner.cleanup()
        if database is not None:
            await database.close()


def main() -> None:
    """Run the service that the settings file describes."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    disable_created_metrics()  # type: ignore[no-untyped-call]
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m prodtui.lab.service SETTINGS")
    try:
        settings = service_settings.read(Path(sys.argv[1]))
        shared = environment.read(Path(settings.environment_file))
    except (OSError, ValueError) as error:
        raise SystemExit(f"{sys.argv[1]}: {error}") from error
    asyncio.run(run(settings, shared))


if __name__ == "__main__":
    main()
