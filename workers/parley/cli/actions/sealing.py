"""Sealing: cutting and encrypting the validation shards, publishing them with the task document and the genesis model.

A seal lies in a folder `<home>/validation/<beginning of the anchor>`:

    sealed.json    public: CIDs of task and genesis model, roots, anchor; what `federation create` needs
    chain.key      secret, mode 0600: k_rounds, from which all keys follow (P-24). Whoever has it before the updates are
                   committed earns several honest shares; without it no shard can be opened.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from parley import strict_json
from parley.cli.actions.federations import Basis
from parley.cli.actions.plan import MAX_FILE_BYTES
from parley.cli.actions.task_files import TaskDefinition
from parley.cli.progress import Say, silent
from parley.errors import ContentError, NotFound
from parley.files import write_whole
from parley.numerics import word_tree
from parley.numerics.fixed_point import encode, quantise
from parley.storage import Cid, ContentStore, StorageError
from parley.storage.files import explained
from parley.tasks import codec
from parley.tasks.dataset import Dataset
from parley.tasks.document import MAX_BYTES, ShardRef, TaskDocument, Validation
from parley.tasks.shards import KeyChain, cut, seal_all

SEALED = "sealed.json"
SECRET = "chain.key"  # noqa: S105 - a file's name
FOLDER = "validation"

Hex32 = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{64}$")]


class SealedFile(BaseModel):
    """What is public of a seal.

    Attributes:
        name: of the task.
        task: CID of the task document.
        model: CID of the genesis model.
        model_root: its word root.
        anchor: k_0; zero where the validation set is public.
        rounds: number of shards.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    task: str
    model: str
    model_root: Hex32
    anchor: Hex32
    rounds: int = Field(ge=1)


class SecretFile(BaseModel):
    """The secret of a seal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    anchor: Hex32
    rounds: int = Field(ge=1, lt=2**24)
    secret: Hex32 = Field(repr=False)


@dataclass(frozen=True)
class Seal:
    """A finished seal.

    Attributes:
        path: of `sealed.json`.
        secret: of `chain.key`, `None` where the validation set is public.
        sealed: what the file says.
        samples: validation samples of each round.
    """

    path: str
    secret: str | None
    sealed: SealedFile
    samples: list[int]


def seal(
    definition: TaskDefinition,
    validation: Dataset,
    rounds: int,
    store: ContentStore,
    home: Path,
    *,
    public: bool = False,
    seed: int = 0,
    say: Say = silent,
) -> Seal:
    """Cut, encrypt and publish a validation set.

    Args:
        definition: what is trained.
        validation: what updates are scored on; nobody else may have it.
        rounds: as many shards are cut.
        store: where ciphertexts, document and genesis model go.
        home: the seal's folder is made below.
        public: do not encrypt; trainers may then train on what they are judged by.
        seed: deals the samples and initialises the genesis model.
        say: told of each step.

    Raises:
        DataError: too few samples for so many rounds.
        StorageError: the store or the disk is full; neither folder nor secret remains.
    """
    shards = cut(validation, rounds, seed)
    chain = KeyChain.fresh(rounds)
    contents = [codec.encode(shard) for shard in shards] if public else seal_all(shards, chain)
    anchor = bytes(32) if public else chain.anchor
    folder = home / FOLDER / (chain.anchor.hex()[:16] if not public else f"public-{chain.anchor.hex()[:16]}")
    try:
        if not public:
            say("writing the secret key of the validation chain")
            _write_secret(folder / SECRET, chain)
        sealed = _publish(definition, contents, anchor, store, sealed=not public, seed=seed, say=say)
        _write(folder / SEALED, sealed.model_dump(), 0o644)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    secret = None if public else str(folder / SECRET)
    return Seal(str(folder / SEALED), secret, sealed, [len(shard) for shard in shards])


def newest_seal(home: Path) -> Path:
    """The seal that was made last.

    Raises:
        NotFound: there is none.
    """
    found = sorted((home / FOLDER).glob(f"*/{SEALED}"), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        raise NotFound(f"nothing is sealed in {home / FOLDER}", hint="`parley federation seal TASK` comes first")
    return found[-1]


def read_basis(path: Path, store: ContentStore) -> Basis:
    """Read a seal and the task document that it names.

    Raises:
        NotFound, ContentError: the file is missing or damaged, or the store does not have the document.
        DocumentError: the document is not valid.
    """
    sealed = SealedFile(**_read(path, SealedFile))
    task = Cid.parse(sealed.task)
    document = TaskDocument.decode(store.get_document(task, MAX_BYTES))
    return Basis(
        document=document,
        task_digest=task.digest,
        model_root=bytes.fromhex(sealed.model_root[2:]),
        model_digest=Cid.parse(sealed.model).digest,
        anchor=bytes.fromhex(sealed.anchor[2:]),
        rounds=sealed.rounds,
    )


def find_chain(home: Path, anchor: bytes, file: Path | None = None) -> KeyChain:
    """The key chain of a federation, by the anchor in its terms.

    Args:
        home: below it lie the seals.
        anchor: k_0, 32 bytes.
        file: the secret file, if it lies elsewhere.

    Raises:
        NotFound: no secret leads to this anchor.
        ContentError: a secret file is damaged.
    """
    candidates = [file] if file is not None else sorted((home / FOLDER).glob(f"{anchor.hex()[:16]}*/{SECRET}"))
    for candidate in candidates:
        secret = SecretFile(**_read(candidate, SecretFile))
        chain = KeyChain(bytes.fromhex(secret.secret[2:]), secret.rounds)
        if chain.anchor == anchor:
            return chain
    raise NotFound(
        f"no secret in {file or home / FOLDER} leads to the federation's anchor 0x{anchor.hex()[:16]}...",
        hint=f"copy the folder that `parley federation seal` made, or name its {SECRET} by --key-file",
    )


def _publish(
    definition: TaskDefinition,
    contents: list[bytes],
    anchor: bytes,
    store: ContentStore,
    *,
    sealed: bool,
    seed: int,
    say: Say,
) -> SealedFile:
    """Store shards, genesis model and task document; let go of all of them if one does not fit."""
    kept: list[Cid] = []

    def put(data: bytes) -> Cid:
        kept.append(store.put(data))
        return kept[-1]

    try:
        refs = []
        for number, content in enumerate(contents, 1):
            say(f"storing validation shard {number} of {len(contents)}")
            refs.append(ShardRef(cid=str(put(content)), size=len(content)))
        say("storing the genesis model and the task document")
        genesis = encode(quantise(definition.task.init(seed), definition.fixed_point.frac_bits))
        model = put(genesis)
        task = put(definition.document(Validation(sealed=sealed, shards=tuple(refs)), seed).encode())
    except BaseException:
        for cid in kept:
            _let_go(store, cid)
        raise
    return SealedFile(
        name=definition.name,
        task=str(task),
        model=str(model),
        model_root="0x" + word_tree.root(genesis).hex(),
        anchor="0x" + anchor.hex(),
        rounds=len(contents),
    )


def _let_go(store: ContentStore, cid: Cid) -> None:
    """Unpin what is of no use any more; a store that fails now has failed already, and that is what is told."""
    try:
        store.unpin(cid)
    except StorageError:
        return


def _write_secret(path: Path, chain: KeyChain) -> None:
    values = {"anchor": "0x" + chain.anchor.hex(), "rounds": chain.rounds, "secret": "0x" + chain.secret.hex()}
    _write(path, values, 0o600)


def _write(path: Path, values: dict[str, Any], mode: int) -> None:
    with explained(path):
        write_whole(path, (json.dumps(values, indent=2) + "\n").encode(), mode=mode, replace=False)


def _read(path: Path, model: type[BaseModel]) -> dict[str, Any]:
    """The checked values of a seal's file; the message never shows them."""
    try:
        with path.open("rb") as file:
            values = strict_json.parse(file.read(MAX_FILE_BYTES + 1), MAX_FILE_BYTES)
        return model(**values).model_dump()
    except FileNotFoundError as error:
        raise NotFound(f"there is no {path}", hint="`parley federation seal TASK` makes it") from error
    except OSError as error:
        raise ContentError(
            f"cannot read {path}: {error.strerror or error}", hint="check the path and its rights"
        ) from error
    except (ValueError, TypeError, ValidationError):
        raise ContentError(f"{path} is damaged", hint="restore it from a backup") from None
