"""What can go wrong between Parley and a chain.

ChainError
├── Unreachable           the node does not answer, or not in time
│   ├── Overlong          ... in time, or not within bounds: asking for less may help
│   └── EndpointsDisagree ... nothing is sent while nodes have different blocks
├── IncompleteLogs        a node's logs contradict the state that it tells
├── NodeRefused           the node answers with an error
├── WrongChain            the node serves another chain
├── StaleDeployment       the chain does not carry what a deployments file says
├── CompilerError         Solidity does not compile
├── NonceTaken            a stranger's transaction took the nonce: something else uses the key
├── Displaced             an earlier content took the nonce: this one is not sent
├── TooBig                no chain would take the transaction
└── ContractRevert        a contract refused
    └── Reverted          ... with the decoded error
        └── OutOfGas      ... because its gas limit was too low
NotDeployed (NotFound)    there is no deployments file for this chain
KeyInUse (Conflict)       another process sends with the key
Contradiction (Conflict)  the key already signed for a later round
JournalError (ContentError)       the journal cannot be read or written; nothing was sent
TooLate (DeadlineExceeded)        the deadline passed: cancelled, or never sent
Unconfirmed (DeadlineExceeded)    a transaction was not confirmed in time
└── SendingStopped        ... because this process is ending; the next start takes it up
WrongPassword (KeystoreError)     a password does not open a key
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parley.errors import ChainError, Conflict, ContentError, ContractRevert, DeadlineExceeded, KeystoreError, NotFound

if TYPE_CHECKING:
    from parley.chain.reverts import ContractError


class Unreachable(ChainError):
    """The node does not answer, or not in time."""


class Overlong(Unreachable):
    """A node takes too long, or answers too much: asking for less may help."""


class EndpointsDisagree(Unreachable):
    """RPC endpoints have different blocks and nobody can tell who is right: nothing was sent (P-19)."""


class IncompleteLogs(ChainError):
    """A node's logs contradict the state that it tells, or what was asked for: some are missing, or they are lies."""


class NodeRefused(ChainError):
    """The node answers with an error.

    Args:
        method: the JSON-RPC method that was asked.
        code: of the error.
        reason: what the node said.
    """

    def __init__(self, method: str, code: int, reason: str) -> None:
        super().__init__(f"the node refused {method}: {' '.join(reason.split())[:300]} ({code})")
        self.method = method
        self.code = code
        self.reason = reason


class WrongChain(ChainError):
    """The node serves another chain than the one expected."""


class StaleDeployment(ChainError):
    """The chain does not carry what a deployments file says."""


class NotDeployed(NotFound):
    """There is no deployments file for this chain."""


class CompilerError(ChainError):
    """Solidity does not compile, or the compiler cannot be run."""


class NonceTaken(ChainError):
    """A stranger's transaction took the nonce: something else sends with this key, which nobody else may have."""


class Displaced(ChainError):
    """An earlier content of the same nonce was mined instead: this one was not sent, and may be sent anew."""


class TooBig(ChainError):
    """A transaction that no chain would take: more than 128 KiB, or more gas than EIP-7825 allows."""


class KeyInUse(Conflict):
    """Another process sends with the same key on the same chain (P-18)."""


class Contradiction(Conflict):
    """The key already signed the same kind of deed for a later round: an older copy of its state was restored."""


class JournalError(ContentError):
    """The journal of a key cannot be read or written; nothing was signed that is not in it, and nothing was sent."""


class TooLate(DeadlineExceeded):
    """The deadline of a transaction passed: it was cancelled, or never sent."""


class Unconfirmed(DeadlineExceeded):
    """A transaction was sent, but not confirmed in time. It is in the journal, and may still be mined."""


class SendingStopped(Unconfirmed):
    """The process ends while a transaction is on its way; it is in the journal, and the next start takes it up."""


class WrongPassword(KeystoreError):
    """The password does not open the key."""


class Reverted(ContractRevert):
    """A contract refused a call or a transaction.

    Args:
        action: what was asked of it, for people: "commitUpdate".
        error: why it refused, decoded.
        transaction: hash of the transaction, 0x-prefixed, if it was mined; `None` if nothing was sent.
    """

    def __init__(self, action: str, error: ContractError, transaction: str | None = None) -> None:
        mined = f" in transaction {transaction}" if transaction else ""
        super().__init__(f"{action} was refused{mined}: {error}", hint=error.hint)
        self.error = error
        self.transaction = transaction


class OutOfGas(Reverted):
    """A transaction was mined and used up its gas limit: the state moved on after the estimate (F-73).

    Args:
        action: what was asked, for people.
        error: that says so.
        transaction: hash of the transaction, 0x-prefixed.
        gas: its limit.
    """

    def __init__(self, action: str, error: ContractError, transaction: str, gas: int) -> None:
        super().__init__(action, error, transaction)
        self.gas = gas
