"""What must hold after a run. Each verifier reads a history and returns what is wrong with it, a line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import fields

from chaoslab.duties import duties
from chaoslab.history import Act, History, Past
from chaoslab.outcomes import why_void

Verifier = Callable[[History], list[str]]

ONCE = frozenset(
    {"commitUpdate", "revealUpdate", "openValidation", "commitScores", "revealScores", "settle", "supply", "claim"}
)
"""Acts that nobody has reason to do twice with the same content. Pokes (`advance`, `captureSeed`) are anybody's."""


def rounds_end(history: History) -> list[str]:
    """P-10: every round is final, or void for a reason that its numbers give."""
    missing = [f"round {n} has not ended" for n in range(1, history.planned + 1) if n not in history.rounds]
    return missing + [line for past in history.rounds.values() for line in _ends(history, past)]


def _ends(history: History, past: Past) -> list[str]:
    number = past.record.number
    if past.record.final == past.record.void:
        return [f"round {number} is {'both final and void' if past.record.final else 'neither final nor void'}"]
    if past.record.void and why_void(past, history.policies[past.record.version]) is None:
        return [f"round {number} is void, and P-10 has no reason for it"]
    return []


def books_balance(history: History) -> list[str]:
    """P-17: the money is right to the wei, and everybody was paid what P-12 gives it."""
    if not history.books:
        return ["the books were not checked"]
    return [f"{check.name}: {check.left} wei, not {check.right}" for check in history.books if not check.holds]


def rewards_match(history: History) -> list[str]:
    """P-12: each final settlement's reward tree is that of the accounts recomputed from the revealed scores."""
    return [
        f"round {past.record.number}: reward root {_hex(posted)}, recomputed {_hex(past.reward_root)}"
        for past in history.rounds.values()
        if past.record.final
        and (posted := None if past.record.header is None else past.record.header.reward_root) != past.reward_root
    ]


def nothing_twice(history: History) -> list[str]:
    """P-18: nobody did the same thing twice, or changed an update that it had committed without having lost it."""
    done = [act for act in history.acts if act.succeeded and act.function in ONCE]
    counts = Counter((act.operator, act.function, act.round, act.data) for act in done)
    same = [
        f"{history.name_of(operator)} did {function} {count} times in round {round_} with the same content"
        for (operator, function, round_, _), count in counts.items()
        if count > 1
    ]
    return same + _replaced(history, done)


def _replaced(history: History, done: list[Act]) -> list[str]:
    """Commitments that were replaced more often than lost disks (and, for scores, reorgs: P-28) explain."""
    kinds = {"commitUpdate": 0, "commitScores": 1}
    counts = Counter((act.operator, act.function, act.round) for act in done if act.function in kinds)
    wrong = []
    for (operator, function, number), count in counts.items():
        name, past = history.name_of(operator), history.rounds.get(number)
        wiped = sum(o.name == name and o.why == "wipe" and _within(o.start, past) for o in history.outages)
        reorgs = 0 if past is None else past.reorgs * kinds[function]
        if count > 1 + wiped + reorgs:
            wrong.append(f"{name} did {function} {count} times in round {number}, with {wiped} lost disks")
    return wrong


def _within(time: int, past: Past | None) -> bool:
    return past is not None and past.opened <= time < past.ended


def nonces_follow(history: History) -> list[str]:
    """P-19: the nonces of each key follow one another, and none waits behind a gap."""
    wrong = []
    for actor in history.actors:
        nonces = [act.nonce for act in history.acts if act.operator == actor.operator]
        if nonces != list(range(nonces[0] if nonces else 0, (nonces[0] if nonces else 0) + len(nonces))):
            wrong.append(f"{actor.name}: nonces do not follow one another: {nonces}")
    return wrong


def honest_work_counts(history: History) -> list[str]:
    """P-18: whoever was up for the whole of a window has done in it what its role asks."""
    return [
        f"round {duty.round}: {duty.who} was up for the whole window and did not {duty.what}"
        for duty in duties(history)
        if not duty.done
    ]


def nobody_honest_is_punished(history: History) -> list[str]:
    """P-28: no settlement was convicted, nobody slashed: everybody here is honest."""
    wrong = [
        f"round {past.record.number}: {len(past.record.convictions)} settlements convicted"
        for past in history.rounds.values()
        if past.record.convictions
    ]
    wrong += [
        f"round {past.record.number}: {history.name_of(operator)} slashed for its update"
        for past in history.rounds.values()
        for operator in sorted(past.record.clipped)
    ]
    wrong += [
        f"{name} has {stake} wei of stake, not {history.deposit}"
        for name, stake in history.stakes.items()
        if stake != history.deposit
    ]
    if not history.stakes:
        wrong.append("nobody's stake was read")
    return wrong + ([f"{history.burned} wei of stake were slashed"] if history.burned else [])


def nothing_is_left(history: History) -> list[str]:
    """P-18: no process, no temporary file, no held lock, no open slot of a journal, nothing in the pool."""
    left = history.leftovers
    return [f"{item.name}: {what}" for item in fields(left) for what in getattr(left, item.name)]


VERIFIERS: tuple[tuple[str, Verifier], ...] = (
    ("every round is final, or void for a stated reason (P-10)", rounds_end),
    ("the books are right to the wei (P-17)", books_balance),
    ("every leaf equals P-12 recomputed", rewards_match),
    ("nothing was done twice (P-18)", nothing_twice),
    ("nonces follow one another (P-19)", nonces_follow),
    ("every worker that was up for a window used it (P-18)", honest_work_counts),
    ("nobody honest was convicted or slashed (P-28)", nobody_honest_is_punished),
    ("no process, file, lock or open slot is left", nothing_is_left),
)
"""What is checked, and by which verifier."""


def verify(history: History) -> dict[str, list[str]]:
    """What is wrong, by check; an empty list where the check holds."""
    return {name: verifier(history) for name, verifier in VERIFIERS}


def _hex(root: bytes | None) -> str:
    return "none" if root is None else "0x" + root.hex()[:16]
