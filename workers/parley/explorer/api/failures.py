"""Errors as answers: always the same shape, with what to do."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from parley.errors import Conflict, NotFound, ParleyError
from parley.explorer.api.context import Context
from parley.explorer.api.models import Failure, Problem

log = structlog.get_logger(__name__)

RETRY_SECONDS = 5
"""What a client is told to wait where the index is not ready."""


def answer(status: int, message: str, hint: str | None = None) -> JSONResponse:
    """An error as it is sent."""
    failure = Failure(error=Problem(message=message, hint=hint))
    headers = {"Retry-After": str(RETRY_SECONDS)} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return JSONResponse(failure.model_dump(), status, headers)


def install(app: FastAPI, context: Context) -> None:
    """Let the application answer errors in this way."""

    async def parley_error(_: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, ParleyError):
            raise TypeError("only errors of Parley's own come here") from error
        return _of_parley(error, context)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        return answer(HTTPStatus.UNPROCESSABLE_ENTITY, _first_fault(error), "see /api/openapi.json")

    async def refused(_: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST
        return answer(status, HTTPStatus(status).phrase.lower(), "see /api/openapi.json for what there is")

    async def fault(request: Request, error: Exception) -> JSONResponse:
        log.error("a fault of Parley", path=request.url.path, error=repr(error)[:500])
        return answer(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of Parley", "its log tells more; please report it")

    app.add_exception_handler(ParleyError, parley_error)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(Exception, fault)


def _of_parley(error: ParleyError, context: Context) -> JSONResponse:
    """What is not found may be so only because the index is not finished."""
    if isinstance(error, NotFound):
        progress = context.progress()
        if not progress.building:
            return answer(HTTPStatus.NOT_FOUND, error.message, error.hint)
        done = f"{100 * (progress.share or 0):.0f} % of the chain is read"
        return answer(HTTPStatus.SERVICE_UNAVAILABLE, f"{error.message} so far: {done}", "ask again in a moment")
    if isinstance(error, Conflict):
        return answer(HTTPStatus.SERVICE_UNAVAILABLE, error.message, error.hint)
    log.warning("not answered", reason=error.message)
    return answer(HTTPStatus.SERVICE_UNAVAILABLE, error.message, error.hint)


def _first_fault(error: Exception) -> str:
    """One line about what is wrong with a request."""
    if not isinstance(error, RequestValidationError):
        return "the request is not valid"
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:]) or "the request"
    return f"{place:.80}: {first['msg']}"[:300]
