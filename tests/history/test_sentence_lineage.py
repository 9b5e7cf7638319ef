"""Where a model comes from, back to genesis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from parley.history.charter import Charter
from parley.history.model import Round, Step
from parley.history.sentences import Names, Sentence
from parley.history.sentences.lineage import explain_model
from parley.history.tell import tell
from parley.numerics.rules import Rule
from parley.storage import Cid, Codec
from parley.tasks.builtin import builtin
from parley.tasks.document import BuiltinModel, FileModel, ShardRef, TaskDocument, Validation
from tests.history.tape import CHARTER, EVALUATORS, TRAINERS, Tape, vector
from tests.roles.builders import POLICY

pytestmark = pytest.mark.unit

NAMES = Names([*TRAINERS, *EVALUATORS])
KNOWN = builtin("breast-cancer")
SHARDS = tuple(ShardRef(cid=str(Cid(Codec.RAW, bytes([n]) * 32)), size=n) for n in range(1, 4))
DOCUMENT = TaskDocument(
    name="breast-cancer",
    model=BuiltinModel(name="breast-cancer"),
    params=KNOWN.params,
    hyper=KNOWN.hyper,
    data_schema=KNOWN.schema,
    validation=Validation(sealed=True, shards=SHARDS),
    commitments={"test": "ab" * 32, "trainer-0": "cd" * 32},
)


def rounds() -> list[Round]:
    """Final, void, final; in the last one no shard was opened in time."""
    good = (vector(0, 2, 3),) * 3
    first = Tape().up_to_scores().tells(*good).settles().finishes()
    void = Tape(number=2, time=first.time).commits(TRAINERS[0]).voids(first.time + 40)
    last = Tape(number=3, time=void.time).commits().reveals()
    last.time += 20
    last.judges().tells(*(vector(2, 0, 0),) * 3).settles().finishes()
    last.add("ValidationOpened", key=b"k" * 32)
    return [tell(CHARTER, tape.events) for tape in (first, void, last)]


def lineage(
    told: Sequence[Round], document: TaskDocument | str = DOCUMENT, charter: Charter = CHARTER
) -> list[Sentence]:
    sentences = list(explain_model(charter, told, document, NAMES))
    assert all(sentence.text.endswith(".") for sentence in sentences)
    return sentences


def texts(sentences: Sequence[Sentence]) -> list[str]:
    return [sentence.text for sentence in sentences]


def test_model__two_final_rounds__back_to_genesis_round_by_round() -> None:
    told = texts(lineage(rounds()))
    assert told[0].startswith("This is the model after round 3, made by 2 final rounds: baf")
    assert told[1] == f"Its word root is 0x{'6e' * 32}."
    assert told[2] == (
        "Round 3 made its model of the model after round 1 and 1 update, by their mean without the 20 % smallest and "
        "largest of each parameter, with a momentum of 0.5."
    )
    assert told[3] == "Update 0 of 0xa0a0a0a0 went into round 3 at its full size."
    assert told[4] == "Round 2 was void (too few commits) and left the model as it was."
    assert told[5].startswith("Round 1 made its model of the genesis model and 2 updates")
    assert told[6].startswith("Update 1 of 0xa1a1a1a1 went into round 1")
    assert told[8].startswith("The genesis model is baf")


def test_model__every_included_update__is_checked_by_its_cid() -> None:
    told = rounds()
    checks = [s.check.value for s in lineage(told) if s.text.startswith("Update ")]
    assert checks == [told[2].updates[0].cid, told[0].updates[1].cid, told[0].updates[2].cid]


def test_model__scaled_update__at_which_size() -> None:
    tape = Tape().up_to_scores().tells(*(vector(0, 2, 3, scale=16384),) * 3).settles().finishes()
    assert "Update 1 of 0xa1a1a1a1 went into round 1 at 0.2500 of its size." in texts(lineage([tape.told()]))


def test_model__genesis__nothing_but_task_and_creation() -> None:
    told = texts(lineage([]))
    assert told[0] == "This is the genesis model: no round has changed it."
    assert told[1].startswith("The genesis model is baf")
    assert told[2] == "Genesis model and task were fixed when the federation was created."


def test_model__only_void_rounds__is_genesis_still() -> None:
    told = texts(lineage(rounds()[1:2]))
    assert told[:2] == [
        "This is the genesis model: no round has changed it.",
        "Round 2 was void (too few commits) and left the model as it was.",
    ]


def test_model__creation__is_checked_by_its_transaction_where_known() -> None:
    step = Step("FederationCreated", 5, 900, b"F" * 32, 0)
    known = lineage([], charter=replace(CHARTER, created=step))
    assert known[2].check.block == 5
    assert lineage([])[2].check.value == "parley federation show --federation 1"


def test_model__task__document_code_shards_and_data() -> None:
    told = lineage(rounds())
    words = texts(told)
    start = next(i for i, text in enumerate(words) if text.startswith("The task is"))
    assert words[start].startswith(
        f"The task is breast-cancer, of {KNOWN.params} parameters, as the task document says"
    )
    assert words[start + 1] == "Its code comes with Parley, under the name breast-cancer."
    assert words[start + 2] == f"The validation shard of round 1 is {SHARDS[0].cid}, of 1 byte, sealed."
    assert words[start + 3] == "It was opened; later rounds may train on it."
    assert words[start + 4] == f"The validation shard of round 2 is {SHARDS[1].cid}, of 2 bytes, sealed."
    assert words[start + 6] == "It was opened, too late to judge by; later rounds may train on it."
    assert words[start + 7 :] == [
        f"The task document commits to the data set test by {'ab' * 32}.",
        f"The task document commits to the data set trainer-0 by {'cd' * 32}.",
    ]
    assert told[start].check.value == str(Cid(Codec.RAW, CHARTER.terms.task_digest))


def test_model__code_of_ones_own_and_public_shards__as_the_document_says() -> None:
    own = DOCUMENT.model_copy(
        update={"model": FileModel(sha256="ef" * 32), "validation": Validation(sealed=False, shards=SHARDS[:1])}
    )
    told = texts(lineage(rounds()[:1], own))
    assert f"Its code is a file whose SHA-256 is {'ef' * 32}." in told
    assert f"The validation shard of round 1 is {SHARDS[0].cid}, of 1 byte." in told
    assert not any("opened" in text for text in told)


def test_model__document_is_gone__says_why_and_where_it_should_be() -> None:
    told = lineage(rounds(), "\x1b[31mit is not\nhere")
    assert told[-1].text.endswith("and its shards and data commitments are not told: ?[31mit is not here.")
    assert told[-1].check.value == str(Cid(Codec.RAW, CHARTER.terms.task_digest))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule.MEAN, "by their mean, with"),
        (Rule.WEIGHTED_MEAN, "by their mean, weighted by score, with"),
        (Rule.TRIMMED_MEAN, "by their mean without the 20 % smallest and largest of each parameter, with"),
        (Rule.MEDIAN, "by the median of each parameter, with"),
    ],
)
def test_model__each_rule__in_words(rule: Rule, words: str) -> None:
    charter = replace(CHARTER, policies={1: replace(POLICY, rule=rule)})
    assert words in texts(lineage(rounds()[:1], charter=charter))[2]
