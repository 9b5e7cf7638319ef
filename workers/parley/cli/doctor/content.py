"""Stores, and what comes from them: task document, code, data, and the sponsor's seal."""

from __future__ import annotations

from collections.abc import Iterator

from parley.cli.doctor.examination import Finding, Status
from parley.cli.doctor.standing import view_of
from parley.cli.session import Session
from parley.errors import ExitCode, ParleyError
from parley.redaction import shown_url

SAMPLE = b"parley doctor: this object may be removed at any time\n"
OWNER = "doctor"
"""In whose name the sample is pinned: never that of a worker."""


def stores(session: Session) -> Iterator[Finding]:
    """Each store takes an object, gives it back, keeps it and lets it go."""
    locations = session.settings.store_locations
    found = [_tried(f"store {place}", location) for place, location in enumerate(locations)]
    any_ok = any(finding.status == Status.OK for finding in found)
    for place, finding in enumerate(found):
        # The first is one's own; any other that fails is made up for by the rest.
        bearable = any_ok and place > 0 and finding.status == Status.FAIL
        yield Finding(finding.check, Status.WARN, finding.found, finding.advice) if bearable else finding


def task(session: Session) -> Iterator[Finding]:
    """The task document is to be had, its code loads, and the data fit it."""
    from parley.chain.model import Role
    from parley.cli.actions.workers import task_document
    from parley.tasks.loading import load_task

    view = view_of(session)
    document = task_document(session.store, view.terms.task_digest)
    if view.me.roles not in (Role.AGGREGATOR, Role(0)) or session.settings.data is not None:
        loaded = load_task(document, session.settings.task_file)
        yield Finding("task", Status.OK, f"{document.params} parameters; its code loads")
        if session.settings.data is not None:
            yield Finding("data", Status.OK, f"{len(loaded.load(session.settings.data))} samples, as the task asks for")
        elif Role.TRAINER in view.me.roles:
            advice = "set data in the settings, or start the trainer with --data FILE.npz"
            yield Finding("data", Status.WARN, "the settings name none", advice)
    else:
        yield Finding("task", Status.OK, f"{document.params} parameters")


def seal(session: Session) -> Iterator[Finding]:
    """A sponsor has the secret that opens its validation shards; nobody else needs it."""
    from parley.cli.actions.sealing import find_chain

    view = view_of(session)
    if view.operator.lower() != view.federation.sponsor.lower() or not any(view.terms.anchor):
        return
    chain = find_chain(session.settings.home, view.terms.anchor)
    advice = "keep a copy of it offline; whoever has it must not train"
    yield Finding("seal", Status.OK, f"the secret of {chain.rounds} validation shards is here; {advice}")


def _tried(name: str, location: str) -> Finding:
    from parley.storage import open_store

    shown = shown_url(location)
    try:
        with open_store(location, owner=OWNER) as store:
            cid = store.put(SAMPLE)
            read = store.get(cid, len(SAMPLE))
            store.pin(cid)
            store.unpin(cid)
    except ParleyError as error:
        return Finding(name, Status.FAIL, f"{shown}: {error.message}", error.hint, error.exit_code)
    if read != SAMPLE:
        return Finding(name, Status.FAIL, f"{shown} gives back other bytes", "replace it", ExitCode.CONTENT)
    return Finding(name, Status.OK, f"{shown}: takes, gives back and keeps objects")
