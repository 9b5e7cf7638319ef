"""The application: the API, and the files of the page with its deep links."""

from __future__ import annotations

import mimetypes
from collections.abc import Collection
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp

from parley import __version__
from parley.explorer.api import failures
from parley.explorer.api.context import Context
from parley.explorer.api.guard import Guard
from parley.explorer.api.routes import router

PAGE = Path(__file__).resolve().parent.parent / "page"
INDEX = "index.html"

DEEP_LINKS = (
    "/",
    "/federations/{fid}",
    "/federations/{fid}/rounds/{number}",
    "/federations/{fid}/participants/{address}",
    "/transactions/{tx}",
)
"""Paths of the page, each answered with its one document."""

_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
"""Whatever the machine's own table says: a browser refuses scripts and styles of another type."""


_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""Nothing is told to any other host, whatever the environment says."""


def make_app(context: Context, *, host: str = "127.0.0.1", names: Collection[str] = (), page: Path = PAGE) -> ASGIApp:
    """The whole application.

    Args:
        context: what it answers from.
        host: address that is listened at.
        names: further names that lead here.
        page: folder of the page's files.
    """
    app = FastAPI(
        title="Parley",
        version=__version__,
        summary="What happened in federations, read from the chain",
        openapi_url="/api/openapi.json",
        docs_url=None,  # they load scripts of another host
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
    )
    failures.install(app, context)
    app.include_router(router(context))
    _add_page(app, page)
    return Guard(app, host, names)


def _add_page(app: FastAPI, page: Path) -> None:
    files = {f"/{path.relative_to(page).as_posix()}": path for path in page.rglob("*") if path.is_file()}

    def document() -> Response:
        return FileResponse(page / INDEX, media_type="text/html", headers={"Cache-Control": "no-cache"})

    for link in DEEP_LINKS:
        app.add_api_route(link, document, methods=["GET", "HEAD"], include_in_schema=False)

    @app.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def file(path: str) -> Response:
        found = files.get(f"/{path}")
        if found is None:
            return failures.answer(HTTPStatus.NOT_FOUND, "there is no such page", "begin at /")
        kind = _TYPES.get(found.suffix) or mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        return FileResponse(found, media_type=kind, headers={"Cache-Control": "no-cache"})
