"""`parley explain` on a federation in which much happened: every sentence ends in something that can be checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from web3.exceptions import TransactionNotFound

from parley.chain.reader import Reader
from parley.chain.shown import shown_by
from parley.cli.actions.chronicle import Chronicle, chronicle
from parley.cli.actions.explain import about_model, about_reward, about_round, about_settlement, about_update
from parley.cli.demo.attacks.settlements import wrong_word
from parley.cli.progress import silent
from parley.errors import ExitCode
from parley.history.sentences.model import Check, Kind, Sentence
from parley.storage import Blockstore, Cid
from parley.tasks.shards import cut
from tests.cli.world import World, make_world
from tests.support.anvil import AnvilNode
from tests.support.federation import ROUNDS, Town
from tests.support.saga import BEYOND, MISSING, SILENT, play

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def town(module_anvil: AnvilNode, tmp_path_factory: pytest.TempPathFactory) -> Town:
    return play(module_anvil, tmp_path_factory.mktemp("saga"), wrong_word)


@pytest.fixture(scope="module")
def world(module_anvil: AnvilNode, town: Town) -> World:
    """All keys in one keystore; nobody's is chosen."""
    world = make_world(module_anvil, town.folder, store="store")
    for name, key in zip(town.senders, module_anvil.private_keys[1:], strict=False):
        (town.folder / "key").write_text(key)
        world.json("account", "import", name, "--file", town.folder / "key", "--light")
    return world


@pytest.fixture(scope="module")
def told(town: Town, world: World) -> Chronicle:
    from parley.chain.keystore import Keystore

    reader = town.workers["sponsor"].worker.reader
    return chronicle(town.contracts, reader, Keystore(town.folder / "home" / "keystores"))


def address(town: Town, name: str) -> str:
    return str(town.senders[name].address)


def everything(town: Town, told: Chronicle, store: Blockstore) -> Iterator[Sentence]:
    """Every sentence about every round, operator, update, settlement and model."""
    for number, round_ in told.rounds.items():
        yield from about_round(told, number)
        yield from about_settlement(told, town.contracts, number)
        for operator in told.operators:
            yield from about_reward(told, number, operator)
        for update in round_.updates:
            samples = 2 if number == 1 else 0
            yield from about_update(
                told,
                town.contracts,
                store,
                number,
                update.operator,
                samples=samples,
                task_file=None,
                say=silent,
            )
    for model in (None, 0, 1, 3):
        yield from about_model(told, store, model)


def holds(check: Check, town: Town, store: Blockstore, world: World) -> bool:
    """Whether one can really check by it."""
    if check.kind is Kind.TRANSACTION:
        try:
            receipt = town.w3.eth.get_transaction_receipt(check.value)  # type: ignore[arg-type]
        except TransactionNotFound:
            return False
        return receipt["blockNumber"] == check.block
    if check.kind is Kind.CID:
        return store.has(Cid.parse(check.value))
    program, *arguments = check.value.split()
    return program == "parley" and world.run(*arguments).exit_code == 0


def test_explain__every_sentence__has_a_check_that_holds(
    town: Town, told: Chronicle, world: World, workplace: Path
) -> None:
    """A transaction of that block, a CID that the store has, a command that runs."""
    with Blockstore(town.folder / "store") as store:
        sentences = list(everything(town, told, store))
        assert {sentence.check.kind for sentence in sentences} == set(Kind)
        assert all(sentence.text.endswith(".") and sentence.text.isprintable() for sentence in sentences)
        said = {sentence.check: sentence.text for sentence in sentences}
        failing = {check: text for check, text in said.items() if not holds(check, town, store, world)}
    assert failing == {}


def test_explain_update__harmful__votes_median_samples_and_classes(town: Town, world: World) -> None:
    """Which evaluators scored what, where the median fell, and on which samples it harmed."""
    facts = world.json("explain", "update", 1, MISSING, "--samples", 5)
    text = [fact["sentence"] for fact in facts]
    votes = [line for line in text if line.startswith("Evaluator ")]
    assert len(votes) == 4
    assert all(line.endswith("gave it 0: harmful.") for line in votes)
    assert "Of the 4 votes 0, 0, 0 and 0 the median is 0; the settled score is 0." in text
    assert "It was left out: 4 of 4 votes gave it 0, so that the upper median is 0." in text
    assert sum(line.endswith("it scores 0, as was revealed.") for line in text) == 4
    shard = cut(town.splits.validation, ROUNDS, 0)[0]
    named = [match for line in text for match in re.findall(r"(\d+) \(class (\d+)\)", line)]
    assert len(named) == 4 * 5
    assert all(shard.y[int(number)] == int(label) for number, label in named)
    cids = {fact["check"]["value"] for fact in facts if "(class" in fact["sentence"]}
    assert cids == {town.document.validation.shards[0].cid}


def test_explain_update__paid__rejudged_scores_are_those_revealed(town: Town, world: World, told: Chronicle) -> None:
    """Section 6: the halves follow from the revealed salts; on one machine floats are the same."""
    paid = next(update for update in told.round(1).updates if update.earned)
    text = [fact["sentence"] for fact in world.json("explain", "update", 1, paid.operator)]
    for vote in paid.votes:
        assert any(line.endswith(f"it scores {vote.score}, as was revealed.") for line in text)
    assert text[-1].startswith("Losses rose most on") or text[-1].startswith("Alone it")


def test_explain_update__later_round__look_norm_and_past_are_those_of_then(world: World, told: Chronicle) -> None:
    """A round that followed a void one and a lie is judged again from what was final then."""
    for update in told.round(3).updates:
        text = [fact["sentence"] for fact in world.json("explain", "update", 3, update.operator, "--samples", 1)]
        assert sum(line.endswith("as was revealed.") and "Judged again" in line for line in text) == 3


def test_explain_update__beyond_the_clip__slashed_and_by_which_parameter(town: Town, world: World) -> None:
    text = [fact["sentence"] for fact in world.json("explain", "update", 4, BEYOND)]
    middle = town.document.params // 2
    assert f"Parameter {middle} of the update is 8.00000006, beyond the clip of 8." in text
    assert any("was slashed" in line for line in text)
    assert sum(line.endswith("could not use it, so there is nothing to judge again.") for line in text) == 4


def test_explain_update__content_is_gone__says_so_and_tells_the_rest(world: World, workplace: Path) -> None:
    result = world.run("explain", "update", 1, MISSING, "--store", workplace / "empty")
    assert result.exit_code == 0, result.output
    assert "On which samples it did harm is not told:" in result.stdout
    assert "gave it 0: harmful." in result.stdout


def test_explain_update__no_samples_wanted__judges_nothing_and_needs_no_store(world: World, workplace: Path) -> None:
    result = world.run("explain", "update", 1, MISSING, "--samples", 0, "--store", workplace / "empty")
    assert result.exit_code == 0
    assert "Judged again" not in result.stdout
    assert "not told" not in result.stdout


def test_explain_reward__sum__is_what_the_books_say(town: Town, world: World, told: Chronicle) -> None:
    """P-12: over all rounds, for everybody."""
    from parley.amounts import tokens

    view, books = town.view(), town.workers["sponsor"].worker.books
    before: dict[str, int] = {}
    for record in view.final_records():
        now = {a.operator: a.cumulative for a in books.ledger(view, before=record.number + 1).values()}
        for operator, total in now.items():
            (first, *_) = about_reward(told, record.number, operator)
            paid = tokens(total - before.get(operator, 0))
            assert f"earned {told.names(operator)} {paid} token" in first.text
        before = now


def test_explain_reward__silent_evaluator_and_liar__why_nothing(town: Town, world: World, told: Chronicle) -> None:
    text = [fact["sentence"] for fact in world.json("explain", "reward", 3, SILENT)]
    assert "As an evaluator it committed to scores and did not reveal them: no reveal, no pay." in text
    liar = told.round(3).settlements[0].aggregator
    text = [fact["sentence"] for fact in world.json("explain", "reward", 3, liar)]
    assert any("that fell: its bond of 500 tokens is lost, 250 tokens of it burned." in line for line in text)


def test_explain_settlement__lie__parameter_posted_and_honest(town: Town, world: World, told: Chronicle) -> None:
    """What `disproveArithmetic` showed, decoded from the conviction's transaction."""
    text = [fact["sentence"] for fact in world.json("explain", "settlement", 3)]
    assert "It fell by `disproveArithmetic`." in text
    (line,) = [line for line in text if line.startswith("It gives parameter")]
    match = re.search(r"parameter (\d+) .* \((-?\d+) and (-?\d+) in steps of 2\^-24\)\.$", line)
    assert match is not None
    parameter, posted, honest = map(int, match.groups())
    assert parameter == town.document.params // 2
    assert posted == honest ^ 1
    library = town.workers["sponsor"].worker.library
    standing = told.round(3).settlement
    assert standing is not None
    model = library.get(standing.model_root, standing.model_digest)
    assert honest == int(model[parameter])
    assert any("was paid half of the bond of 500 tokens, 250 tokens" in line for line in text)


def test_explain_settlement__void_round__nobody_settled(world: World) -> None:
    (fact,) = world.json("explain", "settlement", 2)
    assert fact["sentence"] == "No settlement stands, and the round was void: too few reveals."


def test_shown_by__unknown_or_other_transaction__nothing(town: Town, told: Chronicle) -> None:
    """A node that has lost it, and a call of another contract, tell nothing; nobody guesses."""
    disputes, settled = town.contracts.disputes, told.round(3).settlements[0].step
    assert shown_by(disputes, bytes(32)) is None
    assert shown_by(disputes, settled.transaction) is None


def test_seen_by__each_operator__is_what_its_own_reader_reads(town: Town) -> None:
    reader = town.workers["sponsor"].worker.reader
    view = reader.view()
    for sender in town.senders.values():
        own = Reader(town.w3, town.contracts, town.fid, sender.address).view()
        assert reader.seen_by(view, sender.address) == own


def test_explain_model__newest__whole_lineage(town: Town, world: World, told: Chronicle) -> None:
    """Rounds, included updates, task, shards, genesis."""
    facts = world.json("explain", "model")
    cids = {fact["check"]["value"] for fact in facts if fact["check"]["kind"] == "cid"}
    included = {update.cid for round_ in told.rounds.values() for update in round_.included}
    assert included <= cids
    assert {shard.cid for shard in town.document.validation.shards} <= cids
    assert told.charter.cid(told.charter.terms.model_digest) in cids
    text = [fact["sentence"] for fact in facts]
    assert text[0].startswith("This is the model after round 4, made by 3 final rounds")
    assert any(line.startswith("Round 2 was void (too few reveals)") for line in text)
    created = next(fact for fact in facts if fact["sentence"].startswith("Genesis model and task were fixed"))
    receipt = town.w3.eth.get_transaction_receipt(created["check"]["value"])
    assert len(town.contracts.federations.events.FederationCreated().process_receipt(receipt)) == 1


def test_explain_model__genesis_and_void_round(world: World) -> None:
    assert world.json("explain", "model", 0)[0]["sentence"].startswith("This is the genesis model")
    result = world.run("explain", "model", 2)
    assert result.exit_code == ExitCode.NOT_FOUND
    assert "round 2 led to no model: it is not final" in result.stderr


def test_explain_round__saga__tells_who_was_missing(town: Town, world: World) -> None:
    text = [fact["sentence"] for fact in world.json("explain", "round", 3)]
    assert any(line.startswith("3 trainers committed to an update") for line in text)
    assert any(f"not by {SILENT} (0x" in line for line in text)
    assert "That settlement fell." in text


def test_operator__name_address_and_beginning__mean_the_same(town: Town, world: World) -> None:
    full = address(town, "trainer-0")
    same = [
        world.json("explain", "reward", 1, who) for who in ("trainer-0", full, full.lower(), full[:8], full[:6].lower())
    ]
    assert all(one == same[0] for one in same)


@pytest.mark.parametrize(
    ("who", "code", "message"),
    [
        ("nobody", ExitCode.NOT_FOUND, "nobody in federation 1 is 'nobody'"),
        ("0xdeadbeef", ExitCode.NOT_FOUND, "nobody in federation 1 is '0xdeadbeef'"),
        ("0x", ExitCode.CONFIG, "begins"),
        ("0x" + "zz" * 20, ExitCode.CONFIG, "is no address"),
        ("\x1b[2J", ExitCode.NOT_FOUND, r"'\x1b[2J'"),
    ],
)
def test_operator__unknown_ambiguous_or_none__is_refused(world: World, who: str, code: int, message: str) -> None:
    result = world.run("explain", "reward", 1, who)
    assert result.exit_code == code
    assert message in result.stderr
    assert "\x1b" not in result.stderr


def test_explain__what_is_not_there__not_found(town: Town, world: World) -> None:
    for line in (("round", 99), ("reward", 99, "trainer-0"), ("update", 99, "trainer-0"), ("settlement", 99)):
        result = world.run("explain", *line)
        assert result.exit_code == ExitCode.NOT_FOUND
        assert "round 99 of federation 1 was not opened" in result.stderr
    result = world.run("explain", "update", 3, MISSING)
    assert result.exit_code == ExitCode.NOT_FOUND
    assert "committed to no update in round 3" in result.stderr


def test_explain__stranger__took_no_part(town: Town, world: World) -> None:
    stranger = "0x" + "12" * 20
    text = [fact["sentence"] for fact in world.json("explain", "reward", 1, stranger)]
    assert text[0] == f"Round 1 is final and earned {stranger[:10]} 0 tokens in all."
    assert text[1] == "It neither committed to an update or scores of round 1 nor settled it."


@pytest.mark.parametrize("width", [80, 120])
def test_explain__for_people__each_sentence_with_its_check(
    world: World, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    result = world.run("explain", "round", 1)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    checks = [line for line in lines if line.startswith("  check: ")]
    assert len(checks) == len(world.json("explain", "round", 1))
    assert all(len(line) <= width for line in lines if line not in checks)
