// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Who may join a federation.
enum Admission {
    Open,
    Invitation
}

/// @notice How the included updates become one aggregate, coordinate by coordinate (P-6).
enum Rule {
    Mean,
    WeightedMean,
    TrimmedMean,
    Median
}

/// @notice Where a federation stands. Derived from `block.timestamp` and the round's snapshot, never stored (P-10, section 9).
enum Phase {
    Idle,
    Train,
    Reveal,
    Key,
    ScoreCommit,
    ScoreReveal,
    Settle,
    Challenge,
    Finalizable,
    Voidable,
    Closed
}

/// @notice What never changes in a federation (section 5).
/// @param token Stake and reward token, a plain ERC-20: no fee on transfer, no rebasing.
/// @param rounds Number of rounds that may open, void ones included.
/// @param params Number of model parameters; the model has `max(2, ceil(params / 8))` words (P-1, P-3).
/// @param fracBits `s` of P-1: a real x is stored as `round(x * 2**fracBits)`.
/// @param rewardDepth Depth of the reward tree; 1 to 16; bounds the members that can ever earn to `2**rewardDepth`,
/// at most 65535 (P-12).
/// @param admission Open to all, or by the sponsor's EIP-712 invitation.
/// @param taskDigest sha2-256 digest of the CIDv1 (raw) of the task document.
/// @param modelRoot Word root of the genesis model (P-3).
/// @param modelDigest sha2-256 digest of the CIDv1 of the genesis model (P-5).
/// @param anchor k_0 of the validation hash chain (P-24); zero: the validation set is public.
struct Terms {
    address token;
    uint24 rounds;
    uint32 params;
    uint8 fracBits;
    uint8 rewardDepth;
    Admission admission;
    bytes32 taskDigest;
    bytes32 modelRoot;
    bytes32 modelDigest;
    bytes32 anchor;
}

/// @notice What the sponsor may change for rounds not yet opened (P-7). Windows in seconds, amounts in units of the
/// token's decimals, shares in basis points of `reward`. The order packs into four storage slots.
/// @param train Window in which updates are committed.
/// @param reveal Window in which updates are revealed.
/// @param key Window in which the validation shard is opened; skipped without an anchor.
/// @param scoreCommit Window in which score vectors are committed.
/// @param scoreReveal Window in which score vectors are revealed.
/// @param settle Length of one aggregator's turn.
/// @param challenge Window in which a settlement can be disproved.
/// @param supply Window in which a data demand must be answered (P-22).
/// @param minTrainers Fewer commits or reveals void the round (3 to 256).
/// @param maxTrainers No trainer joins beyond this number (3 to 256).
/// @param seats Seats of the evaluator panel (3 to 32).
/// @param quorum Fewer revealed score vectors void the round (3 to `seats`).
/// @param reward Paid per round: the trainers', the evaluators' and the aggregator's pool together.
/// @param bond Locked by the aggregator with each settlement.
/// @param rule Aggregation rule.
/// @param trimBps For `TrimmedMean`: share cut at each end, in basis points, below 5000.
/// @param beta Server momentum in units of 2**-16.
/// @param trainerStake Locked by joining as a trainer.
/// @param evaluatorStake Locked by joining as an evaluator.
/// @param initialNorm Reference norm L of the first round (P-25), in quantised units.
/// @param aggregatorStake Locked by joining as an aggregator.
/// @param clipSlash Taken from the stake of a trainer convicted of a clip violation.
/// @param clip Largest |q| a parameter of an update may have (P-2).
/// @param trainersBps The trainers' pool.
/// @param evaluatorsBps The evaluators' pool; the rest of 10000 is the aggregator's.
struct Policy {
    uint24 train;
    uint24 reveal;
    uint24 key;
    uint24 scoreCommit;
    uint24 scoreReveal;
    uint24 settle;
    uint24 challenge;
    uint24 supply;
    uint16 minTrainers;
    uint16 maxTrainers;
    uint8 seats;
    uint8 quorum;
    uint96 reward;
    uint96 bond;
    Rule rule;
    uint16 trimBps;
    uint16 beta;
    uint96 trainerStake;
    uint96 evaluatorStake;
    uint64 initialNorm;
    uint96 aggregatorStake;
    uint96 clipSlash;
    uint32 clip;
    uint16 trainersBps;
    uint16 evaluatorsBps;
}

/// @notice What of a policy the rounds need: the coordinator's own copy, two storage slots. Fields as in `Policy`.
struct RoundPolicy {
    uint24 train;
    uint24 reveal;
    uint24 key;
    uint24 scoreCommit;
    uint24 scoreReveal;
    uint24 settle;
    uint24 challenge;
    uint24 supply;
    uint16 minTrainers;
    uint8 seats;
    uint8 quorum;
    uint96 reward;
    uint96 bond;
}

/// @notice What an aggregator posts (section 6, step 5).
/// @param medians Per reveal index uint16 score and uint16 (scale - 1), big-endian: 4 bytes each (P-11).
/// @param norm Settled norm R (P-25).
/// @param earned Exact sum of what this round pays, in units of the token's decimals (P-12).
/// @param rowRoot Root of the tree over the rows (section 7).
/// @param modelRoot Word root of the next model.
/// @param modelDigest sha2-256 digest of the CID of the next model: a hint, the root is the authority (P-23).
/// @param rewardRoot Root of the tree of cumulative rewards.
struct Settlement {
    bytes medians;
    uint64 norm;
    uint96 earned;
    bytes32 rowRoot;
    bytes32 modelRoot;
    bytes32 modelDigest;
    bytes32 rewardRoot;
}

/// @notice What is hashed and stored of a settlement (P-13).
/// @param mediansHash keccak256 of `Settlement.medians`.
/// @param norm As in `Settlement`.
/// @param earned As in `Settlement`.
/// @param rowRoot As in `Settlement`.
/// @param modelRoot As in `Settlement`.
/// @param modelDigest As in `Settlement`.
/// @param rewardRoot As in `Settlement`.
/// @param turn Turn in which it was posted, 0 to 4.
/// @param aggregator Operator that posted it and whose bond is locked.
/// @param postedAt `block.timestamp` of the posting, seconds.
struct Header {
    bytes32 mediansHash;
    uint64 norm;
    uint96 earned;
    bytes32 rowRoot;
    bytes32 modelRoot;
    bytes32 modelDigest;
    bytes32 rewardRoot;
    uint8 turn;
    address aggregator;
    uint64 postedAt;
}

/// @notice A sponsor's EIP-712 permission to join.
/// @param nonce Chosen by the sponsor; each is good once per federation.
/// @param expiry Last second at which it is good.
/// @param signature Of the sponsor: 65-byte ECDSA, or whatever its ERC-1271 contract accepts.
struct Invitation {
    uint256 nonce;
    uint256 expiry;
    bytes signature;
}

/// @notice A federation's changing state, unpacked for readers.
/// @param sponsor Who created it and may change its policy.
/// @param round Number of the current or last round; 0 before the first.
/// @param version Policy version that the next round will use.
/// @param live True while `round` is neither final nor void.
/// @param closed True once the sponsor has ruled out further rounds.
/// @param trainers Members with the trainer role now.
/// @param evaluators Members with the evaluator role now.
/// @param aggregators Members with the aggregator role now.
/// @param evaluatorsAtOpening Evaluators when the round opened: E of P-27.
/// @param aggregatorsAtOpening Aggregators when the round opened: A of P-27.
/// @param indexed Member indices given so far (P-12).
/// @param norm Norm of the last final settlement, 0 before the first (P-25).
/// @param modelRoot Word root of the last final model.
/// @param previousRoot Word root of the model before it; at genesis the same.
/// @param keyRound Last round whose validation key is known (P-24).
/// @param seedBlock Block whose hash seeds the current round (P-27).
/// @param seed The captured seed, meaningful once the round is seeded.
struct FederationView {
    address sponsor;
    uint24 round;
    uint16 version;
    bool live;
    bool closed;
    uint16 trainers;
    uint16 evaluators;
    uint16 aggregators;
    uint16 evaluatorsAtOpening;
    uint16 aggregatorsAtOpening;
    uint16 memberCount;
    uint64 norm;
    bytes32 modelRoot;
    bytes32 previousRoot;
    uint24 keyRound;
    uint40 seedBlock;
    bytes32 seed;
}

/// @notice The current round's state, unpacked for readers. Times in seconds since the epoch, each a phase's end.
/// @param round Number.
/// @param version Policy version it opened with.
/// @param phase Where it stands now.
/// @param turn Aggregator's turn that is running (in Settle) or was taken (from Challenge on).
/// @param trainEnd End of Train.
/// @param revealEnd End of Reveal.
/// @param keyEnd End of Key.
/// @param scoreCommitEnd End of ScoreCommit.
/// @param scoreRevealEnd End of ScoreReveal; moved by a conviction to the start of the next turn.
/// @param finalAt End of Challenge; 0 while there is no settlement.
/// @param committed Updates committed.
/// @param revealed Updates revealed.
/// @param scoresCommitted Score vectors committed.
/// @param scoresRevealed Score vectors revealed.
/// @param trainers Trainers at opening.
/// @param seats Evaluators seated: all at opening, at most the policy's seats.
/// @param drawn True if there were more evaluators than seats, so that seats are drawn (P-27).
/// @param seeded True once the seed is captured.
struct RoundView {
    uint24 round;
    uint16 version;
    Phase phase;
    uint8 turn;
    uint32 trainEnd;
    uint32 revealEnd;
    uint32 keyEnd;
    uint32 scoreCommitEnd;
    uint32 scoreRevealEnd;
    uint32 finalAt;
    uint16 committed;
    uint16 revealed;
    uint8 scoresCommitted;
    uint8 scoresRevealed;
    uint16 trainers;
    uint8 seats;
    bool drawn;
    bool seeded;
}

/// @notice An operator's standing in a federation, unpacked for readers.
/// @param roles Bit set of TRAINER (1), EVALUATOR (2), AGGREGATOR (4); 0 for a stranger.
/// @param hasIndex True once it has a member index.
/// @param index Leaf of the reward tree (P-12).
/// @param from First round it may act in.
/// @param until Last round it may act in; 2**24 - 1 while it has not left.
/// @param stake Locked by this membership, in units of the token's decimals.
/// @param seated True if it sits on the current round's evaluator panel.
/// @param seat Its seat, 0 to 31.
/// @param aggregatorPosition Position among the aggregators at the opening of the current round; 2**16 - 1: none.
/// @param committed True if it committed an update in the current round.
/// @param revealed True if it revealed that update.
/// @param revealIndex Its reveal index in the current round.
/// @param scoresCommitted True if it committed a score vector in the current round.
/// @param scoresRevealed True if it revealed that vector.
struct MemberView {
    uint8 roles;
    bool hasIndex;
    uint16 index;
    uint24 from;
    uint24 until;
    uint96 stake;
    bool seated;
    uint8 seat;
    uint16 aggregatorPosition;
    bool committed;
    bool revealed;
    uint16 revealIndex;
    bool scoresCommitted;
    bool scoresRevealed;
}
