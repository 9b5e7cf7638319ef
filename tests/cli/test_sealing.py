"""Sealing: shards, model and document are published, the secret is kept, a failure leaves nothing (P-24)."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import numpy as np
import pytest

from parley.cli.actions.sealing import SECRET, find_chain, newest_seal, read_basis, seal
from parley.cli.actions.task_files import TaskDefinition, builtin_definition, validation_data
from parley.errors import ContentError, ExitCode, NotFound, ParleyError
from parley.numerics import word_tree
from parley.storage import Blockstore, Cid, StoreFull
from parley.tasks.dataset import Dataset
from parley.tasks.errors import DataError, ShardError
from parley.tasks.shards import read, unseal
from tests.cli.conftest import Run

pytestmark = pytest.mark.unit

ROUNDS = 4


@pytest.fixture(scope="module")
def definition() -> TaskDefinition:
    return builtin_definition("breast-cancer")


@pytest.fixture(scope="module")
def validation(definition: TaskDefinition) -> Dataset:
    return validation_data(definition, None, seed=0)


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]


def test_seal__validation_set__basis_leads_to_everything(
    tmp_path: Path, definition: TaskDefinition, validation: Dataset
) -> None:
    """P-24: every shard opens with its own key, none with another; document, anchor and genesis model fit together."""
    store = Blockstore(tmp_path / "store")
    said: list[str] = []
    sealed = seal(definition, validation, ROUNDS, store, tmp_path / "home", seed=3, say=said.append)
    assert sum(sealed.samples) == len(validation)
    assert len(said) >= ROUNDS
    basis = read_basis(newest_seal(tmp_path / "home"), store)
    chain = find_chain(tmp_path / "home", basis.anchor)
    assert (basis.rounds, chain.rounds, chain.anchor) == (ROUNDS, ROUNDS, basis.anchor)
    size = 32 * -(-definition.task.params // 8)
    assert word_tree.root(store.get(Cid.from_digest(basis.model_digest, size), size)) == basis.model_root
    opened = []
    for round_ in range(1, ROUNDS + 1):
        ref = basis.document.shard(round_)
        assert ref is not None
        content = store.get(Cid.parse(ref.cid), ref.size)
        opened.append(unseal(content, round_, chain.key(round_), validation.schema))
        with pytest.raises(ShardError):
            unseal(content, round_, chain.key(round_ % ROUNDS + 1), validation.schema)
    together = np.sort(np.concatenate([shard.X[:, 0] for shard in opened]))
    assert np.array_equal(together, np.sort(validation.X[:, 0]))


def test_seal__secret__mode_600_and_nowhere_else(
    tmp_path: Path, definition: TaskDefinition, validation: Dataset
) -> None:
    """P-24, P-21: whoever has the secret early earns several shares."""
    sealed = seal(definition, validation, ROUNDS, Blockstore(tmp_path / "store"), tmp_path / "home")
    assert sealed.secret is not None
    path = Path(sealed.secret)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secret = json.loads(path.read_text())["secret"][2:]
    holders = [
        p for p in files_below(tmp_path) if secret in p.read_text("latin-1") or bytes.fromhex(secret) in p.read_bytes()
    ]
    assert holders == [path]
    assert secret not in repr(sealed)


def test_seal__twice__two_chains(tmp_path: Path, definition: TaskDefinition, validation: Dataset) -> None:
    """P-24: a secret is for one federation."""
    store = Blockstore(tmp_path / "store")
    anchors = {seal(definition, validation, ROUNDS, store, tmp_path).sealed.anchor for _ in range(2)}
    assert len(anchors) == 2


def test_seal__public__no_secret_and_readable_shards(
    tmp_path: Path, definition: TaskDefinition, validation: Dataset
) -> None:
    """P-24: anchor 0 is a public validation set."""
    store = Blockstore(tmp_path / "store")
    sealed = seal(definition, validation, ROUNDS, store, tmp_path / "home", public=True)
    basis = read_basis(Path(sealed.path), store)
    assert sealed.secret is None
    assert basis.anchor == bytes(32)
    ref = basis.document.shard(1)
    assert ref is not None
    assert len(read(store.get(Cid.parse(ref.cid), ref.size), 1, validation.schema)) == sealed.samples[0]
    assert not list((tmp_path / "home").rglob(SECRET))


@pytest.mark.parametrize("fails_at", [1, ROUNDS, ROUNDS + 1, ROUNDS + 2])
def test_seal__store_full_on_the_way__neither_secret_nor_object_remains(
    tmp_path: Path, definition: TaskDefinition, validation: Dataset, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    store = Blockstore(tmp_path / "store")
    real, calls = store.put, 0

    def put(data: bytes) -> Cid:
        nonlocal calls
        calls += 1
        if calls == fails_at:
            raise StoreFull("no space left")
        return real(data)

    monkeypatch.setattr(store, "put", put)
    with pytest.raises(StoreFull):
        seal(definition, validation, ROUNDS, store, tmp_path / "home")
    assert files_below(tmp_path) == []


def test_seal__too_few_samples__nothing_written(
    tmp_path: Path, definition: TaskDefinition, validation: Dataset
) -> None:
    with pytest.raises(DataError, match="too few for 100 rounds"):
        seal(definition, validation, 100, Blockstore(tmp_path / "store"), tmp_path / "home")
    assert files_below(tmp_path) == []


def test_find_chain__secret_of_another_seal__not_found(
    tmp_path: Path, definition: TaskDefinition, validation: Dataset
) -> None:
    sealed = seal(definition, validation, ROUNDS, Blockstore(tmp_path / "store"), tmp_path)
    assert sealed.secret is not None
    with pytest.raises(NotFound, match="leads to the federation's anchor"):
        find_chain(tmp_path, bytes(31) + b"\1")
    with pytest.raises(NotFound, match="leads to the federation's anchor"):
        find_chain(tmp_path, bytes(31) + b"\1", Path(sealed.secret))


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"anchor": "0x", "rounds": 1, "secret": "0x00"}', "\xff"])
def test_find_chain__damaged_secret__error_that_does_not_show_it(tmp_path: Path, content: str) -> None:
    """P-21."""
    path = tmp_path / SECRET
    path.write_text(content)
    with pytest.raises(ContentError, match="is damaged") as caught:
        find_chain(tmp_path, bytes(32), path)
    assert "0x00" not in caught.value.message
    assert caught.value.__cause__ is None


def test_read_basis__document_not_in_this_store__says_which(
    tmp_path: Path, definition: TaskDefinition, validation: Dataset
) -> None:
    sealed = seal(definition, validation, ROUNDS, Blockstore(tmp_path / "store"), tmp_path)
    with pytest.raises(ParleyError, match=sealed.sealed.task):
        read_basis(Path(sealed.path), Blockstore(tmp_path / "elsewhere"))


def test_newest_seal__none__says_what_comes_first(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        newest_seal(tmp_path)
    assert caught.value.hint == "`parley federation seal TASK` comes first"


def test_seal_command__json__paths_and_public_facts_only(run: Run, workplace: Path) -> None:
    result = run("federation", "seal", "breast-cancer", "--rounds", 3, "--json")
    assert result.exit_code == 0, result.stderr
    facts = json.loads(result.stdout)
    assert facts["sealed"]["rounds"] == 3
    assert (workplace / facts["secret"]).is_file()
    assert "storing validation shard 3 of 3" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nix",), ExitCode.TASK, "there is no built-in task 'nix'"),
        (("nix.toml",), ExitCode.TASK, "cannot read nix.toml"),
        (("breast-cancer", "--data", "none.npz"), ExitCode.TASK, "cannot read none.npz"),
        (("breast-cancer", "--rounds", "1000"), ExitCode.TASK, "too few for 1000 rounds"),
        (("breast-cancer", "--rounds", "0"), ExitCode.USAGE, "--rounds"),
    ],
)
def test_seal_command__wrong_input__one_line_and_no_secret(
    run: Run, workplace: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    result = run("federation", "seal", *arguments)
    assert result.exit_code == code
    assert said in result.stderr
    assert not list(workplace.rglob(SECRET))
