// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FederationView, Header, Invitation, MemberView, Phase, Policy, RoundView, Settlement, Terms} from "./ParleyTypes.sol";

/// @title IRoundCoordinator
/// @notice Federations, membership and rounds: the happy path of the protocol. Nobody has an admin key.
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

    /// @notice A federation exists. Its policy has version 1.
    event FederationCreated(uint256 indexed fid, address indexed sponsor, Terms terms, Policy policy);
    /// @notice Rounds opened from now on use this policy (P-7).
    event PolicyChanged(uint256 indexed fid, uint256 version, Policy policy);
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
    event RoundOpened(uint256 indexed fid, uint256 indexed round, uint256 version, uint256 trainEnd, uint256 trainers, uint256 seats);
    /// @notice The seed that draws seats and turns of this round is fixed (P-27).
    event SeedCaptured(uint256 indexed fid, uint256 indexed round, bytes32 seed);
    /// @notice An update is committed; a later one of the same operator replaces it (P-9).
    event UpdateCommitted(uint256 indexed fid, uint256 indexed round, address indexed operator, bytes32 commitment);
    /// @notice An update is revealed and has its reveal index.
    event UpdateRevealed(
        uint256 indexed fid, uint256 indexed round, address indexed operator, uint256 index, bytes32 root, bytes32 cidDigest
    );
    /// @notice The validation shard of a round is open to all (P-24).
    event ValidationOpened(uint256 indexed fid, uint256 indexed round, bytes32 key);
    /// @notice A score vector is committed; a later one of the same operator replaces it (P-28).
    event ScoresCommitted(uint256 indexed fid, uint256 indexed round, address indexed operator, bytes32 commitment);
    /// @notice A score vector is revealed: uint64 norm, then per reveal index uint16 score, uint16 (scale - 1).
    event ScoresRevealed(uint256 indexed fid, uint256 indexed round, address indexed operator, uint256 seat, bytes vector, bytes32 salt);
    /// @notice A settlement is posted and may be disproved until `finalAt` (seconds).
    event Settled(
        uint256 indexed fid,
        uint256 indexed round,
        address indexed aggregator,
        uint256 turn,
        uint256 finalAt,
        Settlement settlement
    );
    /// @notice A settlement was disproved and deleted; `prover` is zero if nobody gets the reward (P-16).
    event Convicted(uint256 indexed fid, uint256 indexed round, address indexed aggregator, address prover);
    /// @notice A round is final: its model is the federation's, its rewards can be claimed.
    event RoundFinalized(
        uint256 indexed fid, uint256 indexed round, bytes32 modelRoot, bytes32 modelDigest, bytes32 rewardRoot, uint256 earned
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
    /// @notice Thrown when an invitation is needed, spent, expired or not signed by the sponsor.
    error RoundCoordinator_InvitationInvalid(uint256 nonce, uint256 expiry);
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
    /// @notice Thrown when a parameter of a policy is out of range; `name` says which.
    error RoundCoordinator_PolicyInvalid(bytes32 name, uint256 value);
    /// @notice Thrown when roles are empty or unknown.
    error RoundCoordinator_RolesInvalid(uint8 roles);
    /// @notice Thrown when all rounds have been used.
    error RoundCoordinator_RoundsExhausted(uint256 rounds);
    /// @notice Thrown when the seed is captured already, or its block has not passed.
    error RoundCoordinator_SeedNotReady(uint256 blockNumber, uint256 seedBlock);
    /// @notice Thrown when bytes have another length than this round demands.
    error RoundCoordinator_ShapeMismatch(uint256 length, uint256 expected);
    /// @notice Thrown when there is nothing to unbond, or a round the member took part in is not final.
    error RoundCoordinator_StillBonded(uint256 until, uint256 round);
    /// @notice Thrown when a term is out of range; `name` says which.
    error RoundCoordinator_TermsInvalid(bytes32 name, uint256 value);
    /// @notice Thrown when the call belongs to another phase.
    error RoundCoordinator_WrongPhase(Phase phase);
    /// @notice Thrown when the call belongs to another round.
    error RoundCoordinator_WrongRound(uint256 round, uint256 current);
    /// @notice Thrown when the call comes outside of [start, end), seconds.
    error RoundCoordinator_WrongTime(uint256 time, uint256 start, uint256 end);
    /// @notice Thrown when a commitment is zero: nothing was committed to.
    error RoundCoordinator_ZeroCommitment();
    /// @notice Thrown when a root or digest is zero.
    error RoundCoordinator_ZeroRoot();

    /* ----------------------------------------- FEDERATION ----------------------------------------- */

    /// @notice Creates a federation. The caller is its sponsor: an EOA, a Safe or a Governor.
    /// @dev Reverts with `TermsInvalid` or `PolicyInvalid`, naming the parameter. Emits `FederationCreated`.
    /// @param terms What never changes.
    /// @param policy Policy version 1.
    /// @return fid Federation id, counted from 1.
    function createFederation(Terms calldata terms, Policy calldata policy) external returns (uint256 fid);

    /// @notice Sets the policy of rounds not yet opened (P-7). Sponsor only. Members keep the stake they joined with.
    /// @dev Emits `PolicyChanged`.
    function setPolicy(uint256 fid, Policy calldata policy) external;

    /// @notice Rules out further rounds. Sponsor only. The open round plays out; the rest of the budget can then be
    /// withdrawn from the reward vault.
    /// @dev Emits `FederationClosed`.
    function close(uint256 fid) external;

    /// @notice Joins an open federation; may act from the next round on. Locks the stake of each role from the
    /// operator's free balance in the stake vault. The operator itself must call, not a worker key.
    /// @dev Emits `Joined`. Reverts with `InvitationInvalid` where admission is by invitation.
    /// @param fid Federation.
    /// @param roles Bit set of TRAINER (1), EVALUATOR (2), AGGREGATOR (4).
    function join(uint256 fid, uint8 roles) external;

    /// @notice Joins by the sponsor's EIP-712 invitation (EOA or ERC-1271), bound to this operator and these roles.
    /// @dev Emits `Joined`.
    function joinInvited(uint256 fid, uint8 roles, Invitation calldata invitation) external;

    /// @notice Leaves. The operator, which must call itself, may still act in the current round; its stake stays slashable
    /// until that is final.
    /// @dev Emits `Left`.
    function leaveFederation(uint256 fid) external;

    /// @notice Frees the stake of a former member once every round it took part in is final or void. Anyone may call.
    /// @dev Emits `Unbonded`. Reverts with `StillBonded`.
    function unbond(uint256 fid, address operator) external;

    /// @notice Reports that a member had to act in the current round in `role` and did not; the third round running
    /// evicts it (P-7). Anyone may call, before the round is final.
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
    /// operator with the free stake (P-27).
    /// @dev Emits `Settled`. Reverts with `BlockNotCanonical` after a reorg (P-28).
    /// @param blockNumber Block at which the aggregator read the round, at most 256 back.
    /// @param blockHash Its hash.
    function settle(uint256 fid, uint256 round, Settlement calldata settlement, uint256 blockNumber, bytes32 blockHash) external;

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

    /* ------------------------------------------- VIEWS -------------------------------------------- */

    /// @notice Number of federations; the last one's id.
    function federations() external view returns (uint256);
    /// @notice What never changes.
    function termsOf(uint256 fid) external view returns (Terms memory);
    /// @notice A policy version, counted from 1.
    function policyOf(uint256 fid, uint256 version) external view returns (Policy memory);
    /// @notice Who created a federation.
    function sponsorOf(uint256 fid) external view returns (address);
    /// @notice A federation's changing state.
    function federationOf(uint256 fid) external view returns (FederationView memory);
    /// @notice The current or last round's state. All zero before the first; phase Idle or Closed between rounds.
    function roundOf(uint256 fid) external view returns (RoundView memory);
    /// @notice An operator's standing.
    function memberOf(uint256 fid, address operator) external view returns (MemberView memory);
    /// @notice Word root of the update with this reveal index in the current round.
    function updateRoot(uint256 fid, uint256 index) external view returns (bytes32);
    /// @notice What is kept of the score vector of a seat in the current round: whether it is revealed, the top 216 bits
    /// of its keccak256, and the reveal index + 1 of the same operator's own update, 0 for none (P-11).
    function scoresAt(uint256 fid, uint256 seat) external view returns (bool revealed, bytes32 hash, uint256 own);
    /// @notice Hash of the posted settlement, zero if there is none.
    function settlementHash(uint256 fid) external view returns (bytes32);
    /// @notice Position (at opening) of the aggregator whose turn `turn` is, 0 to 3 (P-27).
    function turnPosition(uint256 fid, uint256 turn) external view returns (uint256);
    /// @notice CIDv1 string of an update or model of this federation with the given sha2-256 digest (P-5).
    function cidOf(uint256 fid, bytes32 digest) external view returns (string memory);
}
