"""Where a model comes from: rounds, included updates, task, data commitments, genesis (P-6, P-24)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parley.chain.model import Policy
from parley.history.charter import Charter
from parley.history.model import Posted, Round, State, Update
from parley.history.sentences.model import Check, Kind, Sentence, named, run, sent
from parley.history.sentences.updates import has_shard
from parley.history.sentences.words import Names, count, hexed, share
from parley.numerics.rules import UNIT_BETA, UNIT_SCALE, Rule
from parley.storage import Cid, Codec
from parley.tasks.document import BuiltinModel, TaskDocument


def explain_model(
    charter: Charter, rounds: Sequence[Round], document: TaskDocument | str, names: Names
) -> Iterator[Sentence]:
    """The lineage of a model, from itself back to genesis.

    Args:
        charter: of the federation.
        rounds: those up to and including the one that led to it, the first one first; none for the genesis model.
        document: the task document, or why it is not to be had.
        names: of operators.
    """
    final = [one for one in rounds if one.state is State.FINAL]
    yield from _itself(charter, final)
    for round_ in reversed(rounds):
        yield from _round(charter, round_, _before(final, round_), names)
    yield from _genesis(charter)
    yield from _task(charter, document)
    if isinstance(document, TaskDocument):
        yield from _shards(document, rounds)
        yield from _commitments(charter, document)


def _itself(charter: Charter, final: Sequence[Round]) -> Iterator[Sentence]:
    posted = final[-1].settlement if final else None
    if posted is None:
        yield Sentence("This is the genesis model: no round has changed it.", run(charter.fid, "round", "list"))
        return
    number = final[-1].number
    text = f"This is the model after round {number}, made by {count(len(final), 'final round')}: {posted.model_cid}."
    yield Sentence(text, named(posted.model_cid))
    text = f"Its word root is {hexed(posted.model_root)}."
    yield Sentence(text, run(charter.fid, "model", "fetch", "--round", number))


def _before(final: Sequence[Round], round_: Round) -> str:
    """The model that a round started from."""
    earlier = [one.number for one in final if one.number < round_.number]
    return f"the model after round {earlier[-1]}" if earlier else "the genesis model"


def _round(charter: Charter, round_: Round, before: str, names: Names) -> Iterator[Sentence]:
    """What a round made of what was there."""
    posted = round_.settlement
    if round_.state is not State.FINAL or posted is None or round_.ended is None:
        if round_.ended is not None:
            text = f"Round {round_.number} was void ({round_.void}) and left the model as it was."
            yield Sentence(text, sent(round_.ended))
        return
    included = count(len(round_.included), "update")
    text = (
        f"Round {round_.number} made its model of {before} and {included}, {_rule(charter.policies[round_.version])}."
    )
    yield Sentence(text, sent(round_.ended))
    yield from (_update(round_, posted, update, names) for update in round_.included)


def _update(round_: Round, posted: Posted, update: Update, names: Names) -> Sentence:
    size = f"{(update.scale or 0) / UNIT_SCALE:.4f} of its size" if update.scale != UNIT_SCALE else "its full size"
    text = f"Update {update.index} of {names(update.operator)} went into round {round_.number} at {size}."
    return Sentence(text, named(update.cid) if update.cid is not None else sent(posted.step))


def _rule(policy: Policy) -> str:
    """How updates became one (P-6)."""
    rule = {
        Rule.MEAN: "by their mean",
        Rule.WEIGHTED_MEAN: "by their mean, weighted by score",
        Rule.TRIMMED_MEAN: f"by their mean without the {share(policy.trim_bps)} smallest and largest of each parameter",
        Rule.MEDIAN: "by the median of each parameter",
    }[policy.rule]
    return f"{rule}, with a momentum of {policy.beta / UNIT_BETA:.4g}"


def _genesis(charter: Charter) -> Iterator[Sentence]:
    cid = charter.cid(charter.terms.model_digest)
    yield Sentence(f"The genesis model is {cid}, its word root {hexed(charter.terms.model_root)}.", named(cid))
    check = run(charter.fid, "federation", "show") if charter.created is None else sent(charter.created)
    yield Sentence("Genesis model and task were fixed when the federation was created.", check)


def _task(charter: Charter, document: TaskDocument | str) -> Iterator[Sentence]:
    cid = str(Cid(Codec.RAW, charter.terms.task_digest))
    check = Check(Kind.CID, cid)
    if isinstance(document, str):
        text = f"The task document is {cid}, and its shards and data commitments are not told: {document}."
        yield Sentence(text, check)
        return
    params = count(document.params, "parameter")
    yield Sentence(f"The task is {document.name}, of {params}, as the task document says: {cid}.", check)
    code = (
        f"Its code comes with Parley, under the name {document.model.name}."
        if isinstance(document.model, BuiltinModel)
        else f"Its code is a file whose SHA-256 is {document.model.sha256}."
    )
    yield Sentence(code, run(charter.fid, "task", "show"))


def _shards(document: TaskDocument, rounds: Sequence[Round]) -> Iterator[Sentence]:
    """What updates were judged on, and by and by trained on (P-24)."""
    for round_ in rounds:
        ref = document.shard(round_.number)
        if ref is None:
            continue
        sealed = document.validation.sealed
        text = f"The validation shard of round {round_.number} is {ref.cid}, of {count(ref.size, 'byte')}"
        yield Sentence(f"{text}{', sealed' if sealed else ''}.", named(ref.cid))
        if sealed and round_.key is not None:
            late = round_.state is State.FINAL and not has_shard(round_)
            when = ", too late to judge by" if late else ""
            yield Sentence(f"It was opened{when}; later rounds may train on it.", sent(round_.key))


def _commitments(charter: Charter, document: TaskDocument) -> Iterator[Sentence]:
    check = Check(Kind.CID, str(Cid(Codec.RAW, charter.terms.task_digest)))
    for name, digest in sorted(document.commitments.items()):
        yield Sentence(f"The task document commits to the data set {name} by {digest}.", check)
