"""Reads all that an audit judges of a federation, up to one block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from web3 import Web3
from web3.exceptions import BadFunctionCallOutput, BlockNotFound
from web3.types import BlockIdentifier

from parley.audit.ancestry import follow
from parley.audit.checks import Check
from parley.audit.findings import Party, Place, Sheet
from parley.audit.story import Standing, Story, Vaults, recorded
from parley.audit.witness import Witness
from parley.chain.contracts import Contracts, token_at
from parley.chain.deployments import Deployment, check_code
from parley.chain.errors import IncompleteLogs, NodeRefused, StaleDeployment
from parley.chain.events import Event
from parley.chain.follower import Follower
from parley.chain.model import FederationState, member_of, policy_of, round_of, terms_of
from parley.chain.proven import Disproven, Unproven
from parley.chain.rpc import ask_many
from parley.chain.view import Block, Recorded
from parley.errors import ChainError
from parley.numerics.faults import NOBODY
from parley.numerics.sortition import SEED_DEPTH

MAX_FEDERATIONS = 1_000
"""Of a deployment, that are asked what the vault owes them."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the chain's part of an audit comes from.

    Attributes:
        w3: connection.
        deployment: files of the contracts.
        contracts: the same, bound.
        fid: federation id.
    """

    w3: Web3
    deployment: Deployment
    contracts: Contracts
    fid: int

    @property
    def telling(self) -> tuple[str, ...]:
        """Addresses of the contracts whose events tell of federations."""
        c = self.contracts
        return tuple(contract.address for contract in (c.federations, c.coordinator, c.disputes, c.reward_vault))


def block_at(w3: Web3, which: BlockIdentifier) -> Block:
    """A block by height or tag.

    Raises:
        ChainError: the node does not have it.
    """
    try:
        block = w3.eth.get_block(which)
    except BlockNotFound as error:
        raise ChainError(
            f"the node has no block {which!r}", hint="is it the right chain, and is it synchronised?"
        ) from error
    return Block(block["number"], bytes(block["hash"]), block["timestamp"])


def check_deployment(sources: Sources, sheet: Sheet) -> None:
    """Compare the code at each contract's address with the deployment's files."""
    for item in sources.deployment.contracts.values():
        place = Place(f"the code of {item.contract}", Party.NODE, item.address, by_hand=(f"cast code {item.address}",))
        try:
            check_code(sources.w3, item)
        except StaleDeployment as error:
            sheet.holds(Check.CODE, False, place, expected=item.code_hash, actual=error.message)
        else:
            sheet.holds(Check.CODE, True, place)


def gather(sources: Sources, block: Block, witness: Witness, sheet: Sheet, say: Say) -> Story:
    """Read a federation's history and state.

    Raises:
        NotFound: there is no such federation.
        ChainError: the node does not answer, or its logs are not those that were asked for.
    """
    c = sources.contracts
    witness.note_hash(block.number, block.hash)
    say("reading events")
    topic = sources.fid.to_bytes(32, "big")
    telling = (c.federations, c.coordinator, c.disputes, c.reward_vault)
    follower = Follower(sources.w3, telling, sources.fid, c.start_block, witness.times(sources.telling, topic))
    follower.advance(block)
    told, sponsor = _recorded(sources, block, follower.events)
    say("reading stakes")
    stakes = _stakes(sources, told, block, witness)
    say("reading reveals and seeds")
    return Story(
        told=told,
        sponsor=sponsor,
        events=follower.events,
        stakes=stakes,
        inputs=_inputs(sources.w3, follower.events),
        hashes=_seed_hashes(told, block, witness, sheet),
        min_window=c.federations.functions.minWindow().call(),
        standing=_standing(sources, told, stakes, block, sheet),
    )


def _recorded(sources: Sources, block: Block, events: Sequence[Event]) -> tuple[Recorded, str]:
    try:
        return recorded(sources.w3.eth.chain_id, sources.contracts.coordinator.address, sources.fid, block, events)
    except ValueError as error:
        raise IncompleteLogs(f"the node tells of a federation that cannot be: {error!s:.200}") from error


def blocks_of(sources: Sources, block: Block) -> range:
    """The heights that an audit up to a block is about."""
    return range(sources.contracts.start_block, block.number + 1)


def follow_blocks(sources: Sources, story: Story, witness: Witness, sheet: Sheet, say: Callable[[int], None]) -> None:
    """Follow the chain of blocks from the contracts' deployment to the last one."""
    block, stakes = story.told.block, sources.contracts.stake_vault.address.lower()
    topics = {
        sources.fid.to_bytes(32, "big"): tuple(address.lower() for address in sources.telling),
        _token_topic(story.told).to_bytes(32, "big"): (stakes,),
    }
    follow(witness, sheet, blocks_of(sources, block), topics, witness.hashes, say)


def _token_topic(told: Recorded) -> int:
    return int(told.terms.token, 16)


def _stakes(sources: Sources, told: Recorded, block: Block, witness: Witness) -> tuple[Event, ...]:
    vault = sources.contracts.stake_vault
    token = _token_topic(told)
    times = witness.times((vault.address,), token.to_bytes(32, "big"))
    follower = Follower(sources.w3, (vault,), token, sources.contracts.start_block, times)
    follower.advance(block)
    return follower.events


def _inputs(w3: Web3, events: Iterable[Event]) -> dict[bytes, bytes]:
    """Calldata of the transactions that revealed updates, as far as the node tells them."""
    wanted = list({event.transaction: None for event in events if event.name == "UpdateRevealed"})
    told = ask_many(w3, [("eth_getTransactionByHash", ["0x" + transaction.hex()]) for transaction in wanted])
    found = {}
    for transaction, answer in zip(wanted, told, strict=True):
        data = answer.get("input") if isinstance(answer, dict) else None
        if isinstance(data, str):
            with suppress(ValueError):
                found[transaction] = bytes.fromhex(data.removeprefix("0x"))
    return found


def _seed_hashes(told: Recorded, block: Block, witness: Witness, sheet: Sheet) -> dict[int, bytes]:
    """Hashes of the blocks that seeds follow from."""
    heights = [record.opened_block + SEED_DEPTH for record in told.records.values()]
    wanted = [height for height in heights if height <= block.number]
    try:
        found = {header.number: header.hash for header in witness.headers_at(wanted)}
    except Unproven as error:
        sheet.refused(Check.SEED, error.message)
    except Disproven as error:
        place = Place("the blocks that seeds follow from", Party.NODE)
        sheet.holds(Check.BLOCKS, False, place, actual=error.message)
        sheet.skip(Check.SEED, error.message)
    else:
        for height, block_hash in found.items():
            witness.note_hash(height, block_hash)
        return found
    return {}


def _standing(sources: Sources, told: Recorded, stakes: Sequence[Event], block: Block, sheet: Sheet) -> Standing | None:
    """The state at the block, if the node keeps it."""
    try:
        return _state(sources, told, stakes, block.number)
    except (NodeRefused, BadFunctionCallOutput, ValueError) as error:
        why = f"the node does not tell the state of block {block.number}: {error!s:.200}"
        sheet.refused(Check.STATE, why)
        sheet.skip(Check.TOKENS, why)
        return None


def _state(sources: Sources, told: Recorded, stakes: Sequence[Event], at: int) -> Standing:
    c, fid = sources.contracts, sources.fid
    federation = FederationState.from_abi(c.lens.functions.federationOf(fid).call(block_identifier=at))
    round_ = round_of(c.lens.functions.roundOf(fid).call(block_identifier=at))
    posted = federation.live and round_.final_at != 0
    operators = _operators(told, stakes)
    settlement = bytes(c.lens.functions.settlementHash(fid).call(block_identifier=at)) if posted else None
    versions = range(1, federation.version + 1)
    registry = c.federations.functions
    return Standing(
        federation=federation,
        round=round_,
        settlement=settlement,
        terms=terms_of(registry.termsOf(fid).call(block_identifier=at)),
        policies={v: policy_of(registry.policyOf(fid, v).call(block_identifier=at)) for v in versions},
        sponsor=registry.sponsorOf(fid).call(block_identifier=at),
        members={
            operator: member_of(c.lens.functions.memberOf(fid, operator).call(block_identifier=at))
            for operator in operators
        },
        vaults=_vaults(sources, told, operators, at),
    )


def _vaults(sources: Sources, told: Recorded, operators: Sequence[str], at: int) -> Vaults:
    c, fid = sources.contracts, sources.fid
    token = token_at(sources.w3, told.terms.token)
    vault, stakes = c.reward_vault.functions, c.stake_vault.functions
    _, root, free, reserved, owed = vault.booksOf(fid).call(block_identifier=at)
    count = c.federations.functions.federations().call(block_identifier=at)
    known = range(1, count + 1) if count <= MAX_FEDERATIONS else ()
    books = [vault.booksOf(other).call(block_identifier=at) for other in known]
    return Vaults(
        root=bytes(root),
        free=free,
        reserved=reserved,
        owed=owed,
        reward_balance=token.functions.balanceOf(c.reward_vault.address).call(block_identifier=at),
        reward_debt=sum(sum(book[2:]) for book in books if book[0] == told.terms.token) if known else None,
        stake_balance=token.functions.balanceOf(c.stake_vault.address).call(block_identifier=at),
        to_burn=stakes.toBurn(told.terms.token).call(block_identifier=at),
        claimed={o: vault.claimedOf(fid, o).call(block_identifier=at) for o in operators},
        accounts={o: tuple(stakes.accountOf(told.terms.token, o).call(block_identifier=at)) for o in operators},
    )


def _operators(told: Recorded, stakes: Sequence[Event]) -> list[str]:
    """Everybody who ever earned in the federation or had stake in its token."""
    named = {event.args[key]: None for event in stakes for key in ("operator", "prover") if key in event.args}
    return [who for who in dict.fromkeys((*told.members.values(), *named)) if who != NOBODY]
