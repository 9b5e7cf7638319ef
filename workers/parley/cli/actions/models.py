"""Fetching a model: checked against the root on chain, written with the task's tensor names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from parley.chain.model import Policy
from parley.chain.view import View
from parley.errors import NotFound
from parley.history.charter import vector_cid
from parley.numerics.fixed_point import dequantise
from parley.roles.library import Library
from parley.roles.models import Models
from parley.storage import ContentStore
from parley.storage.files import written_whole
from parley.tasks.protocol import Task, tensors


@dataclass(frozen=True)
class FetchedModel:
    """A model on disk.

    Attributes:
        path: the safetensors file.
        federation: its id.
        round: the final round that led to it, 0 for the genesis model.
        root: word root on chain, which its words hash to.
        cid: of its words.
        tensors: shape of each tensor by name.
    """

    path: str
    federation: int
    round: int
    root: bytes
    cid: str
    tensors: dict[str, list[int]]


def model_of(view: View, round_number: int | None) -> tuple[int, bytes, bytes]:
    """Which model is meant: its round, word root and CID digest.

    Args:
        view: the federation.
        round_number: a final round, 0 for the genesis model, `None` for the newest.

    Raises:
        NotFound: the round is not final.
    """
    final = {record.number: record.header for record in view.final_records() if record.header is not None}
    number = max(final, default=0) if round_number is None else round_number
    if number == 0:
        return 0, view.terms.model_root, view.terms.model_digest
    header = final.get(number)
    if header is None:
        raise NotFound(f"round {number} of federation {view.fid} has no final model", hint="see `parley round list`")
    return number, header.model_root, header.model_digest


def fetch_model(
    view: View,
    policy: Callable[[int], Policy],
    store: ContentStore,
    task: Task,
    path: Path,
    round_number: int | None = None,
) -> FetchedModel:
    """Fetch a model, or rebuild it (P-23), and write it as safetensors, float32, with the task's tensor names.

    Raises:
        NotFound: the round is not final.
        ContentError: the store neither has it nor what it was made of; nothing is written.
    """
    from safetensors.numpy import save

    number, root, digest = model_of(view, round_number)
    place = next((place for place, record in enumerate(view.final_records(), 1) if record.number == number), 0)
    q = Models(Library(store, view.terms.params, deadline=60.0), policy).at(view, place)
    named = tensors(task, dequantise(q, view.terms.frac_bits).astype("float32"))
    facts = {"federation": str(view.fid), "round": str(number), "root": "0x" + root.hex()}
    content = save(dict(named), metadata=facts)
    with written_whole(path) as write:
        write(content)
    shapes = {name: list(tensor.shape) for name, tensor in named.items()}
    return FetchedModel(str(path), view.fid, number, root, vector_cid(digest, view.terms.params), shapes)
