"""The port for machines: /health, /metrics and the webhooks. On the loopback, behind the operator's proxy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from msgspec import Struct

from relanced.clock import Clock
from relanced.config import Desk
from relanced.console.hooks import Hooks
from relanced.console.metrics import Metrics
from relanced.flow.watch import Health
from relanced.store.engine import StoreError

LARGEST_BODY = 256 * 1024  # bytes: a receipt is a line or two
SLOWEST_HEAD = 30.0  # seconds of real time that a connection may wait, or drip, before the head of a request is there
SLOWEST_REQUEST = 15.0  # from the head to the answer
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"

log = structlog.get_logger("relanced.web")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site(Struct, frozen=True):
    """What the port shows, and where it is."""

    desk: Desk
    health: Health
    metrics: Metrics
    hooks: Hooks
    clock: Clock


@asynccontextmanager
async def serve_web(site: Site) -> AsyncIterator[None]:
    """Listen where the configuration says, if it does, while the context lasts. Raises StoreError when it cannot."""
    where = site.desk.listen
    if where is None:
        yield
        return
    runner = web.AppRunner(application(site), access_log=None, keepalive_timeout=SLOWEST_HEAD, shutdown_timeout=5)
    await runner.setup()
    try:
        await web.TCPSite(runner, where.host, where.port).start()
    except OSError as error:
        await runner.cleanup()
        raise StoreError(f"desk.listen: {where}: {error.strerror or error}: name another port") from error
    log.info("listening", at=str(where), public=site.desk.public_url)
    try:
        yield
    finally:
        await runner.cleanup()


def application(site: Site) -> web.Application:
    """The routes, and nothing else: no directory, no page."""

    async def health(_request: web.Request) -> web.Response:
        """200 when all is well, 503 with what is not. A stop is a person's decision: it is told, and no trouble."""
        report = await site.health.look(site.clock.now())
        told = {"ok": report.well, "troubles": report.troubles, "stopped": report.stopped, "wheels": report.wheels}
        return web.json_response(told, status=200 if report.well else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=await site.metrics.exposed(), headers={"Content-Type": _EXPOSITION})

    app = web.Application(client_max_size=LARGEST_BODY, middlewares=[_guarded])
    app.router.add_get("/health", health)
    app.router.add_get("/metrics", metrics)
    app.router.add_post("/hook/{channel}", site.hooks.receive)
    app.on_response_prepare.append(_dressed)
    return app


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Nobody may drip a request, and what goes wrong says nothing of us."""
    try:
        async with asyncio.timeout(SLOWEST_REQUEST):
            return await handler(request)
    except web.HTTPException as error:
        return web.Response(status=error.status, text=error.reason, headers=_allowed(error))
    except TimeoutError:
        return web.Response(status=408, text="too slow")
    except StoreError as error:
        log.error("request not served", path=request.path, error=str(error))
        return web.Response(status=503, text="not now", headers={"Retry-After": "60"})
    except Exception:
        log.exception("request failed", path=request.path)
        return web.Response(status=500, text="failed")


def _allowed(error: web.HTTPException) -> dict[str, str]:
    return {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}


async def _dressed(_request: web.Request, response: web.StreamResponse) -> None:
    """The same headers on every answer, and no word about what serves it."""
    response.headers.update(HEADERS)
    response.headers["Server"] = "relanced"
