"""Federations: creating, funding, changing and ending them, and what they look like."""

from __future__ import annotations

from dataclasses import dataclass, replace

from web3 import Web3
from web3.contract import Contract
from web3.logs import DISCARD

from parley.chain.contracts import Contracts
from parley.chain.limits import check_policy, check_terms
from parley.chain.model import FederationState, Phase, Policy, Terms, round_of
from parley.chain.sender import Sender
from parley.chain.view import View
from parley.cli.actions.plan import FederationPlan, PolicyPlan, default_windows
from parley.cli.actions.receipts import Done, done
from parley.cli.actions.tokens import allow, require_decimals
from parley.errors import ConfigError, Conflict, NotFound
from parley.history.charter import vector_cid
from parley.history.sentences.words import phase_name
from parley.storage import Cid, Codec
from parley.tasks.document import TaskDocument


@dataclass(frozen=True)
class Basis:
    """What a federation is created from: the outcome of sealing.

    Attributes:
        document: the task document.
        task_digest: of its CID.
        model_root: word root of the genesis model.
        model_digest: of its CID.
        anchor: k_0 of the validation chain; 32 zero bytes where the validation set is public (P-24).
        rounds: sealed shards, so rounds that can be judged.
    """

    document: TaskDocument
    task_digest: bytes
    model_root: bytes
    model_digest: bytes
    anchor: bytes
    rounds: int


@dataclass(frozen=True)
class Created:
    """A new federation.

    Attributes:
        federation: its id.
        sponsor: who created it.
        terms: what never changes.
        policy: version 1.
        transaction: that created it.
    """

    federation: int
    sponsor: str
    terms: Terms
    policy: Policy
    transaction: Done


@dataclass(frozen=True)
class FederationRow:
    """One line about a federation.

    Attributes:
        federation: its id.
        sponsor: its sponsor.
        phase: where it stands.
        round: the current or last one; rounds, how many may open.
        trainers: members now; evaluators and aggregators likewise.
        budget: free budget, wei.
    """

    federation: int
    sponsor: str
    phase: str
    round: int
    rounds: int
    trainers: int
    evaluators: int
    aggregators: int
    budget: int


@dataclass(frozen=True)
class FederationFacts:
    """Everything about a federation.

    Attributes:
        summary: its line in the list.
        chain_id: of its chain.
        obstacle: what keeps the next round from opening, `None` if nothing does or a round is open.
        admission: open or invitation.
        validation: sealed or public (P-24).
        task: CID of the task document.
        model: CID of the newest final model.
        model_root: its word root.
        terms: what never changes.
        policy: of the next round.
        policy_version: its number.
        money: the federation's books: free, reserved and owed, wei.
        members: operators by member index; those who never revealed or settled have none yet.
    """

    summary: FederationRow
    chain_id: int
    obstacle: str | None
    admission: str
    validation: str
    task: str
    model: str
    model_root: bytes
    terms: Terms
    policy: Policy
    policy_version: int
    money: dict[str, int]
    members: dict[int, str]


def terms_for(plan: FederationPlan, basis: Basis, token: str) -> Terms:
    """The terms of a plan.

    Raises:
        ConfigError: more rounds than sealed shards.
    """
    rounds = plan.rounds or basis.rounds
    if any(basis.anchor) and rounds > basis.rounds:
        raise ConfigError(
            f"the plan has {rounds} rounds, but {basis.rounds} validation shards are sealed",
            hint=f"plan at most {basis.rounds}, or seal again with --rounds {rounds}",
        )
    return Terms(
        token=token,
        rounds=rounds,
        params=basis.document.params,
        frac_bits=basis.document.fixed_point.frac_bits,
        reward_depth=plan.reward_depth,
        admission=plan.admission_kind,
        task_digest=basis.task_digest,
        model_root=basis.model_root,
        model_digest=basis.model_digest,
        anchor=basis.anchor,
    )


def create(
    w3: Web3, contracts: Contracts, sender: Sender, token: Contract, plan: FederationPlan, basis: Basis
) -> Created:
    """Create a federation; the sender is its sponsor.

    Args:
        w3: connection, whose chain decides the default windows.
        contracts: the deployment.
        sender: with the sponsor's key.
        token: stake and reward token.
        plan: what the sponsor chose.
        basis: what was sealed.

    Raises:
        ConfigError: the plan does not fit what was sealed, a value is out of range, or the token does not have 18
            decimals.
        Conflict: another federation uses the seal already.
    """
    require_decimals(token)
    terms = terms_for(plan, basis, token.address)
    require_unused(contracts, terms.anchor)
    numbers = basis.document.fixed_point
    windows = default_windows(w3.eth.chain_id)
    policy = plan.policy.policy(windows=windows, admission=terms.admission, numbers=numbers)
    registry = contracts.federations
    check_terms(terms)
    check_policy(policy, registry.functions.minWindow().call())
    sent = sender.send(registry.functions.createFederation(terms.to_abi(), policy.to_abi()))
    (event,) = registry.events.FederationCreated().process_receipt(sent.receipt, errors=DISCARD)
    return Created(event["args"]["fid"], sender.address, terms, policy, done(sent))


def require_unused(contracts: Contracts, anchor: bytes) -> None:
    """Refuse an anchor that a federation has already: its keys, once opened there, would open the shards here (P-24).

    Raises:
        Conflict: there is such a federation.
    """
    count: int = contracts.federations.functions.federations().call()
    for fid in range(1, count + 1):
        if any(anchor) and contracts.federations.functions.termsOf(fid).call()[-1] == anchor:
            raise Conflict(
                f"federation {fid} uses this seal already: the keys that it opens would open these shards too",
                hint="`parley federation seal TASK` makes another one",
            )


def set_policy(contracts: Contracts, sender: Sender, view: View, overrides: PolicyPlan) -> tuple[Policy, Done]:
    """Change the policy of rounds not yet opened (P-7); what the plan does not name stays as it is.

    Raises:
        ConfigError: a value is out of range.
        Reverted: the sender is not the sponsor.
    """
    current = view.next_policy
    one = 2**view.terms.frac_bits
    given = {name: getattr(overrides, name) for name in overrides.model_fields_set}
    for name in ("clip", "initial_norm"):
        if given.get(name) is not None:
            given[name] = max(1, min(round(given[name] * one), 2**31 - 1))
    policy = replace(current, **{name: value for name, value in given.items() if value is not None})
    check_policy(policy, contracts.federations.functions.minWindow().call())
    return policy, done(sender.send(contracts.federations.functions.setPolicy(view.fid, policy.to_abi())))


def fund(contracts: Contracts, sender: Sender, token: Contract, fid: int, amount: int) -> list[Done]:
    """Add to a federation's budget, from the sender's tokens; anyone may. Approves the vault first if need be.

    Raises:
        ChainError: the sender holds too few tokens.
        Reverted: there is no such federation.
    """
    vault = contracts.reward_vault
    allowed = allow(sender, token, vault.address, amount)
    funded = done(sender.send(vault.functions.fund(fid, amount)))
    return [*([allowed] if allowed else []), funded]


def withdraw_budget(contracts: Contracts, sender: Sender, fid: int, amount: int, to: str) -> Done:
    """Take from the free budget; the sponsor may.

    Raises:
        Reverted: the free budget is smaller, or the sender is not the sponsor.
    """
    return done(sender.send(contracts.reward_vault.functions.withdraw(fid, amount, to)))


def close(contracts: Contracts, sender: Sender, fid: int) -> Done:
    """Rule out further rounds; the open one plays out.

    Raises:
        Reverted: the sender is not the sponsor.
    """
    return done(sender.send(contracts.coordinator.functions.close(fid)))


def only_federation(contracts: Contracts) -> int:
    """The id of the only federation there is.

    Raises:
        NotFound: there is none.
        ConfigError: there are several.
    """
    count: int = contracts.federations.functions.federations().call()
    if count == 0:
        raise NotFound("there is no federation yet", hint="`parley federation create` makes one")
    if count > 1:
        raise ConfigError(
            f"there are {count} federations: which one?",
            hint="add --federation ID, or set federation in parley.toml; `parley federation list` shows them",
        )
    return 1


def list_federations(contracts: Contracts) -> list[FederationRow]:
    """One line for each federation of the deployment."""
    count: int = contracts.federations.functions.federations().call()
    return [_row_from_chain(contracts, fid) for fid in range(1, count + 1)]


def show_federation(contracts: Contracts, view: View) -> FederationFacts:
    """Everything about a federation."""
    terms = view.terms
    _, _, free, reserved, owed = contracts.reward_vault.functions.booksOf(view.fid).call()
    return FederationFacts(
        summary=_row(view.fid, view.federation, view.phase, terms.rounds, free),
        chain_id=view.chain_id,
        obstacle=None if view.federation.live else view.obstacle(),
        admission=terms.admission.name.lower(),
        validation=validation_kind(terms),
        task=str(Cid(Codec.RAW, terms.task_digest)),
        model=vector_cid(view.model_digest(), terms.params),
        model_root=view.federation.model_root,
        terms=terms,
        policy=view.next_policy,
        policy_version=view.federation.version,
        money={"free": free, "reserved": reserved, "owed": owed},
        members=dict(sorted(view.members.items())),
    )


def validation_kind(terms: Terms) -> str:
    """Sealed, or public: then trainers may train on what they are judged by (P-24)."""
    return "sealed" if any(terms.anchor) else "public"


def warning_about(terms: Terms) -> str | None:
    """What everybody should know about a federation with anchor 0 (P-24)."""
    if any(terms.anchor):
        return None
    return "the validation set is public: whoever trains on it takes most of the reward with no data of its own (P-24)"


def _row_from_chain(contracts: Contracts, fid: int) -> FederationRow:
    state = FederationState.from_abi(contracts.lens.functions.federationOf(fid).call())
    round_ = round_of(contracts.lens.functions.roundOf(fid).call())
    terms = contracts.federations.functions.termsOf(fid).call()
    free = contracts.reward_vault.functions.booksOf(fid).call()[2]
    return _row(fid, state, round_.phase, terms[1], free)


def _row(fid: int, state: FederationState, phase: Phase, rounds: int, free: int) -> FederationRow:
    return FederationRow(
        federation=fid,
        sponsor=state.sponsor,
        phase=phase_name(phase),
        round=state.round,
        rounds=rounds,
        trainers=state.trainers,
        evaluators=state.evaluators,
        aggregators=state.aggregators,
        budget=free,
    )
