// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FederationWord} from "../libraries/FederationState.sol";
import {MemberWord} from "../libraries/MemberState.sol";
import {RecordWord} from "../libraries/RecordState.sol";
import {RoundWord} from "../libraries/RoundState.sol";
import {IFederationRegistry} from "./IFederationRegistry.sol";
import {IRewardVault} from "./IRewardVault.sol";
import {Header, Phase, RoundPolicy, Settlement} from "./ParleyTypes.sol";

/// @title IRoundCoordinator
/// @notice Membership and rounds: the happy path of the protocol. Nobody has an admin key.
///
/// Every phase is a function of `block.timestamp` and the round's snapshot; a phase is [start, end), end excluded, and
/// ends early, at the next second, once everybody who can act in it has acted. Anyone may poke; nothing waits for ever
/// (P-10). Callers act through a worker key or the operator's own key (`IParticipantRegistry.operatorOf`).
///
/// Assumptions on dependencies which, if broken, break behaviour: the token is a plain ERC-20 (no fee, no rebasing).
/// Assumptions which, if broken, break liveness (funds stuck): the token does not pause or block this protocol's vaults.
///
/// Warning: block timestamps may be off by some seconds; windows must be far longer.
/// Warning: a federation with anchor 0 has a public validation set, on which trainers may train (P-24).
interface IRoundCoordinator {
    /* ------------------------------------------- EVENTS ------------------------------------------- */

    /// @notice An operator joined with a set of roles and may act from round `from` on; `stake` is locked.
    event Joined(uint256 indexed fid, address indexed operator, uint8 roles, uint256 from, uint256 stake);
    /// @notice An operator left; round `until` is the last it may act in and be slashed for.
    event Left(uint256 indexed fid, address indexed operator, uint256 until);
    /// @notice An operator failed to act in `role` in a round it had to act in; `count` rounds running (P-7).
    event Absent(uint256 indexed fid, address indexed operator, uint256 round, uint8 role, uint256 count);
    /// @notice An operator was absent three rounds running and is out; its stake unbonds (P-7).
    event Evicted(uint256 indexed fid, address indexed operator, uint256 until);
    /// @notice The stake of a former member is free again.
    event Unbonded(uint256 indexed fid, address indexed operator, uint256 stake);
    /// @notice An operator has its leaf in the reward tree, for ever (P-12).
    event MemberIndexed(uint256 indexed fid, address indexed operator, uint256 index);
    /// @notice A round is open: training may begin and ends at `trainEnd` (seconds) at the latest.
    event RoundOpened(
        uint256 indexed fid, uint256 indexed round, uint256 version, uint256 trainEnd, uint256 trainers, uint256 seats
    );
    /// @notice The seed that draws seats and turns of this round is fixed (P-27).
    event SeedCaptured(uint256 indexed fid, uint256 indexed round, bytes32 seed);
    /// @notice An update is committed; a later one of the same operator replaces it (P-9).
    event UpdateCommitted(uint256 indexed fid, uint256 indexed round, address indexed operator, bytes32 commitment);
    /// @notice An update is revealed and has its reveal index.
    event UpdateRevealed(
        uint256 indexed fid,
        uint256 indexed round,
        address indexed operator,
        uint256 index,
        bytes32 root,
        bytes32 cidDigest
    );
    /// @notice The validation shard of a round is open to all (P-24).
    event ValidationOpened(uint256 indexed fid, uint256 indexed round, bytes32 key);
    /// @notice A score vector is committed; a later one of the same operator replaces it (P-28).
    event ScoresCommitted(uint256 indexed fid, uint256 indexed round, address indexed operator, bytes32 commitment);
    /// @notice A score vector is revealed: uint64 norm, then per reveal index uint16 score, uint16 (scale - 1).
    event ScoresRevealed(
        uint256 indexed fid, uint256 indexed round, address indexed operator, uint256 seat, bytes vector, bytes32 salt
    );
    /// @notice A settlement is posted and may be disproved until `finalAt` (seconds).
    event Settled(
        uint256 indexed fid,
        uint256 indexed round,
        address indexed aggregator,
        uint256 turn,
        uint256 finalAt,
        Settlement settlement
    );
    /// @notice The posted settlement is final at `finalAt` (seconds) at the earliest, and not while it is contested: while
    /// data that was demanded has not been supplied (P-22).
    event Postponed(uint256 indexed fid, uint256 indexed round, uint256 finalAt, bool contested);
    /// @notice A member lost `amount` of its stake for a fault of its own, half of it to `prover`; all of it is burned if
    /// `prover` is zero (P-16).
    event MemberSlashed(
        uint256 indexed fid, address indexed operator, uint256 round, address indexed prover, uint256 amount
    );
    /// @notice A settlement was disproved and deleted; `prover` is zero if nobody gets the reward (P-16).
    event Convicted(uint256 indexed fid, uint256 indexed round, address indexed aggregator, address prover);
    /// @notice A round is final: its model is the federation's, its rewards can be claimed.
    event RoundFinalized(
        uint256 indexed fid,
        uint256 indexed round,
        bytes32 modelRoot,
        bytes32 modelDigest,
        bytes32 rewardRoot,
        uint256 earned
    );
    /// @notice A round is void: models and rewards stay as they were, the reservation returned (P-10).
    event RoundVoided(uint256 indexed fid, uint256 indexed round);
    /// @notice The sponsor ruled out further rounds; a round that is open still plays out.
    event FederationClosed(uint256 indexed fid);

    /* ------------------------------------------- ERRORS ------------------------------------------- */

    /// @notice Thrown when `operator` is a member already, or has left and not yet unbonded.
    error RoundCoordinator_AlreadyMember(address operator);
    /// @notice Thrown when nobody can be called absent in `role` at this time (P-7).
    error RoundCoordinator_NotAbsent(address operator, uint8 role);
    /// @notice Thrown when the absence of this round is reported already.
    error RoundCoordinator_AlreadyReported(address operator, uint256 round);
    /// @notice Thrown when a block named by `settle` is not canonical or older than 256 blocks (P-28).
    error RoundCoordinator_BlockNotCanonical(uint256 blockNumber, bytes32 expected, bytes32 actual);
    /// @notice Thrown when the free budget does not cover the next round's reward (P-8).
    error RoundCoordinator_BudgetTooSmall(uint256 fid, uint256 needed);
    /// @notice Thrown when the federation is closed.
    error RoundCoordinator_Closed(uint256 fid);
    /// @notice Thrown when what is revealed is not what was committed (P-9).
    error RoundCoordinator_CommitmentMismatch(bytes32 expected);
    /// @notice Thrown when a settlement pays more than the round's reward.
    error RoundCoordinator_EarnedTooMuch(uint256 earned, uint256 reward);
    /// @notice Thrown when there is no such federation.
    error RoundCoordinator_FederationUnknown(uint256 fid);
    /// @notice Thrown when too many trainers are in already, or a roster or the reward tree is full.
    error RoundCoordinator_Full(uint256 size, uint256 limit);
    /// @notice Thrown when the header is not that of the posted settlement.
    error RoundCoordinator_HeaderMismatch(bytes32 expected, bytes32 actual);
    /// @notice Thrown when a key does not lead to the last known key of the chain (P-24).
    error RoundCoordinator_KeyInvalid(uint256 round, uint256 keyRound);
    /// @notice Thrown when too few members are in to open a round (P-8).
    error RoundCoordinator_MembersMissing(uint256 trainers, uint256 evaluators, uint256 aggregators);
    /// @notice Thrown when vaults or registry were not deployed for this coordinator.
    error RoundCoordinator_Miswired(address dependency);
    /// @notice Thrown when the operator does not have the role in this round.
    error RoundCoordinator_NotMember(address operator, uint256 round, uint8 role);
    /// @notice Thrown when the evaluator was not drawn (P-27).
    error RoundCoordinator_NotSeated(address operator, uint256 round);
    /// @notice Thrown when it is another aggregator's turn: `position` is whose, `own` the caller's.
    error RoundCoordinator_NotYourTurn(uint256 turn, uint256 position, uint256 own);
    /// @notice Thrown when the caller may not do this.
    error RoundCoordinator_Unauthorised(address caller);
    /// @notice Thrown when all rounds have been used.
    error RoundCoordinator_RoundsExhausted(uint256 rounds);
    /// @notice Thrown when the seed is captured already, or its block has not passed.
    error RoundCoordinator_SeedNotReady(uint256 blockNumber, uint256 seedBlock);
    /// @notice Thrown when bytes have another length than this round demands.
    error RoundCoordinator_ShapeMismatch(uint256 length, uint256 expected);
    /// @notice Thrown when there is nothing to unbond, or a round the member took part in is not final.
    error RoundCoordinator_StillBonded(uint256 until, uint256 round);
    /// @notice Thrown when the call belongs to another phase.
    error RoundCoordinator_WrongPhase(Phase phase);
    /// @notice Thrown when the call belongs to another round.
    error RoundCoordinator_WrongRound(uint256 round, uint256 current);
    /// @notice Thrown when the call comes outside of [start, end), seconds.
    error RoundCoordinator_WrongTime(uint256 time, uint256 start, uint256 end);
    /// @notice Thrown when a settlement is meant for another turn than the one that runs.
    error RoundCoordinator_WrongTurn(uint256 turn, uint256 running);
    /// @notice Thrown when a commitment is zero: nothing was committed to.
    error RoundCoordinator_ZeroCommitment();
    /// @notice Thrown when a root or digest is zero.
    error RoundCoordinator_ZeroRoot();

    /* ----------------------------------------- FEDERATION ----------------------------------------- */

    /// @notice Enters a federation that the federation registry created. Federation registry only.
    /// @param fid Federation id.
    /// @param token Stake and reward token.
    /// @param rounds Number of rounds that may open.
    /// @param rewardDepth Depth of the reward tree.
    /// @param anchor k_0 of the validation chain, or zero (P-24).
    /// @param modelRoot Word root of the genesis model.
    /// @param policy Policy version 1.
    function enter(
        uint256 fid,
        address token,
        uint24 rounds,
        uint8 rewardDepth,
        bytes32 anchor,
        bytes32 modelRoot,
        RoundPolicy calldata policy
    ) external;

    /// @notice Adopts the next policy version for rounds not yet opened (P-7). Federation registry only.
    /// @return version The new version.
    function adopt(uint256 fid, RoundPolicy calldata policy) external returns (uint256 version);

    /// @notice Admits an operator whose admission the federation registry checked; it may act from the next round on.
    /// Locks its stake from its free balance in the stake vault. Federation registry only.
    /// @dev Emits `Joined`.
    /// @param roles Bit set of TRAINER (1), EVALUATOR (2), AGGREGATOR (4), not empty.
    /// @param stake To lock, in units of the token's decimals.
    /// @param maxTrainers No trainer joins beyond this number.
    function admit(uint256 fid, address operator, uint8 roles, uint96 stake, uint256 maxTrainers) external;

    /// @notice Rules out further rounds. Sponsor only. The open round plays out; the rest of the budget can then be
    /// withdrawn from the reward vault.
    /// @dev Emits `FederationClosed`.
    function close(uint256 fid) external;

    /// @notice Leaves. The operator, which must call itself, may still act in the current round; its stake stays slashable
    /// until that is final.
    /// @dev Emits `Left`.
    function leaveFederation(uint256 fid) external;

    /// @notice Frees the stake of a former member once every round it took part in is final or void. Anyone may call.
    /// @dev Emits `Unbonded`. Reverts with `StillBonded`.
    function unbond(uint256 fid, address operator) external;

    /// @notice Reports that a member had to act in the current round in `role` and did not; the third round running
    /// evicts it (P-7). Anyone may call, before the round is final. An aggregator is not absent while it has a turn left.
    /// @dev Emits `Absent`, and `Evicted` the third time.
    function reportAbsence(uint256 fid, address operator, uint8 role) external;

    /* ------------------------------------------- ROUND -------------------------------------------- */

    /// @notice Commits to an update (P-9): `keccak256(abi.encode(keccak256("update"), chainId, coordinator, fid, round,
    /// operator, root, cidDigest, salt))`. Replaceable until the end of Train.
    /// @dev Emits `UpdateCommitted`. Stores the top 216 bits.
    function commitUpdate(uint256 fid, uint256 round, bytes32 commitment) external;

    /// @notice Reveals the committed update; gives it the next reveal index and, the first time, the member its index.
    /// @dev Emits `UpdateRevealed`.
    /// @param root Word root of the update (P-3).
    /// @param cidDigest sha2-256 digest of its CID (P-5).
    /// @param salt 32 bytes (P-14).
    function revealUpdate(uint256 fid, uint256 round, bytes32 root, bytes32 cidDigest, bytes32 salt) external;

    /// @notice Opens the validation shard of a round: `key` leads to the last known key in at most 256 hashings (P-24).
    /// Anyone may call; for the current round in its Key phase only, for past ones at any time.
    /// @dev Emits `ValidationOpened`.
    function openValidation(uint256 fid, uint256 round, bytes32 key) external;

    /// @notice Commits to a score vector: `keccak256(abi.encode(keccak256("scores"), chainId, coordinator, fid, round,
    /// operator, keccak256(vector), salt))`. Replaceable until the end of ScoreCommit. Seated evaluators only (P-27).
    /// @dev Emits `ScoresCommitted`.
    function commitScores(uint256 fid, uint256 round, bytes32 commitment) external;

    /// @notice Reveals the committed score vector: `8 + 4 * revealed` bytes.
    /// @dev Emits `ScoresRevealed`.
    function revealScores(uint256 fid, uint256 round, bytes calldata vector, bytes32 salt) external;

    /// @notice Posts a settlement with the caller's bond. Turns 0 to 3 belong to the aggregators drawn, turn 4 to any
    /// operator with the free stake, by its own key unless it is an aggregator of this round (P-27).
    /// @dev Emits `Settled`. Reverts with `BlockNotCanonical` after a reorg (P-28), and with `WrongTurn` where it comes later
    /// than its sender meant: somebody may have been given a member index since.
    /// @param turn The turn that runs.
    /// @param blockNumber Block at which the aggregator read the round, at most 256 back.
    /// @param blockHash Its hash.
    function settle(
        uint256 fid,
        uint256 round,
        uint256 turn,
        Settlement calldata settlement,
        uint256 blockNumber,
        bytes32 blockHash
    ) external;

    /// @notice Finalises or voids a round that is due, and opens the next if that is possible (P-8). Anyone may call.
    /// @dev Emits `RoundFinalized` or `RoundVoided`, and `RoundOpened`. In an idle federation it opens a round or reverts
    /// with what is missing: `Closed`, `RoundsExhausted`, `MembersMissing`, `BudgetTooSmall`.
    /// @param header Of the posted settlement; ignored unless a round is finalised.
    function advance(uint256 fid, Header calldata header) external;

    /// @notice Captures the seed of the current round: the hash of the block two after its opening (P-27). Anyone may
    /// call; otherwise the first other call of the round does it.
    /// @dev Emits `SeedCaptured`.
    function captureSeed(uint256 fid) external;

    /// @notice Deletes a disproved settlement, slashes its bond and starts the next turn. The disputes contract only.
    /// @dev Emits `Convicted`.
    /// @param header Of the posted settlement.
    /// @param prover Gets half of the bond; zero burns everything (P-16).
    function convict(uint256 fid, Header calldata header, address prover) external;

    /// @notice Puts off the end of the posted settlement's challenge (P-22). The disputes contract only.
    /// @dev Emits `Postponed`.
    /// @param finalAt End of Challenge, seconds; an earlier one than stands changes nothing.
    /// @param contested True while data that was demanded has not been supplied: the settlement stays in Challenge.
    function postpone(uint256 fid, uint256 finalAt, bool contested) external;

    /// @notice Takes `amount` of a member's stake, or all there is if that is less. The disputes contract only, which
    /// answers for the fault, the round and that nobody is slashed twice (P-17).
    /// @dev Emits `MemberSlashed`.
    /// @param amount In units of the token's decimals.
    /// @param prover Gets half of it; zero burns everything (P-16).
    function slashMember(uint256 fid, address operator, uint256 amount, address prover) external;

    /* ------------------------------------------- VIEWS -------------------------------------------- */

    /// @notice The packed state of a federation and of its current round; `IRoundLens` unpacks it.
    /// @return federation See {FederationState}.
    /// @return round See {RoundState}.
    /// @return seed The last captured seed (P-27).
    /// @return key Top 232 bits of the last opened validation key, then its round in 24 bits (P-24).
    /// @return model Word root of the last final model.
    /// @return previous Word root of the model before it; at genesis the same.
    /// @return settlement Hash of the last posted settlement, meaningful while the round's `finalAt` is not zero.
    function stateOf(uint256 fid)
        external
        view
        returns (
            FederationWord federation,
            RoundWord round,
            bytes32 seed,
            uint256 key,
            bytes32 model,
            bytes32 previous,
            bytes32 settlement
        );
    /// @notice The packed state of the current round and the hash of its posted settlement, meaningful while the round's
    /// `finalAt` is not zero: what a disproof reads first.
    function postedOf(uint256 fid) external view returns (RoundWord round, bytes32 settlement);
    /// @notice The packed standing of an operator: see {MemberState}, and {RecordState} for its update.
    function standingOf(uint256 fid, address operator) external view returns (MemberWord member, RecordWord update);
    /// @notice The packed record of a seat's score vector: see {RecordState}.
    function scoresOf(uint256 fid, uint256 seat) external view returns (RecordWord);
    /// @notice Word root of the update with this reveal index; meaningful below the current round's count of reveals.
    function updateRoot(uint256 fid, uint256 index) external view returns (bytes32);
    /// @notice Sponsors, terms, policies and admission.
    function federationRegistry() external view returns (IFederationRegistry);
    /// @notice Budgets, reward roots and claims.
    function rewardVault() external view returns (IRewardVault);
    /// @notice The only address that convicts, postpones and slashes; zero where the deployment has none.
    function disputes() external view returns (address);
}
