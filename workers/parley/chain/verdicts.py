"""From an error to what a worker does about it: look again, let this deed be, or stop (F-74). Pure.

Every error that a contract of ours, or a token, can throw has its verdict here, whether a simulation or a mined
transaction met it. The rule behind the table:

* What the next view shows by itself is tried again: the chain has moved since the view was read, or it is too early.
* What the worker would otherwise try for the rest of the round, in vain, is given up.
* What only a person can cure ends the worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from parley.chain.errors import Contradiction, KeyInUse, Reverted, TooBig, TooLate, WrongChain
from parley.chain.reverts import ContractError
from parley.errors import ConfigError, KeystoreError, ParleyError, TaskError

Arguments = Mapping[str, Any]
"""Of a custom error, by name."""


class Verdict(StrEnum):
    """What to do about an error."""

    RETRY = "retry"
    """Look again: the next cycle may name the same deed, or another."""
    GIVE_UP = "give_up"
    """Let this deed be for the rest of the round; others go on."""
    STOP = "stop"
    """End the worker: only a person can cure it."""

    @property
    def ends(self) -> bool:
        """Whether the worker ends."""
        return self is Verdict.STOP


class Pointless(ParleyError):
    """A deed that no further cycle of this round can bring to an end."""


class NeedsPerson(ParleyError):
    """What only a person can cure."""


def verdict_of(error: ParleyError) -> Verdict:
    """What to do about an error; one that is not known is tried again."""
    if isinstance(error, Reverted):
        return _of_revert(error.error)
    if isinstance(error, _ENDS_THE_WORKER):
        return Verdict.STOP
    return Verdict.GIVE_UP if isinstance(error, _POINTLESS) else Verdict.RETRY


def known() -> frozenset[str]:
    """The names of the errors that have a verdict of their own."""
    return frozenset(_TABLE)


def _of_revert(error: ContractError) -> Verdict:
    verdict = _TABLE.get(error.name, Verdict.RETRY)
    return verdict if isinstance(verdict, Verdict) else verdict(error.args)


def _window(args: Arguments) -> Verdict:
    """Of `WrongTime`: before the window, or after it."""
    return Verdict.RETRY if args["time"] < args["start"] else Verdict.GIVE_UP


def _round(args: Arguments) -> Verdict:
    """Of `WrongRound`: a round that the node does not know yet, or one that is over."""
    return Verdict.RETRY if args["round"] > args["current"] else Verdict.GIVE_UP


def _turn(args: Arguments) -> Verdict:
    """Of `WrongTurn`: a turn to come, or one that is over."""
    return Verdict.RETRY if args["turn"] > args["running"] else Verdict.GIVE_UP


def _member(args: Arguments) -> Verdict:
    """Of `NotMember`: nobody's key any more, or one whose operator does not act in this round."""
    return Verdict.STOP if int(str(args["operator"]), 16) == 0 else Verdict.GIVE_UP


_ENDS_THE_WORKER = (ConfigError, KeystoreError, KeyInUse, WrongChain, NeedsPerson)
_POINTLESS = (TooLate, TooBig, Contradiction, TaskError, Pointless)
"""A task is deterministic: what it could not do once it cannot do again in this round."""

_LOOK_AGAIN = (
    # the chain has moved since the view was read, or it is too early
    "Disputes_AlreadyDemanded",
    "Disputes_AlreadySupplied",
    "Disputes_FeeTooSmall",
    "Disputes_NotRevealed",
    "Disputes_OutcomeOpen",
    "Disputes_TooEarly",
    "Disputes_Undemanded",
    "Disputes_VectorMismatch",
    "Disputes_VectorsMissing",
    "RoundCoordinator_BlockNotCanonical",
    "RoundCoordinator_CommitmentMismatch",
    "RoundCoordinator_HeaderMismatch",
    "RoundCoordinator_NotSeated",
    "RoundCoordinator_SeedNotReady",
    "RoundCoordinator_ShapeMismatch",
    "RoundCoordinator_WrongPhase",
    "RoundLens_NotSeeded",
    # others may cure it at any time: fund, deposit, join
    "ERC20InsufficientAllowance",
    "ERC20InsufficientBalance",
    "RewardVault_BudgetTooSmall",
    "RoundCoordinator_BudgetTooSmall",
    "RoundCoordinator_MembersMissing",
    "SafeERC20FailedOperation",
    "StakeVault_BalanceTooSmall",
    # Solidity's own, and what came without data: out of gas as the state moved, a call that failed inside
    "",
    "Error",
    "Panic",
    "unknown",
)

_GIVEN_UP = (
    # too late, or somebody else was faster
    "Disputes_AlreadySlashed",
    "Disputes_NotPosted",
    "Disputes_NothingToPay",
    "Disputes_PaymentFailed",
    "Disputes_TooLate",
    "RewardVault_NothingToClaim",
    "RoundCoordinator_AlreadyReported",
    "RoundCoordinator_Closed",
    "RoundCoordinator_KeyInvalid",
    "RoundCoordinator_NotAbsent",
    "RoundCoordinator_NotYourTurn",
    "RoundCoordinator_RoundsExhausted",
    # what was sent is wrong, and would be again
    "Disproof_NoSuchSlot",
    "Disproof_WitnessInvalid",
    "Disputes_ContentLength",
    "Disputes_ContentMismatch",
    "Disputes_IndexTooLarge",
    "Disputes_MediansMismatch",
    "Disputes_NodeInvalid",
    "Disputes_NotUnderRoot",
    "Disputes_NothingWrong",
    "Disputes_WrongOperator",
    "RoundCoordinator_EarnedTooMuch",
    "RoundCoordinator_ZeroCommitment",
    "RoundCoordinator_ZeroRoot",
    "Scoring_BadVector",
    "Scoring_NoVectors",
    "WordMath_NoLane",
    "WordTree_BadFold",
    "WordTree_TooFewWords",
    # what no worker calls: sponsors and operators do, by hand
    "ECDSAInvalidSignature",
    "ECDSAInvalidSignatureLength",
    "ECDSAInvalidSignatureS",
    "ERC20InvalidApprover",
    "ERC20InvalidReceiver",
    "ERC20InvalidSender",
    "ERC20InvalidSpender",
    "ERC2612ExpiredSignature",
    "ERC2612InvalidSigner",
    "InvalidAccountNonce",
    "InvalidShortString",
    "ReentrancyGuardReentrantCall",
    "StringTooLong",
    "FederationRegistry_InvitationInvalid",
    "FederationRegistry_PolicyInvalid",
    "FederationRegistry_RolesInvalid",
    "FederationRegistry_TermsInvalid",
    "FederationRegistry_Unauthorised",
    "ParleyToken_MintClosed",
    "ParticipantRegistry_AddressTaken",
    "ParticipantRegistry_ConsentExpired",
    "ParticipantRegistry_ConsentInvalid",
    "ParticipantRegistry_NotOperator",
    "ParticipantRegistry_NotWorker",
    "RewardVault_AuthorisationExpired",
    "RewardVault_AuthorisationInvalid",
    "RewardVault_BudgetTooLarge",
    "RewardVault_NothingToMove",
    "RewardVault_ProofInvalid",
    "RewardVault_Unauthorised",
    "RewardVault_ZeroAddress",
    "RoundCoordinator_AlreadyMember",
    "RoundCoordinator_Full",
    "RoundCoordinator_StillBonded",
    "StakeVault_BalanceTooLarge",
    "StakeVault_NothingToMove",
    "StakeVault_Unauthorised",
    "StakeVault_ZeroAddress",
)

_STOPPED = (
    "Disputes_Miswired",
    "FederationRegistry_FederationUnknown",
    "RewardVault_FederationUnknown",
    "RoundCoordinator_FederationUnknown",
    "RoundCoordinator_Miswired",
    "RoundCoordinator_Unauthorised",
)
"""The key is nobody's any more, or these are not the contracts that the federation lives in."""

_TABLE: Mapping[str, Verdict | Callable[[Arguments], Verdict]] = {
    **dict.fromkeys(_LOOK_AGAIN, Verdict.RETRY),
    **dict.fromkeys(_GIVEN_UP, Verdict.GIVE_UP),
    **dict.fromkeys(_STOPPED, Verdict.STOP),
    "RoundCoordinator_NotMember": _member,
    "RoundCoordinator_WrongRound": _round,
    "RoundCoordinator_WrongTime": _window,
    "RoundCoordinator_WrongTurn": _turn,
}
