"""What can be asked, under `/api`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel

from parley.explorer.api import federations, models, participants, rounds, search, status, transactions
from parley.explorer.api.context import Context
from parley.explorer.api.stream import require_place, stream

Fid = Annotated[int, Path(ge=1, lt=2**53, description="Federation id.")]
Number = Annotated[int, Path(ge=1, lt=2**53, description="Round, counted from 1.")]
Address = Annotated[str, Path(pattern=r"^0x[0-9a-fA-F]{40}$", description="Operator.")]
Hash = Annotated[str, Path(pattern=r"^0x[0-9a-fA-F]{64}$", description="Transaction hash.")]
Before = Annotated[int | None, Query(ge=1, lt=2**53, description="Only what is older than that.")]

_FAILURES: dict[int | str, dict[str, Any]] = {
    404: {"model": models.Failure, "description": "There is no such thing."},
    422: {"model": models.Failure, "description": "The request is not valid."},
    503: {"model": models.Failure, "description": "The index is still being built, or the node is away."},
}


def router(context: Context) -> APIRouter:
    """The routes, on one context."""
    api = APIRouter(prefix="/api", responses=_FAILURES)
    _add_overview(api, context)
    _add_federations(api, context)
    _add_stream(api, context)
    return api


def _add_overview(api: APIRouter, context: Context) -> None:
    @api.get("/status", response_model=models.Status, summary="How the index stands")
    def get_status() -> Response:
        return _json(status.status(context))

    @api.get("/search", response_model=list[models.Hit], summary="Find what a text may mean")
    def get_search(q: Annotated[str, Query(max_length=search.MAX_QUERY)] = "") -> Response:
        with context.snapshot() as snapshot:
            return _jsons(search.search(snapshot, q))

    @api.get("/transactions/{tx}", response_model=models.Transaction, summary="A transaction and its events")
    def get_transaction(tx: Hash) -> Response:
        with context.snapshot() as snapshot:
            return _json(transactions.transaction(snapshot, tx))


def _add_federations(api: APIRouter, context: Context) -> None:
    @api.get("/federations", response_model=list[models.Federation], summary="Federations, the newest first")
    def get_federations(
        before: Before = None, limit: Annotated[int, Query(ge=1, le=federations.MAX_LISTED)] = 100
    ) -> Response:
        with context.snapshot() as snapshot:
            return _jsons(federations.federations(snapshot, before, limit))

    @api.get("/federations/{fid}", response_model=models.FederationDetail, summary="A federation")
    def get_federation(fid: Fid) -> Response:
        with context.snapshot() as snapshot:
            return _json(federations.federation(snapshot, fid))

    @api.get("/federations/{fid}/rounds", response_model=models.RoundsPage, summary="Rounds, the newest first")
    def get_rounds(
        fid: Fid, before: Before = None, limit: Annotated[int, Query(ge=1, le=rounds.MAX_ROUNDS)] = 100
    ) -> Response:
        with context.snapshot() as snapshot:
            return _json(rounds.rounds(snapshot, fid, before, limit))

    @api.get("/federations/{fid}/series", response_model=models.Series, summary="Columns for charts")
    def get_series(fid: Fid) -> Response:
        with context.snapshot() as snapshot:
            return _raw(rounds.series(snapshot, fid))

    @api.get("/federations/{fid}/rounds/{number}", response_model=models.RoundDetail, summary="A round")
    def get_round(fid: Fid, number: Number) -> Response:
        with context.snapshot() as snapshot:
            return _raw(rounds.round_detail(snapshot, fid, number))

    @api.get(
        "/federations/{fid}/participants/{address}", response_model=models.Participant, summary="An operator in it"
    )
    def get_participant(
        fid: Fid,
        address: Address,
        before: Before = None,
        limit: Annotated[int, Query(ge=1, le=participants.MAX_DEEDS)] = 100,
    ) -> Response:
        with context.snapshot() as snapshot:
            return _json(participants.participant(snapshot, fid, address, before, limit))


def _add_stream(api: APIRouter, context: Context) -> None:
    @api.get(
        "/events",
        summary="News as server-sent events: head, round, reorg, content",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}, "description": "Until one of both ends it."}},
    )
    async def get_events(last_event_id: Annotated[str | None, Header(max_length=64)] = None) -> StreamingResponse:
        require_place(context.news)
        return StreamingResponse(
            stream(context.news, last_event_id),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )


def _json(model: BaseModel) -> Response:
    """A model on the wire; it was checked when it was made."""
    return _raw(model.model_dump_json(by_alias=True).encode())


def _jsons(found: list[Any]) -> Response:
    return _raw(b"[" + b",".join(model.model_dump_json(by_alias=True).encode() for model in found) + b"]")


def _raw(body: bytes) -> Response:
    return Response(body, media_type="application/json")
