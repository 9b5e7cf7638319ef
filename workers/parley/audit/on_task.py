"""The task document and the genesis model are those that the terms name (P-4, P-5, P-24)."""

from __future__ import annotations

from parley.audit.checks import Check
from parley.audit.content import Vectors, note
from parley.audit.findings import Finding, Outcome, Party, Place, Sheet
from parley.audit.story import Story
from parley.chain.model import Terms
from parley.errors import ContentError, TaskError
from parley.history.charter import vector_cid
from parley.roles.library import Library
from parley.storage import Cid, Codec, ContentMismatch, ContentStore
from parley.storage.readonly import ReadOnlyStore
from parley.tasks.document import MAX_BYTES, TaskDocument


def check(story: Story, store: ContentStore, seconds: float, sheet: Sheet) -> TaskDocument | None:
    """Check both; the document, if it is to be had and valid.

    Args:
        story: of the federation.
        store: where they come from.
        seconds: that a fetch may take.
        sheet: on which everything is noted.
    """
    terms = story.told.terms
    cid = vector_cid(terms.model_digest, terms.params)
    place = Place(f"the genesis model, CID {cid}", Party.SPONSOR, story.sponsor, None, (f"ipfs cat {cid}",))
    vectors = Vectors(Library(ReadOnlyStore(store), terms.params, seconds))
    note(sheet, Check.GENESIS, vectors.get(terms.model_root, terms.model_digest), place, needed=True)
    return _document(story, store, seconds, sheet)


def _document(story: Story, store: ContentStore, seconds: float, sheet: Sheet) -> TaskDocument | None:
    cid = Cid(Codec.RAW, story.told.terms.task_digest)
    place = Place(f"the task document, CID {cid}", Party.SPONSOR, story.sponsor, None, (f"ipfs cat {cid}",))
    kept = Place(place.what, Party.STORE, "", None, place.by_hand)
    try:
        document = TaskDocument.decode(store.get_document(cid, MAX_BYTES, seconds))
    except ContentMismatch as error:
        sheet.compared[Check.TASK] += 1
        sheet.note(Finding(Check.TASK, Outcome.WRONG, kept, "the bytes of its CID", error.message))
        return None
    except ContentError as error:
        sheet.gone(Check.TASK, kept, error.message)
        return None
    except TaskError as error:
        sheet.holds(Check.TASK, False, place, actual=error.message)
        return None
    _fits(document, story.told.terms, place, sheet)
    return document


def _fits(document: TaskDocument, terms: Terms, place: Place, sheet: Sheet) -> None:
    """What terms and document both say."""
    sheet.same(
        Check.TASK,
        (terms.params, any(terms.anchor)),
        (document.params, document.validation.sealed),
        Place(f"parameters and sealing in {place.what}", place.party, place.who, None, place.by_hand),
    )
    if document.validation.sealed and len(document.validation.shards) < terms.rounds:
        shards = f"{len(document.validation.shards)} sealed shards for {terms.rounds} rounds"
        sheet.remark(Check.TASK, place, f"{shards}: the last ones are scored as if their shard had not been opened")
