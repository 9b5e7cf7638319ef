"""What to do when a contract refuses, by the name of its error. Errors that say it all have no entry."""

from __future__ import annotations

_DEPOSIT = "deposit more stake tokens first, or withdraw less"
_WORKER = "register the operator first, or let it name this key as its worker"
_SPONSOR = "only the federation's sponsor may do this"
_POLICY = "change this value in the policy and try again"

HINTS: dict[str, str] = {
    # participants
    "ParticipantRegistry_AddressTaken": "use another key: an address is either one operator or one operator's worker",
    "ParticipantRegistry_ConsentExpired": "let the worker key sign a new consent",
    "ParticipantRegistry_ConsentInvalid": "the consent must be signed by the worker key, with its current nonce",
    "ParticipantRegistry_NotOperator": "register as an operator first",
    "ParticipantRegistry_NotWorker": "name a worker key of this operator",
    # money
    "StakeVault_BalanceTooSmall": _DEPOSIT,
    "RewardVault_BudgetTooSmall": "what is reserved or owed cannot be withdrawn",
    "RewardVault_NothingToClaim": "everything earned so far is paid; new rewards come with the next final round",
    "RewardVault_ProofInvalid": "the reward tree has changed meanwhile: repeat with the newest one",
    "RewardVault_AuthorisationExpired": "let the operator sign a new authorisation",
    "RewardVault_AuthorisationInvalid": "the operator must sign exactly this payee and amount",
    "RewardVault_Unauthorised": _SPONSOR,
    "ERC20InsufficientAllowance": "approve the vault to take this amount first",
    "ERC20InsufficientBalance": "the account holds too few tokens",
    "ParleyToken_MintClosed": "tokens can be minted on development chains only",
    # federations
    "FederationRegistry_InvitationInvalid": "ask the sponsor for a new invitation for this operator and these roles",
    "FederationRegistry_PolicyInvalid": _POLICY,
    "FederationRegistry_TermsInvalid": "change this value in the terms and try again",
    "FederationRegistry_FederationUnknown": "check the federation's id",
    "FederationRegistry_RolesInvalid": "choose at least one of trainer, evaluator and aggregator",
    "FederationRegistry_Unauthorised": "call with the operator's own key, or as the federation's sponsor",
    # membership
    "RoundCoordinator_AlreadyMember": "leave and unbond first to join with other roles",
    "RoundCoordinator_Closed": "the sponsor has ended this federation",
    "RoundCoordinator_Full": "no place is left",
    "RoundCoordinator_StillBonded": "wait until the last round this member took part in is final",
    "RoundCoordinator_Unauthorised": _WORKER,
    "RoundCoordinator_NotMember": _WORKER + ", and join the federation with this role before the round opens",
    # rounds
    "RoundCoordinator_BlockNotCanonical": "the chain was reorganised, or it took too long: settle again",
    "RoundCoordinator_BudgetTooSmall": "fund the federation; anybody may",
    "RoundCoordinator_CommitmentMismatch": "reveal exactly what was committed, with the same worker key",
    "RoundCoordinator_KeyInvalid": "the key is not of this federation's chain, or the round is opened already",
    "RoundCoordinator_MembersMissing": "more members must join before a round can open",
    "RoundCoordinator_NotSeated": "this evaluator was not drawn for the round; wait for the next one",
    "RoundCoordinator_NotYourTurn": "wait for this aggregator's turn",
    "RoundCoordinator_RoundsExhausted": "the federation has used all its rounds; claim what was earned",
    "RoundCoordinator_SeedNotReady": "wait two blocks after the opening of the round",
    "RoundCoordinator_WrongTurn": "the turn it was meant for is over; look again whose it is",
    "RoundCoordinator_WrongPhase": "wait for the right phase of the round",
    "RoundCoordinator_WrongRound": "another round is open by now",
    "RoundCoordinator_WrongTime": "the window is not open: wait for it, or for the next round",
    # disputes
    "Disputes_AlreadyDemanded": "somebody else has demanded this node: wait for the answer",
    "Disputes_AlreadySlashed": "this update was convicted before; one slash per round",
    "Disputes_AlreadySupplied": "somebody else has answered this demand",
    "Disputes_FeeTooSmall": "send the fee that `demandFee` says; what is too much comes back",
    "Disputes_NothingToPay": "fees are booked by `release`, once the outcome of the settlement is known",
    "Disputes_NothingWrong": "what was shown is right: no settlement falls by it",
    "Disputes_NotPosted": "the settlement was convicted or became final meanwhile",
    "Disputes_OutcomeOpen": "wait until the settlement is final or convicted",
    "Disputes_TooEarly": "the demand may still be answered",
    "Disputes_TooLate": "the window has passed; a settlement that is final stands",
    "RoundCoordinator_Miswired": "deploy again: the contracts do not belong together",
}
